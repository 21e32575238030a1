import TelemetryModel
import Testing

@testable import TelemetryEngine

@Suite("Diagnostic throttle")
struct DiagnosticThrottleTests {
    private let start: UInt64 = 1_000_000_000_000

    @Test("The first line is said, then one every five minutes with the number of the others")
    func interval() {
        let throttle = Throttle()
        let interval = DiagnosticThrottle.interval
        #expect(throttle.occurred("a", at: self.start) == .say(unsaid: 0))
        for offset in [1, 2, interval - 1] as [UInt64] {
            #expect(throttle.occurred("a", at: self.start + offset) == .withhold)
        }
        #expect(throttle.occurred("a", at: self.start + interval) == .say(unsaid: 3))
        #expect(throttle.occurred("a", at: self.start + interval + 1) == .withhold)
        #expect(throttle.occurred("a", at: self.start + 2 * interval) == .say(unsaid: 1))
    }

    @Test("Codes do not silence each other")
    func codes() {
        let throttle = Throttle()
        #expect(throttle.occurred("a", at: self.start) == .say(unsaid: 0))
        #expect(throttle.occurred("b", at: self.start) == .say(unsaid: 0))
        #expect(throttle.occurred("a", at: self.start) == .withhold)
    }

    @Test("Codes without number take no memory without bound")
    func manyCodes() {
        let throttle = Throttle()
        let said = (0..<10_000).count { index in
            throttle.occurred("code \(index)", at: self.start) == .say(unsaid: 0)
        }
        #expect(said == DiagnosticThrottle.maximumCodes + 1)
        #expect(throttle.takeUnsaid().map(\.count) == [10_000 - said])
    }

    @Test("What was not said is said once in the end")
    func unsaid() {
        let throttle = Throttle()
        for _ in 0..<3 { _ = throttle.occurred("b", at: self.start) }
        for _ in 0..<2 { _ = throttle.occurred("a", at: self.start) }
        _ = throttle.occurred("c", at: self.start)
        #expect(throttle.takeUnsaid().map(\.code) == ["a", "b"])
        #expect(throttle.takeUnsaid().isEmpty)
    }

    @Test("Only a change of state is news")
    func states() {
        let throttle = Throttle()
        #expect(!throttle.isChange(of: "storage", to: "usable", startsNormal: true))
        #expect(throttle.isChange(of: "storage", to: "unusable", startsNormal: false))
        #expect(!throttle.isChange(of: "storage", to: "unusable", startsNormal: false))
        #expect(throttle.isChange(of: "storage", to: "usable", startsNormal: true))
        #expect(throttle.isChange(of: "breaker", to: "open", startsNormal: false))
    }
}

/// A throttle that an expectation may call.
private final class Throttle {
    private var throttle = DiagnosticThrottle()

    func occurred(_ code: String, at now: UInt64) -> DiagnosticThrottle.Verdict {
        self.throttle.occurred(code, at: now)
    }

    func isChange(of subject: String, to state: String, startsNormal: Bool) -> Bool {
        self.throttle.isChange(of: subject, to: state, startsNormal: startsNormal)
    }

    func takeUnsaid() -> [(code: String, count: Int)] { self.throttle.takeUnsaid() }
}

@Suite("Diagnostics")
struct DiagnosticsTests {
    private final class Lines: Sendable {
        private let state = Locked([String]())
        var all: [String] { self.state.withLock { $0 } }
        var output: DiagnosticOutput {
            DiagnosticOutput { line in self.state.withLock { $0.append(line) } }
        }
    }

    @Test("A line has time, level, code and message")
    func line() {
        let lines = Lines()
        let diagnostics = Diagnostics(
            level: .warning,
            time: SteppedTime().source,
            output: lines.output
        )
        diagnostics.report(.warning, "storage.full", "no room")
        diagnostics.report(.info, "breaker.closed", "too fine")
        #expect(lines.all == ["2023-11-14T22:13:20Z azure-monitor warning storage.full: no room"])
    }

    @Test("Off is off", arguments: [DiagnosticLevel.off, .error, .debug])
    func levels(level: DiagnosticLevel) {
        let lines = Lines()
        let diagnostics = Diagnostics(
            level: level,
            time: SteppedTime().source,
            output: lines.output
        )
        for level in [DiagnosticLevel.off, .error, .warning, .info, .debug] {
            diagnostics.report(level, level.name, "x")
        }
        #expect(lines.all.count == [.off: 0, .error: 1, .debug: 4][level])
    }

