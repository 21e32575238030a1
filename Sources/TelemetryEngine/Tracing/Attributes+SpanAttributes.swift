import TelemetryModel
import Tracing

extension Attributes {
    /// The attributes of a span, cut to a length.
    init(_ attributes: SpanAttributes, valueLength: Int?) {
        self.init()
        guard !attributes.isEmpty else { return }
        self.reserveCapacity(attributes.count)
        attributes.forEach { key, value in
            guard let value = AttributeValue(value, length: valueLength) else { return }
            self.append(key: key, value: value)
        }
    }
}

extension AttributeValue {
    /// The value of a span's attribute; `nil` if it has none that is known.
    init?(_ value: SpanAttribute, length: Int?) {
        switch value {
        case .string(let text): self = .string(text.cut(to: length))
        case .int32(let number): self = .int(Int64(number))
        case .int64(let number): self = .int(number)
        case .double(let number): self = .double(number)
        case .bool(let flag): self = .bool(flag)
        case .stringArray(let texts): self = .array(texts.map { .string($0.cut(to: length)) })
        case .int32Array(let numbers): self = .array(numbers.map { .int(Int64($0)) })
        case .int64Array(let numbers): self = .array(numbers.map { .int($0) })
        case .doubleArray(let numbers): self = .array(numbers.map { .double($0) })
        case .boolArray(let flags): self = .array(flags.map { .bool($0) })
        case .stringConvertible(let value): self = .string(value.description.cut(to: length))
        case .stringConvertibleArray(let values):
            self = .array(values.map { .string($0.description.cut(to: length)) })
        default: return nil
        }
    }
}

extension String {
    /// The longest prefix of at most `length` Unicode scalars.
    fileprivate func cut(to length: Int?) -> String {
        guard let length, self.utf8.count > length else { return self }
        return String(self.unicodeScalars.prefix(length))
    }
}

extension SpanAttributes {
    /// What the attributes cost, in bytes, texts counted.
    ///
    /// Values that must be asked for their text are not: that would be foreign code.
    var charge: Int {
        var charge = 0
        self.forEach { key, value in
            charge += 64 + key.utf8.count
            switch value {
            case .string(let text): charge += text.utf8.count
            case .stringArray(let texts):
                charge += texts.reduce(0) { $0 + 16 + $1.utf8.count }
            case .int32Array(let numbers): charge += 4 * numbers.count
            case .int64Array(let numbers): charge += 8 * numbers.count
            case .doubleArray(let numbers): charge += 8 * numbers.count
            case .boolArray(let flags): charge += flags.count
            case .stringConvertibleArray(let values): charge += 64 * values.count
            default: break
            }
        }
        return charge
    }
}
