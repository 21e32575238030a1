public import Instrumentation

/// Carries ``Baggage`` in the header `baggage`.
///
/// Malformed members are left out, the others kept; of a name that comes twice the last one counts.
/// At most 64 members and 8,192 bytes are read and sent, which is what the specification makes
/// everybody pass on; members beyond that are left out, the last ones first. (An earlier draft had
/// 180 members.)
///
/// - SeeAlso: [W3C Baggage, limits](https://www.w3.org/TR/2024/CRD-baggage-20240530/#limits)
public struct W3CBaggagePropagator: Propagator, Hashable {
    private static let key = "baggage"
    private static let maximumMembers = 64
    private static let maximumLength = 8_192

    /// Creates the propagator.
    public init() {}

    /// Reads `baggage`, which replaces what the context has.
    public func extract<Carrier, Extract>(
        _ carrier: Carrier,
        into context: inout ServiceContext,
        using extractor: Extract
    ) where Extract: Extractor, Extract.Carrier == Carrier {
        guard let header = extractor.extract(key: Self.key, from: carrier) else { return }
        let baggage = Self.parse(header)
        if !baggage.isEmpty {
            context.baggage = baggage
        }
    }

    /// Writes `baggage` if there is any.
    public func inject<Carrier, Inject>(
        _ context: ServiceContext,
        into carrier: inout Carrier,
        using injector: Inject
    ) where Inject: Injector, Inject.Carrier == Carrier {
        guard let baggage = context.baggage, let header = Self.format(baggage) else { return }
        injector.inject(header, forKey: Self.key, into: &carrier)
    }

    // MARK: Reading

    /// Reads the members that are well-formed, until a limit is reached.
    package static func parse(_ header: String) -> Baggage {
        var baggage = Baggage()
        var rest = header.utf8[...]
        var length = 0
        while !rest.isEmpty, baggage.count < self.maximumMembers {
            let comma = rest.firstIndex(of: UInt8(ascii: ",")) ?? rest.endIndex
            let member = rest[..<comma]
            length += member.count + 1
            guard length <= self.maximumLength + 1 else { break }
            if let (name, entry) = self.parseMember(member) {
                baggage[entry: name] = entry
            }
            rest = comma == rest.endIndex ? rest[comma...] : rest[rest.index(after: comma)...]
        }
        return baggage
    }

    private static func parseMember(_ member: Substring.UTF8View) -> (String, Baggage.Entry)? {
        let semicolon = member.firstIndex(of: UInt8(ascii: ";"))
        let pair = member[..<(semicolon ?? member.endIndex)]
        guard let equals = pair.firstIndex(of: UInt8(ascii: "=")) else { return nil }
        let name = pair[..<equals].trimmingWhitespace()
        let value = pair[pair.index(after: equals)...].trimmingWhitespace()
        guard !name.isEmpty, name.allSatisfy({ $0.isTokenCharacter }),
            value.allSatisfy({ $0.isBaggageOctet })
        else { return nil }
        var metadata = ""
        if let semicolon {
            let properties = member[member.index(after: semicolon)...].trimmingWhitespace()
            guard self.isMetadata(properties) else { return nil }
            metadata = String(Substring(properties))
        }
        return (
            String(Substring(name)),
            Baggage.Entry(value: self.decode(value), metadata: metadata)
        )
    }

    /// Decodes `%` and two digits; what is not UTF-8 then becomes U+FFFD, and a `%` without two
    /// digits stays what it is.
    private static func decode(_ text: Substring.UTF8View) -> String {
        guard text.contains(UInt8(ascii: "%")) else { return String(Substring(text)) }
        var bytes: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.prefix(2).count == 2,
                let decoded = UInt8(String(Substring(rest.prefix(2))), radix: 16),
                rest.first != UInt8(ascii: "+"), rest.first != UInt8(ascii: "-")
            {
                bytes.append(decoded)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    // MARK: Writing

    /// Writes the members that fit; `nil` if none does.
    package static func format(_ baggage: Baggage) -> String? {
        var header: [UInt8] = []
        var members = 0
        for name in baggage.names {
            guard let entry = baggage[entry: name] else { continue }
            guard !name.isEmpty, name.utf8.allSatisfy({ $0.isTokenCharacter }) else { continue }
            var member = Array(name.utf8)
            member.append(UInt8(ascii: "="))
            self.append(entry.value, to: &member)
            let metadata = entry.metadata[...].utf8.trimmingWhitespace()
            if !metadata.isEmpty, self.isMetadata(metadata) {
                member.append(UInt8(ascii: ";"))
                member.append(contentsOf: metadata)
            }
            let length = header.count + member.count + (header.isEmpty ? 0 : 1)
            guard length <= self.maximumLength else { continue }
            if !header.isEmpty {
                header.append(UInt8(ascii: ","))
            }
            header.append(contentsOf: member)
            members += 1
            if members == self.maximumMembers { break }
        }
        return header.isEmpty ? nil : String(decoding: header, as: UTF8.self)
    }

    private static func append(_ value: String, to buffer: inout [UInt8]) {
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in value.utf8 {
            if byte.isBaggageOctet, byte != UInt8(ascii: "%") {
                buffer.append(byte)
            } else {
                buffer.append(UInt8(ascii: "%"))
                buffer.append(digits[Int(byte >> 4)])
                buffer.append(digits[Int(byte & 0xF)])
            }
        }
    }

    /// Whether properties may stand in a header as they are: no comma, which would begin another
    /// member, and no control characters.
    private static func isMetadata(_ text: Substring.UTF8View) -> Bool {
        text.allSatisfy {
            ((0x20...0x7E).contains($0) || $0 == UInt8(ascii: "\t")) && $0 != UInt8(ascii: ",")
        }
    }
}

extension UInt8 {
    /// Whether the byte may stand in a value: printable ASCII without space, quotation mark, comma,
    /// semicolon and backslash.
    fileprivate var isBaggageOctet: Bool {
        switch self {
        case 0x21, 0x23...0x2B, 0x2D...0x3A, 0x3C...0x5B, 0x5D...0x7E: true
        default: false
        }
    }
}
