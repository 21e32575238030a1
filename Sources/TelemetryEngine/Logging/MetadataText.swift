internal import Logging
internal import TelemetryModel

/// What swift-log's metadata is in OpenTelemetry's terms.
///
/// | Metadata             | Attribute value                                               |
/// | -------------------- | ------------------------------------------------------------- |
/// | `.string`            | string                                                        |
/// | `.stringConvertible` | bool, int or double for the standard library's, else a string |
/// | `.array`             | array                                                         |
/// | `.dictionary`        | map, sorted by key                                            |
///
/// What is nested deeper than ``maximumDepth`` is replaced by `…`.
enum MetadataText {
    /// Deeper nesting is not for reading, and following it could exhaust the stack.
    static let maximumDepth = 16

    static func value(
        of metadata: Logger.MetadataValue,
        maximumLength: Int?,
        depth: Int = 0
    ) -> AttributeValue {
        switch metadata {
        case .string(let text):
            return .string(Self.cut(text, to: maximumLength))
        case .stringConvertible(let value):
            return Self.scalar(value) ?? .string(Self.cut(value.description, to: maximumLength))
        case .array(let values):
            guard depth < Self.maximumDepth else { return .string("…") }
            return .array(
                values.map { Self.value(of: $0, maximumLength: maximumLength, depth: depth + 1) }
            )
        case .dictionary(let pairs):
            guard depth < Self.maximumDepth else { return .string("…") }
            return .map(
                Attributes(
                    pairs.sorted { $0.key < $1.key }.map { key, value in
                        Attributes.Element(
                            key: key,
                            value: Self.value(
                                of: value,
                                maximumLength: maximumLength,
                                depth: depth + 1
                            )
                        )
                    }
                )
            )
        }
    }

    /// The metadata as a line of text has it.
    static func text(of metadata: Logger.MetadataValue, depth: Int = 0) -> String {
        switch metadata {
        case .string(let text):
            return text
        case .stringConvertible(let value):
            return value.description
        case .array(let values):
            guard depth < Self.maximumDepth else { return "…" }
            let texts = values.map { Self.text(of: $0, depth: depth + 1) }
            return "[\(texts.joined(separator: ", "))]"
        case .dictionary(let pairs):
            guard depth < Self.maximumDepth else { return "…" }
            let texts = pairs.sorted { $0.key < $1.key }
                .map { "\($0.key): \(Self.text(of: $0.value, depth: depth + 1))" }
            return "[\(texts.joined(separator: ", "))]"
        }
    }

    /// What the metadata costs to keep, in bytes.
    static func charge(of metadata: Logger.MetadataValue, depth: Int = 0) -> Int {
        switch metadata {
        case .string(let text):
            return 16 + text.utf8.count
        case .stringConvertible:
            // Its text does not exist yet, and making it is foreign code.
            return 64
        case .array(let values):
            guard depth < Self.maximumDepth else { return 32 }
            return values.reduce(32) { $0 + Self.charge(of: $1, depth: depth + 1) }
        case .dictionary(let pairs):
            guard depth < Self.maximumDepth else { return 32 }
            return Self.charge(of: pairs, depth: depth + 1)
        }
    }

    /// What the pairs cost to keep, in bytes.
    static func charge(of pairs: Logger.Metadata, depth: Int = 0) -> Int {
        pairs.reduce(32) { $0 + 16 + $1.key.utf8.count + Self.charge(of: $1.value, depth: depth) }
    }

    /// The text without what is beyond `maximumLength` scalars.
    static func cut(_ text: String, to maximumLength: Int?) -> String {
        guard let maximumLength, text.utf8.count > maximumLength else { return text }
        return String(text.unicodeScalars.prefix(Swift.max(0, maximumLength)))
    }

    private static func scalar(_ value: any CustomStringConvertible & Sendable) -> AttributeValue? {
        switch value {
        case let value as Bool: .bool(value)
        case let value as Double: .double(value)
        case let value as Float: .double(Double(value))
        // An integer that does not fit stays exact as text.
        case let value as any FixedWidthInteger: Int64(exactly: value).map { .int($0) }
        default: nil
        }
    }
}
