import TelemetryModel

extension UniqueAttributes {
    /// Reads a `KeyValue` and adds it; `name` is that of the list it stands in.
    mutating func append(
        protobuf reader: ProtobufReader,
        in name: String = "attributes",
        depth: Int = 0
    ) throws(UnreadableItem) {
        var pair = Attributes.Element(key: "", value: .null)
        do throws(UnreadableItem) {
            try reader.forEachField { (field) throws(UnreadableItem) in
                switch (field.number, field.value) {
                case (1, .bytes(let key)):
                    pair.key = key.text
                case (2, .bytes(let value)):
                    pair.value = try at("value") { () throws(UnreadableItem) in
                        try AttributeValue(protobuf: value, depth: depth)
                    }
                default: break
                }
            }
        } catch {
            throw error.inside("\(name)[\(self.attributes.count)]")
        }
        self.append(pair)
    }
}

extension AttributeValue {
    /// How deep values may be nested; without a bound the stack could be exhausted.
    private static let maximumDepth = 64

    /// Reads an `AnyValue`; one without a member is null, of several the last one counts.
    init(protobuf reader: ProtobufReader, depth: Int = 0) throws(UnreadableItem) {
        guard depth < Self.maximumDepth else {
            throw UnreadableItem(path: "", reason: "nested more than \(Self.maximumDepth) deep")
        }
        var result = AttributeValue.null
        try reader.forEachField { (field) throws(UnreadableItem) in
            switch (field.number, field.value) {
            case (1, .bytes(let text)): result = .string(text.text)
            case (2, .varint(let value)): result = .bool(value != 0)
            case (3, .varint(let value)): result = .int(Int64(bitPattern: value))
            case (4, .fixed64(let bits)): result = .double(Double(bitPattern: bits))
            case (5, .bytes(let list)):
                result = .array(try Self.array(list, depth: depth + 1))
            case (6, .bytes(let list)):
                var pairs = UniqueAttributes()
                try list.forEachField { (field) throws(UnreadableItem) in
                    guard case (1, .bytes(let pair)) = (field.number, field.value) else { return }
                    try pairs.append(protobuf: pair, in: "kvlistValue.values", depth: depth + 1)
                }
                result = .map(pairs.attributes)
            case (7, .bytes(let bytes)): result = .bytes(bytes.content)
            default: break
            }
        }
        self = result
    }

    private static func array(
        _ list: ProtobufReader,
        depth: Int
    ) throws(UnreadableItem) -> [AttributeValue] {
        var values: [AttributeValue] = []
        try list.forEachField { (field) throws(UnreadableItem) in
            guard case (1, .bytes(let value)) = (field.number, field.value) else { return }
            let element = try at("arrayValue.values[\(values.count)]") {
                () throws(UnreadableItem) in
                try AttributeValue(protobuf: value, depth: depth)
            }
            values.append(element)
        }
        return values
    }
}
