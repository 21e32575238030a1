internal import TelemetryModel

/// Times as people read them, always in UTC.
enum ClockText {
    /// `2026-11-21T09:33:19Z`.
    static func date(_ time: Timestamp) -> String {
        let seconds = time.nanosecondsSinceEpoch / 1_000_000_000
        let (year, month, day) = Self.civil(daysSinceEpoch: seconds / 86_400)
        return "\(year)-\(Self.two(month))-\(Self.two(day))T\(Self.clock(seconds))Z"
    }

    /// `09:33:19.125`.
    static func timeOfDay(_ time: Timestamp) -> String {
        let milliseconds = time.nanosecondsSinceEpoch / 1_000_000
        let fraction = String(milliseconds % 1_000 + 1_000).dropFirst()
        return "\(Self.clock(milliseconds / 1_000)).\(fraction)"
    }

    private static func clock(_ seconds: UInt64) -> String {
        let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60)
        return "\(Self.two(hour)):\(Self.two(minute)):\(Self.two(second))"
    }

    private static func two(_ value: UInt64) -> String {
        value < 10 ? "0\(value)" : "\(value)"
    }

    /// The date in the Gregorian calendar, counted in years that begin with March, so that the
    /// leap day is the last of its year.
    private static func civil(daysSinceEpoch days: UInt64) -> (UInt64, UInt64, UInt64) {
        // Day 0 is the first of March of the year 0.
        let day = days + 719_468
        let era = day / 146_097
        let dayOfEra = day % 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let dayOfMonth = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfMonth)
    }
}
