import TelemetryTransport

/// Text of the form `key=value;key=value`.
enum KeyValuePairs {
    /// What is no pair.
    struct Problem: Error {
        /// The number of the part, counted from 1.
        let part: Int
        /// How many characters it has.
        let length: Int
    }

    /// The values by their keys in lower case; empty parts are passed over, the last of a key
    /// counts.
    static func read(_ text: String) throws(Problem) -> [String: String] {
        var values: [String: String] = [:]
        let segments = text.split(separator: ";", omittingEmptySubsequences: false)
        for (index, segment) in segments.enumerated() {
            let pair = segment.trimmingBlanks
            guard !pair.isEmpty else { continue }
            guard let separator = pair.firstIndex(of: "="), separator > pair.startIndex else {
                throw Problem(part: index + 1, length: pair.count)
            }
            let key = pair[..<separator].trimmingBlanks.lowercased()
            values[key] = String(pair[pair.index(after: separator)...].trimmingBlanks)
        }
        return values
    }
}
