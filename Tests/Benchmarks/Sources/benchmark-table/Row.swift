import Foundation

/// A row of the table: what was measured, what it is compared with, and what it must reach.
struct Row {
    /// What a row must reach.
    enum Bound {
        /// The figure is at most so much.
        case atMost(Double)
        /// The figure is at least so much.
        case atLeast(Double)
        /// The figure is at most so many times the reference.
        case ratio(Double)
        /// The row only informs.
        case none
    }

    /// How a figure is written.
    struct Unit {
        var name: String
        var factor = 1.0
        var decimals = 0

        static let nanoseconds = Unit(name: "ns")
        static let exactNanoseconds = Unit(name: "ns", decimals: 1)
        /// From nanoseconds.
        static let microseconds = Unit(name: "µs", factor: 1e-3, decimals: 2)
        static let wholePath = Unit(name: "µs", decimals: 2)
        static let milliseconds = Unit(name: "ms", decimals: 2)
        /// From nanoseconds.
        static let collection = Unit(name: "ms", factor: 1e-6, decimals: 2)
        static let megabytes = Unit(name: "MB", decimals: 1)
        static let bytes = Unit(name: "B", decimals: 1)
        static let perSecond = Unit(name: "/s")
        static let number = Unit(name: "")
        static let times = Unit(name: "×", decimals: 2)
        static let seconds = Unit(name: "s")

        func text(_ value: Double) -> String {
            let number = String(format: "%.\(self.decimals)f", value * self.factor)
            return self.name.isEmpty ? number : "\(number) \(self.name)"
        }
    }

    var title: String
    var figure: String
    var unit: Unit
    var reference: (title: String, figure: String)?
    var bound: Bound = .none

    /// The row in Markdown; `nil` if it was not measured.
    func line(of figures: Figures) -> String? {
        guard let figure = figures[self.figure] else { return nil }
        let reference = self.reference.flatMap { reference in
            figures[reference.figure].map { (reference.title, $0.median) }
        }
        let ratio = reference.map { figure.median / $0.1 }
        let cells = [
            self.title,
            self.unit.text(figure.median),
            "\(figure.runs)",
            reference.map { "\($0.0): \(self.unit.text($0.1))" } ?? "",
            ratio.map {
                $0 < 0.1 ? "1/" + String(format: "%.0f", 1 / $0) : String(format: "%.2f", $0)
            }
                ?? "",
            self.boundText,
            self.isHeld(figure.median, ratio).map { $0 ? "held" : "**missed**" } ?? "",
        ]
        return "| " + cells.joined(separator: " | ") + " |"
    }

    private var boundText: String {
        switch self.bound {
        case .atMost(let limit): "≤ \(self.unit.text(limit / self.unit.factor))"
        case .atLeast(let limit): "≥ \(self.unit.text(limit / self.unit.factor))"
        case .ratio(let limit) where limit < 0.1: "≤ 1/\(Int((1 / limit).rounded()))"
        case .ratio(let limit): "≤ \(limit) ×"
        case .none: ""
        }
    }

    /// Whether the bound holds; `nil` if there is none, or nothing to compare with.
    private func isHeld(_ value: Double, _ ratio: Double?) -> Bool? {
        switch self.bound {
        case .atMost(let limit): value * self.unit.factor <= limit
        case .atLeast(let limit): value * self.unit.factor >= limit
        case .ratio(let limit): ratio.map { $0 <= limit }
        case .none: nil
        }
    }
}

extension Row {
    private static let noOpTracer = "`NoOpTracer`"
    private static let noOpMetrics = "`NOOPMetricsHandler`"

    /// The rows, in the order of the table.
    static let all: [Row] = Self.callerPath + Self.wholePath

