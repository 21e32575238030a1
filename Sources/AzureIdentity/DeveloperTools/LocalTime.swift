#if canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Reads the times that command line tools print.
///
/// | Form                         | Time zone                                    |
/// | ---------------------------- | -------------------------------------------- |
/// | `2026-01-31 18:05:00.123456` | that of the machine                          |
/// | `2026-01-31T18:05:00Z`       | UTC                                          |
enum LocalTime {
    /// Seconds since 1970, for a time of this machine's zone; `nil` if it is no time.
    static func secondsSinceEpoch(_ text: String) -> Int64? {
        guard let parts = Self.parts(of: text, separator: " ") else { return nil }
        var broken = unsafe Self.broken(parts)
        // Whether summer time holds then, the zone knows.
        unsafe broken.tm_isdst = -1
        let time = unsafe mktime(&broken)
        return time == -1 ? nil : Int64(time)
    }

    /// Seconds since 1970, for a time in UTC with a `Z` at its end; `nil` if it is no time.
    static func secondsSinceEpoch(utc text: String) -> Int64? {
        guard text.last == "Z",
            let parts = Self.parts(of: String(text.dropLast()), separator: "T")
        else { return nil }
        var broken = unsafe Self.broken(parts)
        let time = unsafe timegm(&broken)
        return time == -1 ? nil : Int64(time)
    }

    private static func broken(_ parts: (date: [Int32], time: [Int32])) -> tm {
        var broken = unsafe tm()
        unsafe broken.tm_year = parts.date[0] - 1900
        unsafe broken.tm_mon = parts.date[1] - 1
        unsafe broken.tm_mday = parts.date[2]
        unsafe broken.tm_hour = parts.time[0]
        unsafe broken.tm_min = parts.time[1]
        unsafe broken.tm_sec = parts.time[2]
        return unsafe broken
    }

    private static func parts(
        of text: String,
        separator: Character
    ) -> (date: [Int32], time: [Int32])? {
        let halves = text.split(separator: separator, omittingEmptySubsequences: false)
        guard halves.count == 2 else { return nil }
        let date = Self.numbers(halves[0], separator: "-")
        let time = Self.numbers(halves[1].prefix { $0 != "." }, separator: ":")
        guard date.count == 3, time.count == 3, (1970...9999).contains(date[0]),
            (1...12).contains(date[1]), (1...31).contains(date[2]), (0...23).contains(time[0]),
            (0...59).contains(time[1]), (0...60).contains(time[2])
        else { return nil }
        return (date, time)
    }

    private static func numbers(_ text: Substring, separator: Character) -> [Int32] {
        let parts = text.split(separator: separator, omittingEmptySubsequences: false)
        let numbers = parts.compactMap { part in
            part.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int32(part) : nil
        }
        return numbers.count == parts.count ? numbers : []
    }
}
