import AzureMonitor
import Workload

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Sends telemetry to a server on this machine as a program would, and says what that cost.
///
/// ```
/// whole-path spans|logs|hanging|growth|start --endpoint URL --storage DIRECTORY
///     [--count N] [--producers N] [--durability onFailure|writeAhead]
///     [--protocol azure|otlp]
/// ```
///
/// The result is one line for each figure, a name and a number with a tab between them.
@main
struct WholePath {
    static func main() async throws {
        let arguments = Arguments(CommandLine.arguments)
        switch arguments.scenario {
        case "spans": try await Delivery(arguments).measureSpans()
        case "logs": try await Delivery(arguments).measureLogRecords()
        case "hanging": try await Delivery(arguments).measureRecordingWithoutRoom()
        case "growth": try await Delivery(arguments).measureGrowth()
        case "start": try await measureStart(arguments)
        default: fail("spans, logs, hanging, growth or start?")
        }
    }
}

/// Prints what is wrong, and ends the process: figures of a run that went wrong are worth nothing.
func fail(_ message: String) -> Never {
    Output.note("whole-path: \(message)")
    exit(1)
}

/// What the command line says.
struct Arguments: Sendable {
    let scenario: String
    private var options: [String: String] = [:]

    init(_ arguments: [String]) {
        self.scenario = arguments.dropFirst().first ?? ""
        var rest = arguments.dropFirst(2)
        while let name = rest.popFirst() {
            guard name.hasPrefix("--"), let value = rest.popFirst() else { fail("\(name)?") }
            self.options[String(name.dropFirst(2))] = value
        }
    }

    func text(_ name: String) -> String {
        guard let text = self.options[name] else { fail("--\(name) is missing") }
        return text
    }

    func number(_ name: String, default number: Int) -> Int {
        guard let text = self.options[name] else { return number }
        guard let number = Int(text), number > 0 else { fail("--\(name) is no number") }
        return number
    }

    /// A configuration of defaults, but for where telemetry and files go.
    var configuration: AzureMonitor.Configuration {
        var configuration = AzureMonitor.Configuration()
        switch self.options["protocol"] {
        case nil, "azure":
            configuration.connectionString =
                "InstrumentationKey=00000000-0000-0000-0000-000000000001;"
                + "IngestionEndpoint=\(self.text("endpoint"))/"
        case "otlp":
            // Protocol Buffers and gzip, as they are by default.
            configuration.connectionString = nil
            configuration.otlp = OTLPConfiguration()
            configuration.otlp?.endpoint = self.text("endpoint")
        case .some(let name): fail("--protocol \(name)?")
        }
        configuration.serviceName = "benchmark"
        configuration.serviceInstanceID = "instance-1"
        configuration.serviceVersion = "1.2.3"
        configuration.logs.console = .off
        configuration.storage?.directory = self.text("storage")
        switch self.options["durability"] {
        case nil, "onFailure": break
        case "writeAhead": configuration.durability = .writeAhead
        case .some(let durability): fail("--durability \(durability)?")
        }
        return configuration
    }
}
