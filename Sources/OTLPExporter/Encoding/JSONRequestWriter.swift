import TelemetryModel
import TelemetryTransport

/// Writes export requests in JSON.
///
/// Keys are lowerCamelCase, ids lower-case hexadecimal, 64-bit integers texts, enumerations
/// numbers, bytes base64; what is its type's default is left out.
///
/// - SeeAlso: [OTLP 1.8, JSON Protobuf Encoding](https://github.com/open-telemetry/opentelemetry-proto/blob/v1.8.0/docs/specification.md#json-protobuf-encoding)
struct JSONRequestWriter: RequestWriter, ~Copyable {
    var bytes: WireBuffer
    var cutValues = 0

    /// What follows a metric's points, a scope's records and a resource's scopes, and the end of
    /// the request: `],"aggregationTemporality":2,"isMonotonic":true}}]}],"schemaUrl":""}]}`.
    static let endingSize = 96

    private let signal: Signal

    init(signal: Signal, bytes: consuming WireBuffer) {
        self.signal = signal
        self.bytes = bytes
    }

    consuming func takeBytes() -> WireBuffer { self.bytes }

    mutating func beginRequest() {
        switch self.signal {
        case .traces: self.bytes.append(#"{"resourceSpans":["#)
        case .logs: self.bytes.append(#"{"resourceLogs":["#)
        case .metrics: self.bytes.append(#"{"resourceMetrics":["#)
        }
    }

    mutating func endRequest() {
        self.bytes.append("]}")
    }

    mutating func begin(_ resource: Resource) -> Int {
        self.bytes.append("{")
        if !resource.attributes.isEmpty {
            self.key(#""resource":{"#)
            self.attributes(resource.attributes)
            self.bytes.append("}")
        }
        switch self.signal {
        case .traces: self.key(#""scopeSpans":["#)
        case .logs: self.key(#""scopeLogs":["#)
        case .metrics: self.key(#""scopeMetrics":["#)
        }
        return 0
    }

    mutating func end(_ resource: Resource, _ mark: Int) {
        self.bytes.append("]")
        self.text(#""schemaUrl":"#, resource.schemaURL)
        self.bytes.append("}")
    }

    mutating func begin(_ scope: InstrumentationScope) -> Int {
        self.bytes.append("{")
        if scope != InstrumentationScope(name: "") {
            self.key(#""scope":{"#)
            self.text(#""name":"#, scope.name)
            self.text(#""version":"#, scope.version)
            self.attributes(scope.attributes)
            self.bytes.append("}")
        }
        switch self.signal {
        case .traces: self.key(#""spans":["#)
        case .logs: self.key(#""logRecords":["#)
        case .metrics: self.key(#""metrics":["#)
        }
        return 0
    }

    mutating func endScope(_ mark: Int) {
        self.bytes.append("]}")
    }
}

// MARK: Members

extension JSONRequestWriter {
    /// Writes the comma between two elements of a list, unless the list has none yet.
    @inline(__always)
    mutating func separate() {
        if self.bytes.last != UInt8(ascii: "[") { self.bytes.append(UInt8(ascii: ",")) }
    }

    /// Writes `"key":`, and a comma before it unless it is the first of its object.
    @inline(__always)
    mutating func key(_ key: StaticString) {
        if self.bytes.last != UInt8(ascii: "{") { self.bytes.append(UInt8(ascii: ",")) }
        self.bytes.append(key)
    }

    /// Writes a text, unless it is empty or absent.
    mutating func text(_ key: StaticString, _ text: String?) {
        guard let text, !text.isEmpty else { return }
        self.key(key)
        self.bytes.append(quoting: text)
    }

    /// Writes a 64-bit integer, unless it is 0.
    mutating func integer(_ key: StaticString, _ value: UInt64) {
        guard value != 0 else { return }
        self.key(key)
        self.quoted(value)
    }

    /// Writes a time, unless it is unknown.
    mutating func time(_ key: StaticString, _ time: Timestamp) {
        self.integer(key, time.nanosecondsSinceEpoch)
    }

    /// Writes an integer of at most 32 bits, or an enumeration, unless it is 0.
    mutating func number(_ key: StaticString, _ value: Int64) {
        guard value != 0 else { return }
        self.key(key)
        self.bytes.append(decimal: value)
    }

    /// Writes how many of something were dropped, unless none were.
    mutating func count(_ key: StaticString, _ value: Int) {
        guard value > 0 else { return }
        self.number(key, Int64(UInt32(clamping: value)))
    }

    /// Writes a double that may be absent, which is not the same as 0.
    mutating func optional(_ key: StaticString, _ value: Double?) {
        guard let value else { return }
        self.key(key)
        self.double(value)
    }

    /// Writes a trace id, unless it is invalid.
    mutating func id(_ key: StaticString, _ id: TraceID) {
        guard id.isValid else { return }
        self.key(key)
        self.bytes.append(UInt8(ascii: "\""))
        self.bytes.append(hex: id.high)
        self.bytes.append(hex: id.low)
        self.bytes.append(UInt8(ascii: "\""))
    }

    /// Writes a span id, unless it is invalid.
    mutating func id(_ key: StaticString, _ id: SpanID) {
        guard id.isValid else { return }
        self.key(key)
        self.bytes.append(UInt8(ascii: "\""))
        self.bytes.append(hex: id.rawValue)
        self.bytes.append(UInt8(ascii: "\""))
    }

    /// Writes a list of vendors' state, unless it is empty.
    mutating func state(_ state: TraceState) {
        guard !state.isEmpty else { return }
        self.key(#""traceState":"#)
        self.bytes.append(quoting: state.description)
    }
}
