import TelemetryTransport

/// The body of an answer of the ingestion service, as far as it can be read.
struct IngestionReply: Equatable {
    /// What the service says about one item.
    struct ItemError: Equatable {
        /// The item's position in the request.
        var index: Int
        /// The status the item would have had alone; `nil` if the service gave none.
        var statusCode: Int?
        /// The reason in the service's words; may be empty.
        var message: String
    }

    /// How many items were accepted; `nil` if the service did not say.
    var itemsAccepted: Int?

    /// One element for each item that has one, in the order of their positions.
    var errors: [ItemError] = []

    /// The first reason that names no item, if any.
    var generalMessage: String?

    /// Reads a body; one that is not what it should be gives an empty reply.
    ///
    /// An element whose position is missing, negative or beyond the request says nothing about
    /// any item and is ignored, and so is all but the first for one position.
    init(body: [UInt8], itemCount: Int) {
        guard let value = try? JSONValue(parsing: body, maximumDepth: 16),
            case .object(let object) = value
        else { return }
        self.itemsAccepted = object["itemsAccepted"].flatMap(Self.integer)
        var seen = Set<Int>()
        for case .object(let element) in object["errors"]?.arrayValue ?? [] {
            let message = element["message"]?.stringValue ?? ""
            guard let index = element["index"].flatMap(Self.integer),
                index >= 0, index < itemCount
            else {
                if self.generalMessage == nil, !message.isEmpty { self.generalMessage = message }
                continue
            }
            guard seen.insert(index).inserted else { continue }
            self.errors.append(
                ItemError(
                    index: index,
                    statusCode: element["statusCode"].flatMap(Self.integer),
                    message: message
                )
            )
        }
        self.errors.sort { $0.index < $1.index }
    }

    /// Some stamps write numbers as text.
    private static func integer(_ value: JSONValue) -> Int? {
        switch value {
        case .number(let number): number.int64Value.flatMap { Int(exactly: $0) }
        case .string(let text): Int(text)
        default: nil
        }
    }
}
