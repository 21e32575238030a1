public import Instrumentation
package import TelemetryModel

/// Carries trace id, span id, flags and vendors' state in `traceparent` and `tracestate`.
///
/// | Received                                              | Effect                               |
/// | ----------------------------------------------------- | ------------------------------------ |
/// | `traceparent` missing, malformed, of version `ff`,    | both headers are ignored             |
/// | with upper-case digits, or an id of zeros             |                                      |
/// | version `00`, longer than its four fields             | both headers are ignored             |
/// | a later version, with more after a further `-`        | the four known fields are read       |
/// | flags that are not known                              | cleared                              |
/// | `tracestate` malformed, with a key twice or more than | it is ignored, `traceparent` is kept |
/// | 32 members                                            |                                      |
///
/// Version `00` is sent, and of `tracestate` at most 512 characters: first members of more than 128
/// characters are left out, then the last ones.
///
/// - SeeAlso: [W3C Trace Context Level 2](https://www.w3.org/TR/2024/CRD-trace-context-2-20240328/)
public struct W3CTraceContextPropagator: Propagator, Hashable {
    private static let parentKey = "traceparent"
    private static let stateKey = "tracestate"
    private static let knownFlags: TraceFlags = [.sampled, .random]

    /// Creates the propagator.
    public init() {}

    /// Reads `traceparent` and `tracestate`.
    public func extract<Carrier, Extract>(
        _ carrier: Carrier,
        into context: inout ServiceContext,
        using extractor: Extract
    ) where Extract: Extractor, Extract.Carrier == Carrier {
        guard let header = extractor.extract(key: Self.parentKey, from: carrier),
            var parent = Self.parseParent(header)
        else { return }
        if let header = extractor.extract(key: Self.stateKey, from: carrier) {
            parent.traceState = Self.parseState(header) ?? TraceState()
        }
        context.setRemoteParent(parent)
    }

    /// Writes `traceparent`, and `tracestate` if there is any.
    public func inject<Carrier, Inject>(
        _ context: ServiceContext,
        into carrier: inout Carrier,
        using injector: Inject
    ) where Inject: Injector, Inject.Carrier == Carrier {
        guard let span = context.spanContext, span.isValid else { return }
        injector.inject(Self.format(span), forKey: Self.parentKey, into: &carrier)
        if let state = Self.format(span.traceState) {
            injector.inject(state, forKey: Self.stateKey, into: &carrier)
        }
    }

    // MARK: traceparent

    /// Reads `version "-" trace-id "-" parent-id "-" trace-flags`; `nil` if it is malformed.
    package static func parseParent(_ header: String) -> SpanContext? {
        let fields = header.utf8.trimmingWhitespace()
        // Longer by any amount: a later version may append, and says so with another dash.
        guard fields.prefix(56).count >= 55 else { return nil }
        var reader = FieldReader(fields)
        guard
            let version = reader.hexDigits(2), version != 0xFF,
            reader.dash(),
            let high = reader.hexDigits(16), let low = reader.hexDigits(16),
            reader.dash(),
            let spanID = reader.hexDigits(16),
            reader.dash(),
            let flags = reader.hexDigits(2)
        else { return nil }
        guard reader.isAtEnd || version > 0 && reader.dash() else { return nil }
        let context = SpanContext(
            traceID: TraceID(high: high, low: low),
            spanID: SpanID(rawValue: spanID),
            traceFlags: TraceFlags(rawValue: UInt8(flags)).intersection(Self.knownFlags),
            isRemote: true
        )
        return context.isValid ? context : nil
    }

    /// Writes version 00, with the flags that it knows.
    package static func format(_ context: SpanContext) -> String {
        var buffer: [UInt8] = []
        buffer.reserveCapacity(55)
        buffer.append(contentsOf: "00-".utf8)
        context.traceID.appendHex(to: &buffer)
        buffer.append(UInt8(ascii: "-"))
        context.spanID.appendHex(to: &buffer)
        buffer.append(UInt8(ascii: "-"))
        Self.appendHex(of: context.traceFlags.intersection(Self.knownFlags), to: &buffer)
        return String(decoding: buffer, as: UTF8.self)
    }

    /// The two hexadecimal digits of flags.
    static func hex(of flags: TraceFlags) -> String {
        var buffer: [UInt8] = []
        self.appendHex(of: flags, to: &buffer)
        return String(decoding: buffer, as: UTF8.self)
    }