    @Test("Keys are masked, and nothing in a message leaves the line")
    func harmless() {
        let lines = Lines()
        let diagnostics = Diagnostics(time: SteppedTime().source, lines: lines.output)
        diagnostics.report(
            .error,
            "x",
            "key 12345678-9ABC-def0-1234-56789abcdef0\r\n\u{1b}[31mred\u{202e} \u{0} é"
        )
        let line = lines.all.first ?? ""
        #expect(
            line.hasSuffix(
                "key 12345678-****-****-****-************\\r\\n\\u{1b}[31mred\\u{202e} \\u{0} é"
            )
        )
    }

    @Test("A message without end is cut")
    func long() {
        let text = HarmlessText.escaping(String(repeating: "é", count: 1 << 20))
        #expect(text.unicodeScalars.count == 4_097)
        #expect(HarmlessText.escaping("plain") == "plain")
        #expect(HarmlessText.maskingKeys("12345678-1234-1234-1234-12345678901").hasSuffix("901"))
    }

    @Test("Recurring lines are counted, and the rest is summed up in the end")
    func recurring() {
        let lines = Lines()
        let time = SteppedTime()
        let diagnostics = Diagnostics(level: .warning, time: time.source, output: lines.output)
        for index in 0..<5 { diagnostics.report(.warning, "x", "reason \(index)") }
        time.advance(bySeconds: 300)
        diagnostics.report(.warning, "x", "reason 5")
        diagnostics.report(.warning, "x", "reason 6")
        diagnostics.summarise()
        diagnostics.summarise()
        #expect(lines.all.count == 3)
        #expect(lines.all[1].hasSuffix("reason 5 (and 4 more since the last line of this kind)"))
        #expect(lines.all[2].hasSuffix("x: 1 more since the last line of this kind"))
    }

    @Test(
        "The environment sets the level, and a mistake in it is said",
        arguments: [
            (nil, true, false, 0), ("", true, false, 0), ("DEBUG", true, true, 0),
            ("off", false, false, 0), ("verbos", true, false, 1),
        ] as [(String?, Bool, Bool, Int)]
    )
    func environment(value: String?, warns: Bool, debugs: Bool, mistakes: Int) throws {
        let directory = try TemporaryDirectory()
        let diagnostics = Diagnostics(
            readingFrom: {
                [
                    Diagnostics.levelVariable: value, Diagnostics.directoryVariable: directory.path,
                ][$0] ?? nil
            },
            time: SteppedTime().source
        )
        diagnostics.report(.warning, "w", "w")
        diagnostics.report(.debug, "d", "d")
        let name = try #require(TemporaryDirectory.names(directory.path).first)
        let text = String(decoding: TestFile.read("\(directory.path)/\(name)"), as: UTF8.self)
        let lines = text.split(separator: "\n")
        #expect(lines.count == mistakes + (warns ? 1 : 0) + (debugs ? 1 : 0))
        #expect(TestFile.permissions("\(directory.path)/\(name)") == 0o600)
    }

    @Test("The file is renamed when it is full, and one older is kept")
    func rotation() throws {
        let directory = try TemporaryDirectory()
        let output = try #require(DiagnosticOutput.file(in: directory.path, maximumSize: 100))
        for index in 0..<40 { output.write("line \(index) 123456789") }
        let names = TemporaryDirectory.names(directory.path)
        #expect(names.count == 2)
        for name in names {
            #expect(TestFile.read("\(directory.path)/\(name)").count < 130)
        }
        #expect(DiagnosticOutput.file(in: "/dev/null/x") == nil)
    }

    @Test(
        "Dates are those of the calendar",
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"), (1_709_251_199, "2024-02-29T23:59:59Z"),
            (1_709_251_200, "2024-03-01T00:00:00Z"), (4_107_542_400, "2100-03-01T00:00:00Z"),
            (1_735_689_599, "2024-12-31T23:59:59Z"),
        ] as [(UInt64, String)]
    )
    func dates(seconds: UInt64, text: String) {
        let time = Timestamp(nanosecondsSinceEpoch: seconds * 1_000_000_000)
        #expect(ClockText.date(time) == text)
    }
}

extension Diagnostics {
    fileprivate convenience init(time: TimeSource, lines: DiagnosticOutput) {
        self.init(level: .debug, time: time, output: lines)
    }
}
