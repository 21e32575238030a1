import Foundation

/// Whether our clock and that of the service agree.
enum ClockCheck {
    private static let tolerance = 60.0
    private static let limit = 300.0

    /// Judges the answers by their `Date` headers; the worst counts.
    static func finding(_ answers: [WatchedTransport.Answer]) -> Finding {
        guard !answers.isEmpty else { return .skip("there is no answer with a time") }
        let offsets = answers.compactMap { answer in
            answer.date.map { answer.arrival.timeIntervalSince($0) }
        }
        guard let offset = offsets.max(by: { abs($0) < abs($1) }) else {
            return .skip("the answers have no Date header to compare with")
        }
        guard abs(offset) > Self.tolerance else {
            return .ok("this machine and the service agree within a minute")
        }
        let what =
            "this machine is \(Self.text(abs(offset))) "
            + "\(offset > 0 ? "ahead of" : "behind") the service"
        let remedy =
            "set the clock, by NTP for example, because tokens and certificates are "
            + "judged by it and rows get its times"
        return abs(offset) > Self.limit ? .fail(what, remedy) : .warn(what, remedy)
    }

    private static func text(_ interval: TimeInterval) -> String {
        // Whoever is off by years need not know the seconds.
        let seconds = Int(interval.rounded())
        if seconds >= 172_800 { return "\(seconds / 86_400) days" }
        if seconds >= 7_200 { return "\(seconds / 3_600) h \(seconds % 3_600 / 60) min" }
        return "\(seconds / 60) min \(seconds % 60) s"
    }
}
