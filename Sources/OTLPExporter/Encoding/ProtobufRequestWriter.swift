import TelemetryModel
import TelemetryTransport

/// Writes export requests in Protocol Buffers.
///
/// The numbers of the fields are written out beside their names at the place where they are
/// written; in all three requests those of resources, scopes and records are the same.
///
/// - SeeAlso: [opentelemetry-proto 1.8](https://github.com/open-telemetry/opentelemetry-proto/tree/v1.8.0/opentelemetry/proto)
struct ProtobufRequestWriter: RequestWriter, ~Copyable {
    var bytes: WireBuffer
    var cutValues = 0

    /// A length that needs two bytes more than were reserved for each of six branches, and what
    /// follows a metric's points and a resource's scopes.
    static let endingSize = 32

    /// How many bytes are reserved for the length of what holds many records.
    private static let branch = 3

    init(signal: Signal, bytes: consuming WireBuffer) {
        self.bytes = bytes
    }

    consuming func takeBytes() -> WireBuffer { self.bytes }

    mutating func beginRequest() {}

    mutating func endRequest() {}

    mutating func separate() {}

    mutating func begin(_ resource: Resource) -> Int {
        // resource_spans, resource_logs, resource_metrics
        let mark = self.open(1, reserving: Self.branch)
        if !resource.attributes.isEmpty {
            let member = self.open(1, reserving: 2)
            self.attributes(1, resource.attributes)
            self.close(member, reserved: 2)
        }
        return mark
    }

    mutating func end(_ resource: Resource, _ mark: Int) {
        self.text(3, resource.schemaURL ?? "")
        self.close(mark, reserved: Self.branch)
    }

    mutating func begin(_ scope: InstrumentationScope) -> Int {
        // scope_spans, scope_logs, scope_metrics
        let mark = self.open(2, reserving: Self.branch)
        if scope != InstrumentationScope(name: "") {
            let member = self.open(1, reserving: 1)
            self.text(1, scope.name)
            self.text(2, scope.version ?? "")
            self.attributes(3, scope.attributes)
            self.close(member, reserved: 1)
        }
        return mark
    }

    mutating func endScope(_ mark: Int) {
        self.close(mark, reserved: Self.branch)
    }
}

// MARK: Fields

extension ProtobufRequestWriter {
    /// How the value of a field is laid out.
    private enum WireType: UInt32 {
        case varint = 0
        case fixed64 = 1
        case lengthDelimited = 2
        case fixed32 = 5
    }

    @inline(__always)
    private mutating func tag(_ field: UInt32, _ type: WireType) {
        let tag = field << 3 | type.rawValue
        if tag < 0x80 {
            self.bytes.append(UInt8(truncatingIfNeeded: tag))
        } else {
            self.bytes.append(varint: UInt64(tag))
        }
    }

    /// Begins a message; `reserved` is how many bytes its length will probably need.
    @inline(__always)
    mutating func open(_ field: UInt32, reserving reserved: Int) -> Int {
        self.tag(field, .lengthDelimited)
        return self.bytes.skip(reserved)
    }

    /// Ends a message.
    @inline(__always)
    mutating func close(_ start: Int, reserved: Int) {
        self.bytes.writeLength(at: start, reserved: reserved)
    }

    /// Writes the beginning of a field of so many bytes, which follow.
    @inline(__always)
    mutating func begin(_ field: UInt32, length: Int) {
        self.tag(field, .lengthDelimited)
        self.bytes.append(varint: UInt64(truncatingIfNeeded: length))
    }

    /// Writes a text, unless it is empty.
    @inline(__always)
    mutating func text(_ field: UInt32, _ text: String) {
        guard !text.isEmpty else { return }
        self.member(field, text)
    }

    /// Writes a text, even an empty one.
    @inline(__always)
    mutating func member(_ field: UInt32, _ text: String) {
        unsafe WireBuffer.withUTF8(of: text) { utf8 in
            self.begin(field, length: utf8.count)
            unsafe self.bytes.append(utf8)
        }
    }

    /// Writes a 64-bit integer or time as eight bytes, unless it is 0.
    @inline(__always)
    mutating func fixed64(_ field: UInt32, _ value: UInt64) {
        guard value != 0 else { return }
        self.member(field, bits: value)
    }

    /// Writes eight bytes, even if they are all zero.
    @inline(__always)
    mutating func member(_ field: UInt32, bits: UInt64) {
        self.tag(field, .fixed64)
        self.bytes.append(memoryOf: bits.littleEndian)
    }

    /// Writes a time, unless it is unknown.
    @inline(__always)
    mutating func time(_ field: UInt32, _ time: Timestamp) {
        self.fixed64(field, time.nanosecondsSinceEpoch)
    }

    /// Writes a double that may be absent, which is not the same as 0.
    @inline(__always)
    mutating func optional(_ field: UInt32, _ value: Double?) {
        guard let value else { return }
        self.member(field, bits: value.bitPattern)
    }

    /// Writes a 32-bit integer as four bytes, unless it is 0.
    @inline(__always)
    mutating func fixed32(_ field: UInt32, _ value: UInt32) {
        guard value != 0 else { return }
        self.tag(field, .fixed32)
        self.bytes.append(memoryOf: value.littleEndian)
    }

    /// Writes an integer as a varint, unless it is 0.
    @inline(__always)
    mutating func varint(_ field: UInt32, _ value: UInt64) {
        guard value != 0 else { return }
        self.member(field, varint: value)
    }

    /// Writes an integer as a varint, even 0.
    @inline(__always)
    mutating func member(_ field: UInt32, varint value: UInt64) {
        self.tag(field, .varint)
        self.bytes.append(varint: value)
    }

    /// Writes how many of something were dropped, unless none were.
    @inline(__always)
    mutating func count(_ field: UInt32, _ value: Int) {
        guard value > 0 else { return }
        self.member(field, varint: UInt64(UInt32(clamping: value)))
    }

    /// Writes a signed 32-bit integer by zigzag, unless it is 0.
    mutating func signed(_ field: UInt32, _ value: Int32) {
        self.varint(field, UInt64(UInt32(bitPattern: value << 1 ^ value >> 31)))
    }

    /// Writes a trace id, unless it is invalid.
    @inline(__always)
    mutating func id(_ field: UInt32, _ id: TraceID) {
        guard id.isValid else { return }
        self.begin(field, length: 16)
        self.bytes.append(memoryOf: id.high.bigEndian)
        self.bytes.append(memoryOf: id.low.bigEndian)
    }

    /// Writes a span id, unless it is invalid.
    @inline(__always)
    mutating func id(_ field: UInt32, _ id: SpanID) {
        guard id.isValid else { return }
        self.begin(field, length: 8)
        self.bytes.append(memoryOf: id.rawValue.bigEndian)
    }

    /// Writes a list of vendors' state, unless it is empty.
    @inline(__always)
    mutating func state(_ field: UInt32, _ state: TraceState) {
        guard !state.isEmpty else { return }
        self.member(field, state.description)
    }
}
