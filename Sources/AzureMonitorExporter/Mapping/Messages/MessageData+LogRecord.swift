import TelemetryModel

extension MessageData {
    /// Creates message data from a log record that is nothing more special.
    ///
    /// | Field           | From                                   | When empty |
    /// | --------------- | -------------------------------------- | ---------- |
    /// | `message`       | the body, cut, without blanks at its ends | `n/a`   |
    /// | `severityLevel` | the severity                           |            |
    ///
    /// No attribute is consumed, not even one that nearly made the record something special.
    ///
    /// - Parameter cutTexts: counts the body if it was cut.
    init(logRecord record: LogRecord, body: String, cutTexts: inout Int) {
        let text = TextLimit.cut(body, to: Limits.message)
        if text.utf8.count < body.utf8.count { cutTexts += 1 }
        let message = text.trimmed
        self.message = message.isEmpty ? "n/a" : message
        self.severityLevel = SeverityLevel(record.severity)
    }
}

extension String {
    /// The text without white space at its ends.
    fileprivate var trimmed: String {
        func isPlain(_ byte: UInt8?) -> Bool { byte.map { $0 > 0x20 && $0 < 0x80 } ?? true }
        if isPlain(self.utf8.first), isPlain(self.utf8.last) { return self }

        func isBlank(_ scalar: Unicode.Scalar) -> Bool {
            scalar.properties.isWhitespace || (0x1C...0x1F).contains(scalar.value)
        }
        var scalars = self.unicodeScalars.drop(while: isBlank)
        while let last = scalars.last, isBlank(last) { scalars.removeLast() }
        return String(scalars)
    }
}
