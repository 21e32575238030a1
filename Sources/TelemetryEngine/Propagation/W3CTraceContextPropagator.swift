public import Instrumentation
public import ServiceContextModule
package import TelemetryModel

/// Carries the ids of a span in the headers `traceparent` and `tracestate`.
///
/// - SeeAlso: [W3C Trace Context Level 2](https://www.w3.org/TR/2024/CRD-trace-context-2-20240328/)
public struct W3CTraceContextPropagator: Propagator {
    private static let parentHeader = "traceparent"
    private static let stateHeader = "tracestate"

    /// Creates the propagator.
    public init() {}

    /// Writes `traceparent`, and `tracestate` if there is any state.
    public func inject<Carrier, Inject: Injector>(
        _ context: ServiceContext,
        into carrier: inout Carrier,
        using injector: Inject
    ) where Inject.Carrier == Carrier {
        guard let span = context.spanContext, span.isValid else { return }
        injector.inject(Self.header(for: span), forKey: Self.parentHeader, into: &carrier)
        if !span.traceState.isEmpty {
            injector.inject(
                span.traceState.description, forKey: Self.stateHeader, into: &carrier)
        }
    }

    /// Reads `traceparent`, and `tracestate` if that is valid; without a valid `traceparent`
    /// neither counts.
    public func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier,
        into context: inout ServiceContext,
        using extractor: Extract
    ) where Extract.Carrier == Carrier {
        guard
            let header = extractor.extract(key: Self.parentHeader, from: carrier),
            var span = Self.span(from: header)
        else { return }
        if let header = extractor.extract(key: Self.stateHeader, from: carrier) {
            span.traceState = TraceState(header: header) ?? TraceState()
        }
        context.setRemoteSpan(span)
    }

    /// The header `traceparent` of version 00; flags that this version does not know are cleared.
    package static func header(for span: SpanContext) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(55)
        bytes += "00-".utf8
        span.traceID.appendHex(to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        span.spanID.appendHex(to: &bytes)
        bytes += "-0".utf8
        let flags = span.traceFlags.intersection([.sampled, .random])
        bytes.append(UInt8(ascii: "0") + flags.rawValue)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Reads the header `traceparent`; `nil` if it is malformed.
    ///
    /// | Part      | Must be                                                              |
    /// | --------- | -------------------------------------------------------------------- |
    /// | version   | two lower-case hexadecimal digits, not `ff`                          |
    /// | trace id  | 32 of them, not all zeros                                            |
    /// | parent id | 16 of them, not all zeros                                            |
    /// | flags     | two of them                                                          |
    /// | the rest  | nothing in version 00; in later ones nothing, or `-` and anything    |
    package static func span(from header: String) -> SpanContext? {
        let text = Array(header.utf8.prefix(512)).trimmingBlanks
        guard text.count >= 55 else { return nil }
        let base = text.startIndex
        func part(_ start: Int, _ count: Int) -> ArraySlice<UInt8>? {
            let digits = text[(base + start)..<(base + start + count)]
            return digits.allSatisfy(\.isLowerHexDigit) ? digits : nil
        }
        let dash = UInt8(ascii: "-")
        guard
            text[base + 2] == dash, text[base + 35] == dash, text[base + 52] == dash,
            let version = part(0, 2).flatMap({ UInt64(hexDigits: $0) }), version != 0xFF,
            let high = part(3, 16).flatMap({ UInt64(hexDigits: $0) }),
            let low = part(19, 16).flatMap({ UInt64(hexDigits: $0) }),
            let parent = part(36, 16).flatMap({ UInt64(hexDigits: $0) }),
            let flags = part(53, 2).flatMap({ UInt64(hexDigits: $0) })
        else { return nil }
        if text.count > 55 {
            guard version > 0, text[base + 55] == dash else { return nil }
        }
        let span = SpanContext(
            traceID: TraceID(high: high, low: low),
            spanID: SpanID(rawValue: parent),
            traceFlags: TraceFlags(rawValue: UInt8(flags)).intersection([.sampled, .random]),
            isRemote: true
        )
        return span.isValid ? span : nil
    }
}

extension TraceState {
    private static let maximumEntries = 32

    /// Reads the header `tracestate`; `nil` if any entry is malformed, a key comes twice, or there
    /// are more than 32.
    ///
    /// Several headers arrive joined by commas. Empty entries are allowed and left out.
    package init?(header: String) {
        var entries: [Entry] = []
        var keys: Set<String> = []
        guard header.utf8.count <= 32_768 else { return nil }
        for member in header.utf8.split(separator: UInt8(ascii: ",")) {
            let member = Array(member).trimmingBlanks
            if member.isEmpty { continue }
            guard
                let separator = member.firstIndex(of: UInt8(ascii: "=")),
                Self.isKey(member[..<separator]),
                Self.isValue(member[(separator + 1)...])
            else { return nil }
            let key = String(decoding: member[..<separator], as: UTF8.self)
            let value = String(decoding: member[(separator + 1)...], as: UTF8.self)
            guard keys.insert(key).inserted, entries.count < Self.maximumEntries else {
                return nil
            }
            entries.append(Entry(key: key, value: value))
        }
        self.init(entries)
    }

    /// A letter or digit, then at most 255 of letters, digits, `_`, `-`, `*`, `/` and `@`.
    private static func isKey(_ key: ArraySlice<UInt8>) -> Bool {
        guard (1...256).contains(key.count), let first = key.first else { return false }
        return first.isLowerAlphanumeric
            && key.allSatisfy { $0.isLowerAlphanumeric || "_-*/@".utf8.contains($0) }
    }

    /// 1 to 256 printable characters but `,` and `=`, the last of them no blank.
    private static func isValue(_ value: ArraySlice<UInt8>) -> Bool {
        guard (1...256).contains(value.count), value.last != UInt8(ascii: " ") else { return false }
        return value.allSatisfy {
            (0x20...0x7E).contains($0) && $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "=")
        }
    }
}

extension UInt8 {
    fileprivate var isLowerHexDigit: Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self)
            || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self)
    }

    fileprivate var isLowerAlphanumeric: Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self)
            || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self)
    }
}

extension RandomAccessCollection<UInt8> where SubSequence == ArraySlice<UInt8> {
    /// The bytes without blanks and tabs at their ends.
    var trimmingBlanks: ArraySlice<UInt8> {
        var rest = self[...]
        while let byte = rest.first, byte == 0x20 || byte == 0x09 { rest = rest.dropFirst() }
        while let byte = rest.last, byte == 0x20 || byte == 0x09 { rest = rest.dropLast() }
        return rest
    }
}
