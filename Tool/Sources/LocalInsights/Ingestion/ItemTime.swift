/// A moment as telemetry items write it: ISO 8601 in text.
///
/// | Written                            | Read as                         |
/// | ---------------------------------- | ------------------------------- |
/// | `2023-11-14T22:13:20Z`             | `2023-11-14T22:13:20.000000Z`   |
/// | `2023-11-14T22:13:20.1234567Z`     | `2023-11-14T22:13:20.123456Z`   |
/// | `2023-11-14T23:13:20.5+01:00`      | `2023-11-14T22:13:20.500000Z`   |
/// | `2023-11-14T22:13:20` (no zone)    | UTC                             |
package struct ItemTime: Sendable, Hashable {
    private var days: Int
    private var seconds: Int
    private var microseconds: Int

    /// Reads a time, or gives nothing if the text is not one.
    ///
    /// The day must exist in the calendar, the year lies in 1…9999, and digits beyond the
    /// microsecond are cut off.
    package init?(_ text: some Collection<UInt8>) {
        guard text.count <= 64 else { return nil }
        var scanner = DigitScanner(Array(text))
        guard
            let year = scanner.number(digits: 4), scanner.skip("-"),
            let month = scanner.number(digits: 2), scanner.skip("-"),
            let day = scanner.number(digits: 2),
            scanner.skip("T") || scanner.skip("t") || scanner.skip(" "),
            let hour = scanner.number(digits: 2), scanner.skip(":"),
            let minute = scanner.number(digits: 2), scanner.skip(":"),
            let second = scanner.number(digits: 2),
            year >= 1, 1...12 ~= month, 1...Self.length(ofMonth: month, in: year) ~= day,
            hour < 24, minute < 60, second < 60
        else { return nil }
        self.microseconds = 0
        if scanner.skip(".") {
            guard let fraction = scanner.fraction(keeping: 6) else { return nil }
            self.microseconds = fraction
        }
        var offset = 0
        if !scanner.isAtEnd, !scanner.skip("Z"), !scanner.skip("z") {
            let isWest = scanner.skip("-")
            guard isWest || scanner.skip("+"), let hours = scanner.number(digits: 2) else {
                return nil
            }
            _ = scanner.skip(":")
            let minutes = scanner.isAtEnd ? 0 : scanner.number(digits: 2)
            guard let minutes, hours <= 14, minutes < 60 else { return nil }
            offset = (hours * 3600 + minutes * 60) * (isWest ? -1 : 1)
        }
        guard scanner.isAtEnd else { return nil }
        self.days = Self.days(year: year, month: month, day: day)
        self.seconds = hour * 3600 + minute * 60 + second - offset
        if self.seconds < 0 {
            self.days -= 1
            self.seconds += 86_400
        } else if self.seconds >= 86_400 {
            self.days += 1
            self.seconds -= 86_400
        }
        guard 1...9999 ~= Self.date(days: self.days).year else { return nil }
    }

    /// Appends the time in UTC with six fraction digits and `Z`, always 27 bytes.
    package func append(to output: inout [UInt8]) {
        let date = Self.date(days: self.days)
        Self.append(date.year, digits: 4, to: &output)
        output.append(UInt8(ascii: "-"))
        Self.append(date.month, digits: 2, to: &output)
        output.append(UInt8(ascii: "-"))
        Self.append(date.day, digits: 2, to: &output)
        output.append(UInt8(ascii: "T"))
        Self.append(self.seconds / 3600, digits: 2, to: &output)
        output.append(UInt8(ascii: ":"))
        Self.append(self.seconds / 60 % 60, digits: 2, to: &output)
        output.append(UInt8(ascii: ":"))
        Self.append(self.seconds % 60, digits: 2, to: &output)
        output.append(UInt8(ascii: "."))
        Self.append(self.microseconds, digits: 6, to: &output)
        output.append(UInt8(ascii: "Z"))
    }

    private static func append(_ value: Int, digits: Int, to output: inout [UInt8]) {
        var divisor = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            output.append(UInt8(truncatingIfNeeded: 0x30 + value / divisor % 10))
            divisor /= 10
        }
    }

    private static func length(ofMonth month: Int, in year: Int) -> Int {
        switch month {
        case 2:
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            return isLeap ? 29 : 28
        case 4, 6, 9, 11: return 30
        default: return 31
        }
    }

    // The civil calendar counted in eras of 400 years that begin on 1 March: then the leap day
    // is the last of its year and needs no case of its own.
    private static func days(year: Int, month: Int, day: Int) -> Int {
        let shifted = month > 2 ? year : year - 1
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    }

    private static func date(days: Int) -> (year: Int, month: Int, day: Int) {
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }
}

/// Reads the digits of times and durations from bytes.
struct DigitScanner {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Whether everything has been read.
    var isAtEnd: Bool { self.position == self.bytes.count }

    /// Skips the character if it comes next.
    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard self.position < self.bytes.count,
            UInt32(self.bytes[self.position]) == character.value
        else { return false }
        self.position += 1
        return true
    }

    /// Reads a number of exactly so many digits.
    mutating func number(digits: Int) -> Int? {
        guard self.position + digits <= self.bytes.count else { return nil }
        var value = 0
        for index in self.position..<self.position + digits {
            guard 0x30...0x39 ~= self.bytes[index] else { return nil }
            value = value * 10 + Int(self.bytes[index] - 0x30)
        }
        self.position += digits
        return value
    }

    /// Reads a number of one to `maximum` digits.
    mutating func number(upTo maximum: Int) -> Int? {
        let rest = self.bytes[self.position...].prefix(maximum)
        let digits = rest.prefix { 0x30...0x39 ~= $0 }.count
        return digits > 0 ? self.number(digits: digits) : nil
    }

    /// Reads one or more digits after the point and keeps so many, filled up with zeros.
    mutating func fraction(keeping kept: Int) -> Int? {
        let digits = self.bytes[self.position...].prefix { 0x30...0x39 ~= $0 }
        guard !digits.isEmpty else { return nil }
        self.position += digits.count
        var value = 0
        for index in 0..<kept {
            let digit =
                index < digits.count ? Int(digits[digits.startIndex + index] - 0x30) : 0
            value = value * 10 + digit
        }
        return value
    }
}
