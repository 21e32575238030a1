import TelemetryModel
import TelemetryTransport

extension JSONWriter {
    /// Writes a point in time between quotation marks: `2023-11-14T22:13:20.123457Z`.
    ///
    /// The time is rounded to microseconds, which are six digits; a whole second has none.
    mutating func time(_ time: Timestamp) {
        let (whole, rest) = time.nanosecondsSinceEpoch.quotientAndRemainder(dividingBy: 1000)
        let (seconds, microsecond) = (whole + (rest >= 500 ? 1 : 0))
            .quotientAndRemainder(dividingBy: 1_000_000)
        self.buffer.reserve(40)
        if self.lastSecond.second == seconds {
            self.buffer.store(self.lastSecond.first)
            self.buffer.store(self.lastSecond.middle)
            self.buffer.store(self.lastSecond.last)
        } else {
            self.second(seconds)
        }
        if microsecond > 0 {
            let microseconds = Int(truncatingIfNeeded: microsecond)
            self.buffer.store(UInt8(ascii: "."))
            self.twoDigits(microseconds / 10_000)
            self.twoDigits(microseconds / 100 % 100)
            self.twoDigits(microseconds % 100)
        }
        self.raw("Z\"")
    }

    /// Writes a whole second after a quotation mark, and remembers its text.
    private mutating func second(_ seconds: UInt64) {
        let start = self.buffer.count
        let (days, secondOfDay) = seconds.quotientAndRemainder(dividingBy: 86_400)
        let date = CivilDate(daysSinceEpoch: Int(truncatingIfNeeded: days))
        self.buffer.store(UInt8(ascii: "\""))
        self.twoDigits(date.year / 100)
        self.twoDigits(date.year % 100)
        self.buffer.store(UInt8(ascii: "-"))
        self.twoDigits(date.month)
        self.buffer.store(UInt8(ascii: "-"))
        self.twoDigits(date.day)
        self.buffer.store(UInt8(ascii: "T"))
        self.clock(Int(truncatingIfNeeded: secondOfDay))
        self.lastSecond = SecondText(
            second: seconds,
            first: self.buffer.load(at: start),
            middle: self.buffer.load(at: start + 8),
            last: self.buffer.load(at: start + 16)
        )
    }

    /// Writes the time from `start` to `end` between quotation marks: `0.00:00:01.235`.
    ///
    /// Milliseconds are rounded half up. A negative duration, or one of which an end is unknown,
    /// is 0; the service takes less than 1000 days, so a longer one is `999.23:59:59.999`.
    mutating func duration(from start: Timestamp, to end: Timestamp) {
        var nanoseconds: UInt64 = 0
        if start != .epoch, end > start {
            nanoseconds = end.nanosecondsSinceEpoch - start.nanosecondsSinceEpoch
        }
        // Not (n + 500,000) / 1,000,000, which could overflow.
        let rounded = nanoseconds / 1_000_000 + (nanoseconds % 1_000_000 >= 500_000 ? 1 : 0)
        let milliseconds = Int(truncatingIfNeeded: min(rounded, 1000 * 86_400_000 - 1))
        let (days, millisecondOfDay) = milliseconds.quotientAndRemainder(dividingBy: 86_400_000)
        self.buffer.append(UInt8(ascii: "\""))
        self.integer(Int64(days))
        self.buffer.reserve(40)
        self.buffer.store(UInt8(ascii: "."))
        self.clock(millisecondOfDay / 1000)
        self.buffer.store(UInt8(ascii: "."))
        let millisecond = millisecondOfDay % 1000
        self.buffer.store(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: millisecond / 100))
        self.twoDigits(millisecond % 100)
        self.buffer.store(UInt8(ascii: "\""))
    }

    /// Writes hours, minutes and seconds; there is room for them.
    private mutating func clock(_ secondOfDay: Int) {
        self.twoDigits(secondOfDay / 3600)
        self.buffer.store(UInt8(ascii: ":"))
        self.twoDigits(secondOfDay / 60 % 60)
        self.buffer.store(UInt8(ascii: ":"))
        self.twoDigits(secondOfDay % 60)
    }

    /// Writes a number below 100; there is room for it.
    @inline(__always)
    private mutating func twoDigits(_ value: Int) {
        let tens = UInt16(truncatingIfNeeded: value / 10)
        let ones = UInt16(truncatingIfNeeded: value % 10)
        self.buffer.store((tens | ones << 8 | 0x3030).littleEndian)
    }
}

/// A second as text, with the quotation mark before it: spans of a batch share a few.
struct SecondText {
    /// The second since the epoch; none at first.
    var second = UInt64.max
    /// Its first eight bytes.
    var first: UInt64 = 0
    /// The next eight.
    var middle: UInt64 = 0
    /// The last four.
    var last: UInt32 = 0
}

/// A day of the Gregorian calendar.
private struct CivilDate {
    var year: Int
    var month: Int
    var day: Int

    /// The day that is so many days after 1970-01-01.
    ///
    /// Years are counted from March, so that the leap day is the last; 146,097 days make the 400
    /// years after which the calendar repeats itself.
    init(daysSinceEpoch: Int) {
        let days = daysSinceEpoch + 719_468
        let (era, dayOfEra) = days.quotientAndRemainder(dividingBy: 146_097)
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        self.day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        self.month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        self.year = yearOfEra + era * 400 + (self.month <= 2 ? 1 : 0)
    }
}
