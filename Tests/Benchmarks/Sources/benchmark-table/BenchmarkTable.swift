import Foundation

/// Prints the table of all that was measured, in Markdown.
///
/// ```
/// benchmark-table DIRECTORY [--complete]
/// ```
///
/// The directory holds figures, `*.tsv`, and the files that the benchmark package writes for `jmh`.
/// With `--complete` it fails, after the table, if something was not measured.
@main
struct BenchmarkTable {
    static func main() throws {
        let isComplete = CommandLine.arguments.dropFirst(2) == ["--complete"]
        guard CommandLine.arguments.count == (isComplete ? 3 : 2) else {
            throw CocoaError(.fileNoSuchFile)
        }
        let directory = URL(fileURLWithPath: CommandLine.arguments[1], isDirectory: true)
        var figures = Figures()
        let files = try FileManager.default.contentsOfDirectory(
            at: directory,
            includingPropertiesForKeys: nil
        )
        for file in files.sorted(by: { $0.path < $1.path }) {
            if file.pathExtension == "tsv" {
                try figures.readLines(of: file)
            } else if file.path.hasSuffix(".jmh.json") {
                try figures.readBenchmarks(of: file)
            }
        }
        print("| | median | runs | against | ratio | bound | |")
        print("| --- | ---: | ---: | --- | ---: | ---: | --- |")
        var missing: [String] = []
        for row in Row.all {
            if let line = row.line(of: figures) { print(line) }
            for name in [row.figure, row.reference?.figure].compactMap(\.self)
            where figures[name] == nil {
                missing.append(name)
            }
        }
        guard isComplete, !missing.isEmpty else { return }
        print("Not measured: \(missing.joined(separator: ", "))")
        exit(1)
    }
}

/// What was measured, by name.
struct Figures {
    /// A figure that was measured some times.
    struct Figure {
        var median: Double
        var runs: Int
    }

    private var values: [String: [Double]] = [:]
    private var figures: [String: Figure] = [:]

    subscript(name: String) -> Figure? {
        if let figure = self.figures[name] { return figure }
        guard let values = self.values[name]?.sorted(), !values.isEmpty else { return nil }
        let middle = values.count / 2
        let median =
            values.count % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2
        return Figure(median: median, runs: values.count)
    }

    /// Reads lines of a name, a tab and a number.
    mutating func readLines(of file: URL) throws {
        for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
            let fields = line.split(separator: "\t")
            guard fields.count == 2, let value = Double(fields[1]) else { continue }
            self.values[String(fields[0]), default: []].append(value)
        }
    }

    /// Reads the processor times, in picoseconds, that the benchmark package found.
    mutating func readBenchmarks(of file: URL) throws {
        struct Benchmark: Decodable {
            struct Metric: Decodable { var scorePercentiles: [String: Double] }
            var benchmark: String
            var measurementIterations: Int
            var secondaryMetrics: [String: Metric]
        }
        for benchmark in try JSONDecoder().decode([Benchmark].self, from: Data(contentsOf: file)) {
            let name = benchmark.benchmark.split(separator: ".").dropFirst(3)
                .joined(separator: ".")
            guard let median = benchmark.secondaryMetrics["CPU ps"]?.scorePercentiles["50.0"]
            else { continue }
            self.figures[name] = Figure(
                median: median / 1_000,
                runs: benchmark.measurementIterations
            )
        }
    }
}
