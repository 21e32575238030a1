import TelemetryModel

extension TraceState {
    /// Splits the text of a `tracestate` header; what is not `key=value` is left out.
    ///
    /// Whoever sent the request has checked the list, or not; here it is only data.
    init(otlpText text: String) {
        var entries: [Entry] = []
        for part in text.split(separator: ",") {
            let trimmed = part.drop { $0 == " " || $0 == "\t" }
            guard let separator = trimmed.firstIndex(of: "="), separator > trimmed.startIndex
            else { continue }
            var value = trimmed[trimmed.index(after: separator)...]
            while value.last == " " || value.last == "\t" { value.removeLast() }
            entries.append(Entry(key: String(trimmed[..<separator]), value: String(value)))
        }
        self.init(entries)
    }
}
