/// Reads the dates of HTTP header fields.
///
/// | Form     | Example                          |
/// | -------- | -------------------------------- |
/// | current  | `Sun, 06 Nov 1994 08:49:37 GMT`  |
/// | RFC 850  | `Sunday, 06-Nov-94 08:49:37 GMT` |
/// | asctime  | `Sun Nov  6 08:49:37 1994`       |
///
/// - SeeAlso: [RFC 9110, section 5.6.7](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7)
package enum HTTPDate {
    /// Seconds since 1970; `nil` if `text` is no date.
    package static func secondsSinceEpoch(_ text: String) -> Int64? {
        let parts = text.split { $0 == " " || $0 == "-" || $0 == "," }
        guard parts.count == 5 || parts.count == 6 else { return nil }
        let isAsctime = parts.count == 5
        guard isAsctime || parts[5] == "GMT" || parts[5] == "UTC" else { return nil }
        guard
            let day = self.number(isAsctime ? parts[2] : parts[1], in: 1...31),
            let month = self.months.firstIndex(of: String(isAsctime ? parts[1] : parts[2])),
            let year = self.year(isAsctime ? parts[4] : parts[3]),
            let second = self.secondOfDay(isAsctime ? parts[3] : parts[4])
        else { return nil }
        return Self.daysSinceEpoch(year: year, month: Int64(month) + 1, day: day) * 86_400 + second
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private static func number(_ text: Substring, in range: ClosedRange<Int64>) -> Int64? {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let value = Int64(text),
            range.contains(value)
        else { return nil }
        return value
    }

    private static func year(_ text: Substring) -> Int64? {
        guard let year = self.number(text, in: 0...9999) else { return nil }
        switch text.utf8.count {
        case 4: return year
        case 2: return year < 70 ? 2000 + year : 1900 + year
        default: return nil
        }
    }

    private static func secondOfDay(_ text: Substring) -> Int64? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy({ $0.utf8.count == 2 }),
            let hour = self.number(parts[0], in: 0...23),
            let minute = self.number(parts[1], in: 0...59),
            let second = self.number(parts[2], in: 0...60)
        else { return nil }
        return hour * 3_600 + minute * 60 + second
    }

    /// The days from 1970-01-01 in the proleptic Gregorian calendar.
    ///
    /// Years are counted from March, so that the leap day is the last of its year, and in cycles
    /// of 400 years, which have 146,097 days each.
    private static func daysSinceEpoch(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month > 2 ? year : year - 1
        let cycle = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfCycle = shifted - cycle * 400
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        let dayOfCycle = yearOfCycle * 365 + yearOfCycle / 4 - yearOfCycle / 100 + dayOfYear
        return cycle * 146_097 + dayOfCycle - 719_468
    }
}
