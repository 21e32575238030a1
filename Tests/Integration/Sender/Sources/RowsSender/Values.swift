import Logging
import Tracing

extension SpanAttributes {
    /// The attributes of something of the scenario, and its name there.
    init(_ attributes: [String: ScenarioValue]?, of name: String) {
        var values = (attributes ?? [:]).mapValues { SpanAttribute($0) }
        values["case"] = .string(name)
        self.init(values)
    }
}

extension SpanAttribute {
    /// The value; a map, which spans cannot have, is its description.
    fileprivate init(_ value: ScenarioValue) {
        switch value {
        case .bool(let value): self = .bool(value)
        case .int(let value): self = .int64(value)
        case .double(let value): self = .double(value)
        case .string(let value): self = .string(value)
        case .map(let value): self = .string("\(value)")
        case .array(let values): self = Self.array(values)
        }
    }

    private static func array(_ values: [ScenarioValue]) -> SpanAttribute {
        switch values.first {
        case .bool: .boolArray(values.compactMap { if case .bool(let it) = $0 { it } else { nil } })
        case .int: .int64Array(values.compactMap { if case .int(let it) = $0 { it } else { nil } })
        case .double:
            .doubleArray(values.compactMap { if case .double(let it) = $0 { it } else { nil } })
        default: .stringArray(values.map(\.text))
        }
    }
}

extension Logger.MetadataValue {
    init(_ value: ScenarioValue) {
        switch value {
        case .bool(let value): self = .stringConvertible(value)
        case .int(let value): self = .stringConvertible(value)
        case .double(let value): self = .stringConvertible(value)
        case .string(let value): self = .string(value)
        case .array(let values): self = .array(values.map { Self($0) })
        case .map(let values): self = .dictionary(values.mapValues { Self($0) })
        }
    }
}

/// An error whose text is its message.
struct Refused: Error, CustomStringConvertible {
    var description: String
}

/// Reads headers out of a dictionary.
struct HeaderReader: Extractor {
    func extract(key: String, from carrier: [String: String]) -> String? { carrier[key] }
}
