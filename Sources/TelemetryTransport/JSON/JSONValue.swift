/// A JSON text as a value: what small replies and telemetry in JSON are read into.
///
/// Reading is strict in form (RFC 8259, nothing after the value, no comments, no trailing commas)
/// and lenient in text: invalid UTF-8 and lone surrogates become U+FFFD.
public enum JSONValue: Hashable, Sendable {
    /// The literal `null`.
    case null
    /// The literal `true` or `false`.
    case bool(Bool)
    /// A number.
    case number(JSONNumber)
    /// Text.
    case string(String)
    /// A list.
    case array([JSONValue])
    /// Members in the order of the text.
    case object(JSONObject)

    /// Reads a JSON text.
    ///
    /// - Parameters:
    ///   - bytes: The text, in UTF-8; a byte order mark is skipped.
    ///   - maximumDepth: How deep arrays and objects may nest; 1 allows a flat array.
    /// - Throws: ``JSONError``, which says what is wrong at which line and column.
    public init(parsing bytes: [UInt8], maximumDepth: Int = 256) throws(JSONError) {
        var parser = JSONParser(bytes: bytes, maximumDepth: maximumDepth)
        self = try parser.parseText()
    }

    /// The text, if this is text.
    public var stringValue: String? {
        if case .string(let value) = self { value } else { nil }
    }

    /// The truth value, if this is one.
    public var boolValue: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The number, if this is one.
    public var numberValue: JSONNumber? {
        if case .number(let value) = self { value } else { nil }
    }

    /// The elements, if this is a list.
    public var arrayValue: [JSONValue]? {
        if case .array(let value) = self { value } else { nil }
    }

    /// The members, if this is an object.
    public var objectValue: JSONObject? {
        if case .object(let value) = self { value } else { nil }
    }

    /// What kind of value this is, for messages: `a number`, `an object`, ….
    public var kindDescription: String {
        switch self {
        case .null: "null"
        case .bool: "a truth value"
        case .number: "a number"
        case .string: "text"
        case .array: "an array"
        case .object: "an object"
        }
    }
}
