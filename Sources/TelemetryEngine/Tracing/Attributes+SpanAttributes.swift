internal import TelemetryModel
internal import Tracing

extension Attributes {
    /// Converts attributes of the tracing API and keeps the limits.
    ///
    /// | Attribute of the API                        | Value                                 |
    /// | ------------------------------------------- | ------------------------------------- |
    /// | integers of 32 and 64 bits                  | `int`                                 |
    /// | double, Boolean, string                     | the same                              |
    /// | anything that describes itself              | `string`, its description             |
    /// | arrays of these                             | `array` of these; numbers stay numbers |
    ///
    /// - Parameters:
    ///   - initial: attributes that come first, unless `attributes` has their keys.
    ///   - limit: the most attributes.
    ///   - valueLength: the most Unicode scalars of a text, if there is a limit.
    /// - Returns: the attributes, and how many the limit cost.
    static func converting(
        _ attributes: SpanAttributes,
        over initial: Attributes? = nil,
        limit: Int,
        valueLength: Int?
    ) -> (attributes: Attributes, dropped: Int) {
        let initialCount = initial?.count ?? 0
        guard !attributes.isEmpty || initialCount > 0 else { return (Attributes(), 0) }
        // An array, because what appends to it is inlined here.
        var elements: [Element] = []
        elements.reserveCapacity(attributes.count + initialCount)
        if let initial {
            for element in initial where attributes.get(element.key) == nil {
                elements.append(element)
            }
        }
        // swift-format-ignore: ReplaceForEachWithForLoop
        attributes.forEach { key, attribute in
            elements.append(Element(key: key, value: AttributeValue(attribute)))
        }
        let dropped = Swift.max(0, elements.count - Swift.max(0, limit))
        if dropped > 0 { elements.removeLast(dropped) }
        if let valueLength {
            for index in elements.indices {
                elements[index].value = elements[index].value.truncated(to: valueLength)
            }
        }
        return (Attributes(elements), dropped)
    }
}

extension SpanAttributes {
    /// Converts attributes back, for who asks a span for them after its end.
    ///
    /// What has become an integer of 64 bits or a description stays one.
    init(_ attributes: Attributes) {
        self.init(Dictionary(minimumCapacity: attributes.count))
        for element in attributes { self.set(element.key, value: SpanAttribute(element.value)) }
    }
}

extension SpanAttribute {
    /// `nil` for what the API has no form for, and never made.
    fileprivate init?(_ value: AttributeValue) {
        switch value {
        case .string(let value): self = .string(value)
        case .int(let value): self = .int64(value)
        case .double(let value): self = .double(value)
        case .bool(let value): self = .bool(value)
        case .array(let values): self = Self.list(values)
        case .bytes, .map, .null: return nil
        }
    }

    /// A list of one type, as all are that were made of the API's.
    private static func list(_ values: [AttributeValue]) -> SpanAttribute {
        switch values.first {
        case .int:
            .int64Array(values.compactMap { if case .int(let value) = $0 { value } else { nil } })
        case .double:
            .doubleArray(
                values.compactMap { if case .double(let value) = $0 { value } else { nil } }
            )
        case .bool:
            .boolArray(values.compactMap { if case .bool(let value) = $0 { value } else { nil } })
        default:
            .stringArray(
                values.compactMap { if case .string(let value) = $0 { value } else { nil } }
            )
        }
    }
}

extension AttributeValue {
    @inline(__always)
    init(_ attribute: SpanAttribute) {
        switch attribute {
        case .string(let value): self = .string(value)
        case .int64(let value): self = .int(value)
        case .int32(let value): self = .int(Int64(value))
        case .bool(let value): self = .bool(value)
        case .double(let value): self = .double(value)
        case .stringArray(let values): self = .array(values.map { .string($0) })
        case .int64Array(let values): self = .array(values.map { .int($0) })
        case .int32Array(let values): self = .array(values.map { .int(Int64($0)) })
        case .boolArray(let values): self = .array(values.map { .bool($0) })
        case .doubleArray(let values): self = .array(values.map { .double($0) })
        case .stringConvertible(let value): self = .string(value.description)
        case .stringConvertibleArray(let values):
            self = .array(Self.elements(describing: values))
        default: self = .null
        }
    }

    /// Numbers as numbers if all are, and descriptions otherwise.
    ///
    /// The API makes such an array also of an `[Int]` or a `[Float]`.
    private static func elements(
        describing values: [any CustomStringConvertible & Sendable]
    ) -> [AttributeValue] {
        let integers = values.compactMap { value in
            (value as? any BinaryInteger).flatMap { Int64(exactly: $0) }
        }
        if integers.count == values.count { return integers.map { .int($0) } }
        let numbers = values.compactMap { value in
            (value as? any BinaryFloatingPoint).map { Double($0) }
        }
        if numbers.count == values.count { return numbers.map { .double($0) } }
        return values.map { .string($0.description) }
    }

    /// The value with its texts cut to at most `length` Unicode scalars.
    func truncated(to length: Int) -> AttributeValue {
        let length = Swift.max(0, length)
        switch self {
        case .string(let text):
            // As many bytes as scalars, or more: a short text needs no counting.
            guard text.utf8.count > length else { return self }
            let scalars = text.unicodeScalars
            let end = scalars.index(
                scalars.startIndex,
                offsetBy: length,
                limitedBy: scalars.endIndex
            )
            guard let end, end < scalars.endIndex else { return self }
            return .string(String(scalars[..<end]))
        case .array(let values):
            return .array(values.map { $0.truncated(to: length) })
        case .map(let attributes):
            return .map(
                Attributes(
                    attributes.map { .init(key: $0.key, value: $0.value.truncated(to: length)) }
                )
            )
        case .bool, .int, .double, .bytes, .null:
            return self
        }
    }
}
