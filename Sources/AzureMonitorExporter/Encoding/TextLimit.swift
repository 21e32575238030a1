/// How texts are cut: to so many UTF-16 units, but never within a scalar.
///
/// The service does not say what its limits count; UTF-16 units are the cautious reading, because
/// no other count of a text is larger.
enum TextLimit {
    /// How many bytes the longest prefix of whole scalars has that fits into `limit` units.
    static func prefix(of text: UnsafeRawBufferPointer, limit: Int) -> Int {
        guard text.count > limit else { return text.count }
        var units = 0
        var index = 0
        while index < text.count {
            let (width, length) = Self.scalar(startingWith: unsafe text[index])
            guard units + width <= limit else { return index }
            units += width
            index += length
        }
        return text.count
    }

    /// `text`, or its longest prefix of whole scalars that fits into `limit` units.
    static func cut(_ text: String, to limit: Int) -> String {
        guard text.utf8.count > limit else { return text }
        var units = 0
        var end = text.startIndex
        for scalar in text.unicodeScalars {
            units += scalar.value > 0xFFFF ? 2 : 1
            guard units <= limit else { return String(text[..<end]) }
            end = text.unicodeScalars.index(after: end)
        }
        return text
    }

    /// Whether `text` has more than `limit` units.
    static func isExceeded(by text: String, limit: Int) -> Bool {
        text.utf8.count > limit && text.utf16.count > limit
    }

    /// The UTF-16 units and UTF-8 bytes of the scalar that starts with `byte`.
    @inline(__always)
    private static func scalar(startingWith byte: UInt8) -> (units: Int, bytes: Int) {
        switch byte {
        case 0xF0...: (2, 4)
        case 0xE0...: (1, 3)
        case 0xC0...: (1, 2)
        default: (1, 1)
        }
    }
}

/// The limits of the service, in UTF-16 units.
enum Limits {
    /// Keys of properties and measurements.
    static let key = 150
    /// Values of properties.
    static let propertyValue = 8192
    /// Values of the properties that hold a conversation with a model.
    static let longPropertyValue = 262_144
    /// Names, result codes, sources, targets and types.
    static let name = 1024
    /// Ids.
    static let id = 512
    /// Addresses of requests.
    static let url = 2048
    /// What a dependency was asked.
    static let data = 8192
    /// Messages and stack traces.
    static let message = 32_768
    /// Names of custom events.
    static let eventName = 512
    /// Namespaces of metrics.
    static let namespace = 256
    /// Messages of availability results.
    static let availabilityMessage = 8192
    /// Durations and other short texts.
    static let shortText = 64
}
