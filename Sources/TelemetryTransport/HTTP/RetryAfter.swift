package import HTTPTypes

/// How long a server asks to be left alone.
package enum RetryAfter {
    /// The shortest and the longest time that is believed.
    package static let limits: ClosedRange<Duration> = .seconds(1)...(.seconds(3_600))

    /// Reads the wish from the headers of a response.
    ///
    /// The first of these that can be read counts: `retry-after-ms`, `x-ms-retry-after-ms` (both
    /// milliseconds), `Retry-After` (seconds, also with a fraction, or a date).
    ///
    /// - Parameters:
    ///   - headers: The header fields of the response.
    ///   - now: The wall clock, in seconds since 1970.
    /// - Returns: The time, brought within ``limits``; `nil` if there is none that makes sense.
    package static func duration(in headers: HTTPFields, now: Int64) -> Duration? {
        for name in Self.millisecondFields {
            if let text = headers[name], let value = Self.number(text) {
                return Self.clamp(seconds: value / 1_000)
            }
        }
        guard let text = headers[.retryAfter]?.trimmingBlanks, !text.isEmpty else { return nil }
        if let seconds = Self.number(String(text)) { return Self.clamp(seconds: seconds) }
        guard let date = HTTPDate.secondsSinceEpoch(String(text)) else { return nil }
        // A date that has passed says "soon", or that a clock is wrong.
        return Self.clamp(seconds: Double(date - now))
    }

    private static let millisecondFields: [HTTPField.Name] =
        ["retry-after-ms", "x-ms-retry-after-ms"].compactMap { HTTPField.Name($0) }

    /// Digits, and perhaps a point with more of them; nothing else that `Double` would read.
    private static func number(_ text: String) -> Double? {
        let parts = text.trimmingBlanks.split(
            separator: ".",
            maxSplits: 1,
            omittingEmptySubsequences: false
        )
        guard
            parts.allSatisfy({ part in
                !part.isEmpty && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
            })
        else { return nil }
        return Double(text.trimmingBlanks)
    }

    private static func clamp(seconds: Double) -> Duration {
        guard seconds < 3_600 else { return Self.limits.upperBound }
        return max(Self.limits.lowerBound, .milliseconds(Int64(seconds * 1_000)))
    }
}
