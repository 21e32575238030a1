private import TelemetryModel
public import Instrumentation
public import ServiceContextModule

/// Carries ``Baggage`` in the header `baggage`.
///
/// Values are percent-encoded. Of what is beyond 64 entries or 8,192 bytes, the limits that every
/// implementation must at least support, nothing is written; what is read may have up to 180
/// entries and as many bytes.
///
/// - SeeAlso: [W3C Baggage](https://www.w3.org/TR/2024/CRD-baggage-20240530/)
public struct W3CBaggagePropagator: Propagator {
    private static let header = "baggage"
    private static let maximumBytes = 8_192
    private static let maximumWritten = 64
    private static let maximumRead = 180

    /// Creates the propagator.
    public init() {}

    /// Writes the header if there is baggage; entries whose name cannot be written are left out.
    public func inject<Carrier, Inject: Injector>(
        _ context: ServiceContext,
        into carrier: inout Carrier,
        using injector: Inject
    ) where Inject.Carrier == Carrier {
        let baggage = context.baggage
        guard !baggage.isEmpty else { return }
        let header = Self.header(for: baggage)
        if !header.isEmpty {
            injector.inject(header, forKey: Self.header, into: &carrier)
        }
    }

    /// Reads the header; entries that are malformed are left out.
    public func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier,
        into context: inout ServiceContext,
        using extractor: Extract
    ) where Extract.Carrier == Carrier {
        guard let header = extractor.extract(key: Self.header, from: carrier) else { return }
        let baggage = Self.baggage(from: header)
        if !baggage.isEmpty { context.baggage = baggage }
    }

    /// The header for baggage.
    package static func header(for baggage: Baggage) -> String {
        var header = ""
        var count = 0
        for name in baggage.names where name.isToken {
            guard let entry = baggage.entries[name], count < Self.maximumWritten else { continue }
            var member = "\(name)=\(entry.value.percentEncoded)"
            if let metadata = entry.metadata, metadata.isPrintableASCII { member += ";\(metadata)" }
            let size = header.utf8.count + member.utf8.count + (header.isEmpty ? 0 : 1)
            guard size <= Self.maximumBytes else { continue }
            header += (header.isEmpty ? "" : ",") + member
            count += 1
        }
        return header
    }

    /// The baggage that a header has.
    package static func baggage(from header: String) -> Baggage {
        var baggage = Baggage()
        guard header.utf8.count <= Self.maximumBytes else { return baggage }
        for member in header.split(separator: ",").prefix(Self.maximumRead) {
            let parts = member.split(separator: ";", maxSplits: 1, omittingEmptySubsequences: false)
            guard
                let pair = parts.first,
                let separator = pair.firstIndex(of: "=")
            else { continue }
            let name = pair[..<separator].trimmingSpaces
            let text = pair[pair.index(after: separator)...].trimmingSpaces
            guard name.isToken, text.isPrintableASCII, let value = text.percentDecoded else {
                continue
            }
            let metadata = parts.count > 1 ? parts[1].trimmingSpaces : nil
            baggage.set(name, Baggage.Entry(value: value, metadata: metadata))
        }
        return baggage
    }
}

extension StringProtocol {
    /// The text without blanks and tabs at its ends.
    fileprivate var trimmingSpaces: String {
        String(decoding: Array(self.utf8).trimmingBlanks, as: UTF8.self)
    }
}

extension String {
    /// Whether the text may be a name in a header, as RFC 7230 has it.
    fileprivate var isToken: Bool {
        !self.isEmpty
            && self.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "A")...UInt8(ascii: "Z"):
                    true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }

    /// Whether the text has nothing but visible ASCII, blanks and tabs.
    fileprivate var isPrintableASCII: Bool {
        self.utf8.allSatisfy { (0x20...0x7E).contains($0) || $0 == 0x09 }
    }

    /// The text with every byte escaped that may not stand in a value.
    fileprivate var percentEncoded: String {
        var encoded: [UInt8] = []
        for byte in self.utf8 {
            let isPlain =
                (0x21...0x7E).contains(byte) && !"\",;\\%".utf8.contains(byte)
            if isPlain {
                encoded.append(byte)
            } else {
                encoded += "%".utf8
                for nibble in [byte >> 4, byte & 0xF] {
                    encoded.append(nibble + (nibble < 10 ? 0x30 : 0x37))
                }
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    /// The text with its escapes read; bytes that are no UTF-8 become U+FFFD. `nil` at an escape
    /// that is none.
    fileprivate var percentDecoded: String? {
        guard self.utf8.contains(UInt8(ascii: "%")) else { return self }
        var bytes: [UInt8] = []
        var rest = self.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(2)
            guard digits.count == 2, let value = UInt64(hexDigits: digits) else { return nil }
            bytes.append(UInt8(value))
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
