import TelemetryModel
import TelemetryTransport

extension JSONObject {
    /// The pairs of the member `attributes`, in their order.
    ///
    /// A key that comes again replaces the value and keeps the first place.
    func attributes(_ key: String = "attributes") throws(UnreadableItem) -> Attributes {
        let elements = try self.array(key)
        guard !elements.isEmpty else { return Attributes() }
        var attributes = UniqueAttributes()
        for (index, element) in elements.enumerated() {
            let pair = try at("\(key)[\(index)]") { () throws(UnreadableItem) in
                try Attributes.Element(json: try element.asObject())
            }
            attributes.append(pair)
        }
        return attributes.attributes
    }
}

extension Attributes.Element {
    fileprivate init(json object: JSONObject) throws(UnreadableItem) {
        self.init(
            key: try object.string("key") ?? "",
            value: try AttributeValue(json: object, key: "value") ?? .null
        )
    }
}

extension AttributeValue {
    /// Reads the value object that is the member `key`; `nil` if there is none.
    init?(json object: JSONObject, key: String) throws(UnreadableItem) {
        guard let member = try object.object(key) else { return nil }
        self = try at(key) { () throws(UnreadableItem) in try AttributeValue(json: member) }
    }

    /// Reads a value object: one member, whose key says the type; none is null.
    init(json object: JSONObject) throws(UnreadableItem) {
        self = .null
        for member in object.members where member.value != .null {
            let value = try at(member.key) { () throws(UnreadableItem) in
                try AttributeValue.read(member)
            }
            if let value { self = value }
        }
    }

    private static func read(
        _ member: JSONObject.Member
    ) throws(UnreadableItem) -> AttributeValue? {
        switch member.key {
        case "stringValue":
            return .string(try member.value.asString())
        case "intValue":
            return .int(try member.value.asInt64())
        case "doubleValue":
            return .double(try member.value.asDouble())
        case "boolValue":
            guard case .bool(let value) = member.value else {
                throw member.value.unexpected("true or false")
            }
            return .bool(value)
        case "bytesValue":
            guard let bytes = Base64.decode(try member.value.asString()) else {
                throw UnreadableItem(path: "", reason: "expected base64")
            }
            return .bytes(bytes)
        case "arrayValue":
            var values: [AttributeValue] = []
            for (index, element) in try member.value.asObject().array("values").enumerated() {
                values.append(
                    try at("values[\(index)]") { () throws(UnreadableItem) in
                        element == .null ? .null : try AttributeValue(json: element.asObject())
                    }
                )
            }
            return .array(values)
        case "kvlistValue":
            return .map(try member.value.asObject().attributes("values"))
        default:
            return nil
        }
    }
}
