import TelemetryModel

/// The numbers of an item that are its own.
///
/// They come from the attribute `microsoft.custom_measurements`: the text of a JSON object, or a
/// map. Entries whose value is a finite number and whose key is not empty count; keys are cut to
/// 150 units, and of equal keys the later wins. Anything else is ignored without a word.
struct Measurements {
    private(set) var values: [(key: String, value: Double)] = []

    /// Reads the attribute, which never becomes a property.
    init(_ attributes: inout SemanticAttributes) {
        guard let value = attributes.value(.microsoftCustomMeasurements) else { return }
        attributes.consume(.microsoftCustomMeasurements)
        switch value {
        case .string(let text):
            var reader = JSONNumberReader(text)
            for (key, number) in reader.readObject() ?? [] { self.set(key, number) }
        case .map(let pairs):
            for pair in pairs {
                switch pair.value {
                case .int(let number): self.set(pair.key, Double(number))
                case .double(let number): self.set(pair.key, number)
                default: break
                }
            }
        default:
            break
        }
    }

    /// Sets a number, replacing one of the same key.
    mutating func set(_ key: String, _ value: Double) {
        guard !key.isEmpty, value.isFinite else { return }
        let key = TextLimit.cut(key, to: Limits.key)
        let same = self.values.firstIndex { $0.key.utf8.elementsEqual(key.utf8) }
        if let same {
            self.values[same].value = value
        } else {
            self.values.append((key, value))
        }
    }

    /// Writes `measurements` with a comma before it.
    func write(to json: inout JSONWriter) {
        json.raw(#","measurements":{"#)
        for (index, (key, value)) in self.values.enumerated() {
            if index > 0 { json.raw(",") }
            json.string(key, limit: Limits.key)
            json.raw(":")
            json.double(value)
        }
        json.raw("}")
    }
}
