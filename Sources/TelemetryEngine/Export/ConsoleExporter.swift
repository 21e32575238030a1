package import TelemetryModel

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Writes a line for each span, log record and metric point to standard error.
///
/// For a look at what a program records. What is written counts as exported.
package struct ConsoleExporter: TelemetryExporter {
    /// Standard error.
    package let destination = Destination(name: "console", identity: "standard error")

    /// The signals that are written.
    package let signals: Set<Signal>

    /// Nothing is kept on disk.
    package let keepsUndelivered = false

    /// Creates an exporter of all signals, unless told otherwise.
    package init(signals: Set<Signal> = Set(Signal.allCases)) {
        self.signals = signals
    }

    /// Renders the records as text.
    @concurrent
    package func encode(_ batch: ExportBatch) async -> EncodedBatch {
        var text = ""
        switch batch.records {
        case .spans(let spans): for span in spans { text += span.consoleLine }
        case .logs(let records): for record in records { text += record.consoleLine }
        case .metrics(let metrics): for metric in metrics { text += metric.consoleLines }
        }
        let payload = Payload(
            signal: batch.signal,
            body: Array(text.utf8),
            mediaType: "text/plain",
            isCompressed: false,
            layout: RecordLayout(records: batch.count)
        )
        return EncodedBatch(payloads: [payload])
    }

    /// Writes the text; on no actor, since a pipe that nobody reads blocks.
    @concurrent
    package func send(_ payload: Payload, within timeLimit: Duration) async -> DeliveryOutcome {
        var rest = payload.body[...]
        while !rest.isEmpty {
            let written = unsafe rest.withUnsafeBytes { bytes in
                unsafe write(STDERR_FILENO, bytes.baseAddress, bytes.count)
            }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else {
                return .refused(.rejected, explanation: "standard error cannot be written")
            }
            rest = rest.dropFirst(written)
        }
        return .accepted
    }

    /// Nothing is ever refused in part.
    @concurrent
    package func payload(
        of payload: Payload,
        keeping items: [Int],
        layout: RecordLayout
    ) async -> Payload? {
        nil
    }

    /// Nothing is open.
    package func shutdown() async {}
}

extension EndedSpan {
    fileprivate var consoleLine: String {
        let nanoseconds =
            self.endTime.nanosecondsSinceEpoch
            - min(
                self.startTime.nanosecondsSinceEpoch,
                self.endTime.nanosecondsSinceEpoch
            )
        return "span \(self.name.printable) kind=\(self.kind) trace=\(self.context.traceID) "
            + "span=\(self.context.spanID) parent=\(self.parentSpanID?.description ?? "-") "
            + "ms=\(Double(nanoseconds / 1_000) / 1_000) "
            + "status=\(self.status)\(self.attributes.consoleText)\n"
    }
}

extension LogRecord {
    fileprivate var consoleLine: String {
        let text = self.body.map(\.consoleText) ?? ""
        let trace = self.traceID?.description ?? "-"
        return "log \(self.severityText ?? "-") \(self.scope.name.printable): \(text) "
            + "trace=\(trace)\(self.attributes.consoleText)\n"
    }
}

extension Metric {
    fileprivate var consoleLines: String {
        func line(_ attributes: Attributes, _ value: String) -> String {
            "metric \(self.name.printable) \(value)\(attributes.consoleText)\n"
        }
        func summary(_ count: UInt64, _ sum: Double?, _ min: Double?, _ max: Double?) -> String {
            let numbers = [("sum", sum), ("min", min), ("max", max)]
            return numbers.reduce(into: "count=\(count)") { text, number in
                if let value = number.1 { text += " \(number.0)=\(value)" }
            }
        }
        switch self.content {
        case .gauge(let points), .sum(let points, _, _):
            return points.map { line($0.attributes, "value=\($0.value.asDouble)") }.joined()
        case .histogram(let points, _):
            return points.map { line($0.attributes, summary($0.count, $0.sum, $0.min, $0.max)) }
                .joined()
        case .exponentialHistogram(let points, _):
            return points.map { line($0.attributes, summary($0.count, $0.sum, $0.min, $0.max)) }
                .joined()
        }
    }
}

extension Attributes {
    fileprivate var consoleText: String {
        self.reduce(into: "") { $0 += " \($1.key.printable)=\($1.value.consoleText)" }
    }
}

extension AttributeValue {
    fileprivate var consoleText: String {
        switch self {
        case .string(let text): text.printable
        case .bool(let value): "\(value)"
        case .int(let value): "\(value)"
        case .double(let value): "\(value)"
        case .bytes(let bytes): "\(bytes.count) bytes"
        case .array(let values): "[\(values.map(\.consoleText).joined(separator: ", "))]"
        case .map(let attributes): "{\(attributes.consoleText.dropFirst())}"
        case .null: "null"
        }
    }
}

extension String {
    /// The text without control characters, which could forge lines or steer a terminal.
    fileprivate var printable: String {
        let isHarmless = self.unicodeScalars.allSatisfy {
            $0.properties.generalCategory != .control
        }
        guard !isHarmless else { return self }
        return self.unicodeScalars.reduce(into: "") { text, scalar in
            text +=
                scalar.properties.generalCategory == .control
                ? scalar.escaped(asASCII: true) : String(scalar)
        }
    }
}