    private static let callerPath: [Row] = [
        Row(
            title: "mapping and writing a span with five attributes",
            figure: "encode.span",
            unit: .microseconds,
            bound: .atMost(2)
        ),
        Row(
            title: "compressing its envelope, in batches of 512",
            figure: "gzip.span",
            unit: .microseconds
        ),
        Row(
            title: "sampled span, five attributes, exporter discarding",
            figure: "span.sampled",
            unit: .nanoseconds,
            reference: (Self.noOpTracer, "span.noop"),
            bound: .ratio(1.7)
        ),
        Row(
            title: "span not sampled, five attributes",
            figure: "span.unsampled",
            unit: .nanoseconds,
            reference: (Self.noOpTracer, "span.noop"),
            bound: .ratio(1.5)
        ),
        Row(
            title: "the same around a closure, `withSpan`, sampled",
            figure: "span.sampled.around-work",
            unit: .nanoseconds,
            reference: (Self.noOpTracer, "span.noop.around-work"),
            bound: .ratio(1.7)
        ),
        Row(
            title: "the same, not sampled",
            figure: "span.unsampled.around-work",
            unit: .nanoseconds,
            reference: (Self.noOpTracer, "span.noop.around-work"),
            bound: .ratio(1.5)
        ),
        Row(
            title: "sampled span without attributes",
            figure: "span.sampled.plain",
            unit: .nanoseconds,
            reference: (Self.noOpTracer, "span.noop.plain"),
            bound: .ratio(3.5)
        ),
        Row(
            title: "span not sampled, without attributes",
            figure: "span.unsampled.plain",
            unit: .nanoseconds,
            reference: (Self.noOpTracer, "span.noop.plain"),
            bound: .ratio(2.8)
        ),
        Row(
            title: "log record with two values, exporter discarding",
            figure: "log.recorded",
            unit: .nanoseconds,
            reference: ("`SwiftLogNoOpLogHandler`", "log.noop"),
            bound: .atMost(1_200)
        ),
        Row(
            title: "counter increment",
            figure: "counter.recorded",
            unit: .exactNanoseconds,
            reference: (Self.noOpMetrics, "counter.noop"),
            bound: .atMost(6)
        ),
        Row(
            title: "the same, against one atomic addition",
            figure: "counter.recorded",
            unit: .exactNanoseconds,
            reference: ("atomic", "atomic")
        ),
        Row(
            title: "timer record",
            figure: "timer.recorded",
            unit: .exactNanoseconds,
            reference: (Self.noOpMetrics, "timer.noop"),
            bound: .atMost(25)
        ),
        Row(
            title: "counter increment, two threads, the same counter",
            figure: "counter.recorded.two-threads",
            unit: .exactNanoseconds,
            reference: ("one thread", "counter.recorded"),
            bound: .ratio(2)
        ),
        Row(
            title: "timer record, two threads, the same timer",
            figure: "timer.recorded.two-threads",
            unit: .exactNanoseconds,
            reference: ("one thread", "timer.recorded"),
            bound: .ratio(2)
        ),
        Row(
            title: "counter looked up by label and a dimension, incremented",
            figure: "counter.recorded.lookup",
            unit: .nanoseconds,
            reference: (Self.noOpMetrics, "counter.noop.lookup"),
            bound: .atMost(250)
        ),
        Row(title: "collecting 1,000 series", figure: "collect.1000", unit: .collection),
        Row(
            title: "collecting 10,000 series",
            figure: "collect.10000",
            unit: .collection,
            reference: ("1,000", "collect.1000"),
            bound: .atMost(10)
        ),
        Row(
            title: "collecting 100,000 series",
            figure: "collect.100000",
            unit: .collection,
            reference: ("10,000", "collect.10000")
        ),
    ]

