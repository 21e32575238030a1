import TelemetryModel

/// What a call answered, and whether that was a success.
///
/// One rule for requests, HTTP dependencies and standard metrics: a call succeeds unless its
/// status is an error or it answered a code of 400 or more.
struct StatusCode {
    /// The code; 0 if there is none.
    var number: Int64 = 0

    /// The code as text.
    var text: String { String(self.number) }

    /// Whether the code alone means a success.
    var isSuccess: Bool { self.number < 400 }

    /// Creates the code 0.
    init() {}

    /// Reads `http.response.status_code`\|`http.status_code` without consuming it.
    ///
    /// - Returns: the code, and the key it came from unless it is no integer.
    static func http(_ attributes: SemanticAttributes) -> (code: StatusCode, key: SemanticKey?) {
        var key = SemanticKey.httpResponseStatusCode
        var value = attributes.value(key)
        if value?.isVoid ?? true, let old = attributes.value(.httpStatusCode) {
            // A void new value gives way to an old one, unless that is void, too.
            if value == nil || !old.isVoid {
                key = .httpStatusCode
                value = old
            }
        }
        var code = StatusCode()
        guard let value, let number = Self.integer(value) else { return (code, nil) }
        code.number = number
        return (code, key)
    }

    /// Reads and consumes `http.response.status_code`\|`http.status_code`.
    init(consumingFrom attributes: inout SemanticAttributes) {
        let (code, key) = Self.http(attributes)
        self = code
        if let key { attributes.consume(key) }
    }

    /// The integer that a value stands for: numeric text is one, a fraction is cut, true is 1.
    private static func integer(_ value: AttributeValue) -> Int64? {
        switch value {
        case .int(let number): number
        case .bool(let value): value ? 1 : 0
        case .double(let number): Int64(exactly: number.rounded(.towardZero))
        case .string(let text): Int64(text.trimmingASCIIBlanks)
        case .bytes, .array, .map, .null: nil
        }
    }
}

extension String {
    /// The text without blanks at its ends.
    fileprivate var trimmingASCIIBlanks: Substring {
        func isBlank(_ character: Character) -> Bool { character.isASCII && character.isWhitespace }
        var text = self.drop(while: isBlank)
        while let last = text.last, isBlank(last) { text.removeLast() }
        return text
    }
}

extension EndedSpan.Status {
    /// Whether the status is anything but an error.
    var isSuccess: Bool {
        if case .error = self { return false }
        return true
    }
}
