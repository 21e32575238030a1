import TelemetryEngine
import TelemetryTransport

/// Takes the bodies of requests apart: JSON arrays with one envelope a line.
enum PayloadBody {
    /// The largest item that the service takes.
    static let maximumItemSize = 65_536

    /// The most that a stored body may unpack to.
    private static let maximumSize = 64 << 20

    /// A payload of some items of another, in the order of the body.
    ///
    /// - Parameters:
    ///   - payload: What to take the items from.
    ///   - items: Their positions, ascending, leading items counted.
    ///   - layout: How they belong to records, leading items left out.
    /// - Returns: `nil` if the body cannot be read or has no such items.
    static func payload(
        of payload: Payload,
        keeping items: [Int],
        layout: RecordLayout
    ) -> Payload? {
        guard let body = self.uncompressed(payload), let ranges = self.items(of: body) else {
            return nil
        }
        var kept: [UInt8] = []
        kept.reserveCapacity(body.count)
        kept.append(UInt8(ascii: "["))
        for (place, item) in items.enumerated() {
            guard ranges.indices.contains(item) else { return nil }
            if place > 0 { kept += [UInt8(ascii: ","), UInt8(ascii: "\n")] }
            kept += body[ranges[item]]
        }
        kept.append(UInt8(ascii: "]"))
        let leadingItems = items.count { $0 < payload.leadingItems }
        guard items.count == leadingItems + layout.itemCount else { return nil }
        var result = payload
        result.body = payload.isCompressed ? Gzip.compress(kept) : kept
        result.layout = layout
        result.leadingItems = leadingItems
        return result
    }

    /// Calls a refusal what it is where the item is larger than the service takes.
    ///
    /// Such an item travels alone with the others of its record, so only payloads of one record
    /// are looked at.
    static func namingOversize(_ outcome: DeliveryOutcome, of payload: Payload) -> DeliveryOutcome {
        guard payload.recordCount == 1, outcome.isRejection,
            let sizes = self.itemSizes(of: payload)
        else { return outcome }
        switch outcome {
        case .refused(.rejected, let explanation):
            guard sizes.contains(where: { $0 > self.maximumItemSize }) else {
                return outcome
            }
            return .refused(
                .tooLarge,
                explanation: explanation + "; it has more than \(self.maximumItemSize) bytes"
            )
        case .partiallyAccepted(let refusals):
            return .partiallyAccepted(
                refusals.map { refusal in
                    guard refusal.verdict == .drop(.rejected),
                        sizes.indices.contains(refusal.item),
                        sizes[refusal.item] > self.maximumItemSize
                    else { return refusal }
                    return ItemRefusal(item: refusal.item, verdict: .drop(.tooLarge))
                }
            )
        default:
            return outcome
        }
    }

    /// Where the items are in a body; `nil` if it is not an array of lines.
    static func items(of body: [UInt8]) -> [Range<Int>]? {
        guard body.count >= 2, body.first == UInt8(ascii: "["), body.last == UInt8(ascii: "]")
        else { return nil }
        var ranges: [Range<Int>] = []
        var start = 1
        // A line end inside a text is escaped, so a bare one is always between two items.
        for end in body.indices where body[end] == UInt8(ascii: "\n") {
            guard end - 1 > start, body[end - 1] == UInt8(ascii: ",") else { return nil }
            ranges.append(start..<(end - 1))
            start = end + 1
        }
        if start < body.count - 1 { ranges.append(start..<(body.count - 1)) }
        return ranges
    }

    /// How many bytes each item has, leading items included; `nil` if the body cannot be read.
    static func itemSizes(of payload: Payload) -> [Int]? {
        self.uncompressed(payload).flatMap { self.items(of: $0) }?.map(\.count)
    }

    /// The body without its compression; `nil` if it cannot be read.
    static func uncompressed(_ payload: Payload) -> [UInt8]? {
        guard payload.isCompressed else { return payload.body }
        return try? Gzip.decompress(payload.body, maximumSize: self.maximumSize)
    }
}

extension DeliveryOutcome {
    fileprivate var isRejection: Bool {
        switch self {
        case .refused(let reason, _): reason == .rejected
        case .partiallyAccepted(let refusals):
            refusals.contains { $0.verdict == .drop(.rejected) }
        default: false
        }
    }
}