    private static let wholePath: [Row] = [
        Row(
            title: "whole path of a span with five attributes, two producers",
            figure: "spans.cpu_us",
            unit: .wholePath,
            bound: .atMost(8)
        ),
        Row(
            title: "the same, one producer",
            figure: "single.cpu_us",
            unit: .wholePath
        ),
        Row(
            title: "of that the calls themselves",
            figure: "single.recording_ns",
            unit: .nanoseconds
        ),
        Row(
            title: "whole path, two producers, against the exporter for Python",
            figure: "spans.cpu_us",
            unit: .wholePath,
            reference: ("Python", "python.cpu_us"),
            bound: .ratio(1.0 / 40)
        ),
        Row(
            title: "whole path of such a span over OTLP/HTTP, Protocol Buffers, gzip",
            figure: "otlp.cpu_us",
            unit: .wholePath,
            bound: .atMost(5)
        ),
        Row(
            title: "bytes on the wire for each of those, header fields included",
            figure: "otlp.wire_bytes",
            unit: .bytes
        ),
        Row(
            title: "whole path of a log record with two values",
            figure: "logs.cpu_us",
            unit: .wholePath,
            bound: .atMost(5)
        ),
        Row(
            title: "delivery, two producers that wait for room",
            figure: "spans.per_second",
            unit: .perSecond,
            reference: ("Python", "python.per_second"),
            bound: .atLeast(150_000)
        ),
        Row(
            title: "peak memory of that",
            figure: "spans.peak_mb",
            unit: .megabytes,
            bound: .atMost(128)
        ),
        Row(
            title: "the sink's own processor time for each span of that",
            figure: "spans.sink_us",
            unit: .wholePath
        ),
        Row(
            title: "delivery to a sink that answers after 50 ms",
            figure: "slow.per_second",
            unit: .perSecond,
            bound: .atLeast(20_000)
        ),
        Row(
            title: "1,000,000 spans while the server hangs: recording one",
            figure: "hanging.recording_ns",
            unit: .nanoseconds,
            reference: ("server answers", "single.recording_ns"),
            bound: .ratio(1.2)
        ),
        Row(
            title: "growth of memory meanwhile",
            figure: "hanging.growth_mb",
            unit: .megabytes,
            bound: .atMost(64)
        ),
        Row(title: "of them dropped, and counted", figure: "hanging.dropped", unit: .number),
        Row(
            title: "bytes on the wire for each span, header fields included",
            figure: "spans.wire_bytes",
            unit: .bytes,
            bound: .atMost(90)
        ),
        Row(
            title: "write-ahead mode: a span's whole path, times that of the run beside it",
            figure: "ahead.ratio",
            unit: .times,
            bound: .atMost(1.1)
        ),
        Row(
            title: "whole path, 10,000 spans at a time",
            figure: "growth.cpu_us_at_10000",
            unit: .wholePath
        ),
        Row(
            title: "whole path, 100,000 spans at a time",
            figure: "growth.cpu_us_at_100000",
            unit: .wholePath,
            reference: ("10,000", "growth.cpu_us_at_10000"),
            bound: .ratio(1.1)
        ),
        Row(
            title: "whole path, 1,000,000 spans at a time",
            figure: "growth.cpu_us_at_1000000",
            unit: .wholePath,
            reference: ("10,000", "growth.cpu_us_at_10000"),
            bound: .ratio(1.1)
        ),
        Row(
            title: "whole path, 10,000,000 spans at a time",
            figure: "growth.cpu_us_at_10000000",
            unit: .wholePath,
            reference: ("10,000", "growth.cpu_us_at_10000"),
            bound: .ratio(1.1)
        ),
        Row(
            title: "`bootstrap`",
            figure: "start.bootstrap_ms",
            unit: .milliseconds,
            bound: .atMost(10)
        ),
        Row(
            title: "threads that it starts",
            figure: "start.threads_after_bootstrap",
            unit: .number,
            bound: .atMost(0)
        ),
        Row(
            title: "threads of ours while it runs, storage on, nothing to store",
            figure: "start.threads_while_running",
            unit: .number,
            bound: .atMost(1)
        ),
        Row(
            title: "the same in the first seconds, in which the folder is looked into",
            figure: "start.threads_at_first",
            unit: .number
        ),
        Row(
            title: "threads of ours afterwards",
            figure: "start.threads_afterwards",
            unit: .number,
            bound: .atMost(0)
        ),
        Row(
            title: "clean debug build of the product `AzureMonitor`, fetching included",
            figure: "consumer.seconds",
            unit: .seconds,
            bound: .atMost(90)
        ),
    ]
}
