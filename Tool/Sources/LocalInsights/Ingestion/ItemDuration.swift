/// A duration as telemetry items write it: `[D.]HH:MM:SS[.fffffff]`.
package enum ItemDuration {
    /// The duration in milliseconds, or nothing if the text is not one.
    ///
    /// It is less than 1,000 days and never negative; digits beyond the ninth after the point
    /// are cut off.
    package static func milliseconds(_ text: some Collection<UInt8>) -> Double? {
        guard text.count <= 64 else { return nil }
        var scanner = DigitScanner(Array(text))
        guard let first = scanner.number(upTo: 3) else { return nil }
        var days = 0
        var hours = first
        if scanner.skip(".") {
            guard let number = scanner.number(digits: 2) else { return nil }
            days = first
            hours = number
        }
        guard
            hours < 24,
            scanner.skip(":"), let minutes = scanner.number(digits: 2), minutes < 60,
            scanner.skip(":"), let seconds = scanner.number(digits: 2), seconds < 60
        else { return nil }
        var nanoseconds = 0
        if scanner.skip(".") {
            guard let fraction = scanner.fraction(keeping: 9) else { return nil }
            nanoseconds = fraction
        }
        guard scanner.isAtEnd else { return nil }
        let whole = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
        // In one division: adding two rounded parts would turn 1.235 s into 1235.0000000000002.
        return Double(whole * 1_000_000_000 + nanoseconds) / 1_000_000
    }
}
