/// The names of the files in a destination's folder.
///
/// | File                         | Name                                      |
/// | ---------------------------- | ----------------------------------------- |
/// | payload                      | `<created>-<random>.azm`                  |
/// | payload, held, without locks | `<created>-<random>.<holder's run>.azm`   |
/// | payload being written        | `<created>-<random>.tmp`                  |
///
/// `created` has 17 decimal digits, so that names sort by age; `random` and the run have 16
/// hexadecimal ones. Files of any other name are somebody else's.
struct StoredFileName: Hashable {
    enum Kind: Hashable {
        case payload(holder: UInt64?)
        case temporary
    }

    var id: StoredPayloadID
    var kind: Kind

    init(_ id: StoredPayloadID, _ kind: Kind) {
        self.id = id
        self.kind = kind
    }

    init?(_ name: some StringProtocol) {
        let parts = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard let stem = parts.first, let suffix = parts.last, stem.count == 34 else { return nil }
        let digits = stem.prefix(17)
        let rest = stem.dropFirst(17)
        guard
            rest.first == UInt8(ascii: "-"),
            let created = Self.number(digits, radix: 10),
            let random = Self.number(rest.dropFirst(), radix: 16)
        else { return nil }
        self.id = StoredPayloadID(created: created, random: random)
        switch parts.count {
        case 2 where suffix.elementsEqual("azm".utf8):
            self.kind = .payload(holder: nil)
        case 2 where suffix.elementsEqual("tmp".utf8):
            self.kind = .temporary
        case 3 where suffix.elementsEqual("azm".utf8) && parts[1].count == 16:
            guard let holder = Self.number(parts[1], radix: 16) else { return nil }
            self.kind = .payload(holder: holder)
        default:
            return nil
        }
    }

    var text: String {
        let created = String(self.id.created)
        let padding = String(repeating: "0", count: Swift.max(0, 17 - created.utf8.count))
        let stem = "\(padding)\(created)-\(StableHash.hex(self.id.random))"
        return switch self.kind {
        case .payload(holder: .none): "\(stem).azm"
        case .payload(holder: .some(let holder)): "\(stem).\(StableHash.hex(holder)).azm"
        case .temporary: "\(stem).tmp"
        }
    }

    /// Reads digits strictly: no sign, no upper case, so that every file has one name only.
    private static func number(_ digits: some Sequence<UInt8>, radix: UInt64) -> UInt64? {
        var value: UInt64 = 0
        for digit in digits {
            let figure: UInt64
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                figure = UInt64(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f") where radix == 16:
                figure = UInt64(digit - UInt8(ascii: "a") + 10)
            default:
                return nil
            }
            let (shifted, isTooLarge) = value.multipliedReportingOverflow(by: radix)
            let (sum, isStillTooLarge) = shifted.addingReportingOverflow(figure)
            guard !isTooLarge, !isStillTooLarge else { return nil }
            value = sum
        }
        return value
    }
}