    private static func appendHex(of flags: TraceFlags, to buffer: inout [UInt8]) {
        for nibble in [flags.rawValue >> 4, flags.rawValue & 0xF] {
            buffer.append(nibble + (nibble < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10))
        }
    }

    /// Reads fixed fields of a header from left to right.
    private struct FieldReader {
        private var rest: Substring.UTF8View

        init(_ text: Substring.UTF8View) { self.rest = text }

        var isAtEnd: Bool { self.rest.isEmpty }

        mutating func dash() -> Bool { self.rest.popFirst() == UInt8(ascii: "-") }

        /// Reads exactly `count` lower-case hexadecimal digits.
        mutating func hexDigits(_ count: Int) -> UInt64? {
            var value: UInt64 = 0
            for _ in 0..<count {
                switch self.rest.popFirst() {
                case .some(let digit) where (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit):
                    value = value << 4 | UInt64(digit - UInt8(ascii: "0"))
                case .some(let digit) where (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(digit):
                    value = value << 4 | UInt64(digit - UInt8(ascii: "a") + 10)
                default:
                    return nil
                }
            }
            return value
        }
    }
}

// MARK: - tracestate

extension W3CTraceContextPropagator {
    private static let maximumMembers = 32
    private static let maximumKeyLength = 256
    private static let maximumValueLength = 256
    private static let maximumSentLength = 512
    private static let largeMemberLength = 128

    /// Reads a list of members; `nil` if anything in it is malformed.
    ///
    /// Empty members are allowed and left out, as the specification has it.
    package static func parseState(_ header: String) -> TraceState? {
        var entries: [TraceState.Entry] = []
        for field in header.utf8.split(
            separator: UInt8(ascii: ","),
            omittingEmptySubsequences: false
        ) {
            let member = field.trimmingWhitespace()
            if member.isEmpty { continue }
            guard entries.count < self.maximumMembers,
                let entry = self.parseMember(member),
                !entries.contains(where: { $0.key == entry.key })
            else { return nil }
            entries.append(entry)
        }
        return TraceState(entries)
    }

    private static func parseMember(_ member: Substring.UTF8View) -> TraceState.Entry? {
        guard let equals = member.firstIndex(of: UInt8(ascii: "=")) else { return nil }
        let key = member[..<equals]
        let value = member[member.index(after: equals)...]
        guard self.isKey(key), self.isValue(value) else { return nil }
        return TraceState.Entry(key: String(Substring(key)), value: String(Substring(value)))
    }

    /// Level 2 of the specification: a lower-case letter or digit, then these and `_-*/@`.
    private static func isKey(_ key: Substring.UTF8View) -> Bool {
        guard let first = key.first,
            key.prefix(self.maximumKeyLength + 1).count
                <= self.maximumKeyLength, self.isLetterOrDigit(first)
        else { return false }
        return key.allSatisfy { self.isLetterOrDigit($0) || "_-*/@".utf8.contains($0) }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    /// Printable ASCII without comma and equals sign, and without a space at the end.
    private static func isValue(_ value: Substring.UTF8View) -> Bool {
        guard let last = value.last, last != UInt8(ascii: " "),
            value.prefix(self.maximumValueLength + 1).count <= self.maximumValueLength
        else { return false }
        return value.allSatisfy {
            (0x20...0x7E).contains($0) && $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "=")
        }
    }

    /// Writes what may be sent; `nil` if that is nothing.
    ///
    /// A program may put anything into a state; members that could not be read again are left out.
    package static func format(_ state: TraceState) -> String? {
        guard !state.isEmpty else { return nil }
        var members = state.entries
            .filter { self.isKey($0.key[...].utf8) && self.isValue($0.value[...].utf8) }
            .prefix(self.maximumMembers)
            .map { "\($0.key)=\($0.value)" }
        func length() -> Int { members.reduce(members.count - 1) { $0 + $1.utf8.count } }
        while length() > self.maximumSentLength,
            let index = members.lastIndex(where: { $0.utf8.count > self.largeMemberLength })
        {
            members.remove(at: index)
        }
        while length() > self.maximumSentLength {
            members.removeLast()
        }
        return members.isEmpty ? nil : members.joined(separator: ",")
    }
}
