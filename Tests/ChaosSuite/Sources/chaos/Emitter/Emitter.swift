import AzureIdentity
import AzureMonitor
import Foundation
import Logging
import ServiceLifecycle
import Synchronization
import Tracing
import UnixSignals

/// The child process: records through the public API, with the environment it was given.
struct Emitter: Sendable {
    private let options: EmitterOptions
    private let telemetry: Telemetry
    private let state: EmitterState
    private let logger: Logger

    /// Runs the child process to its end.
    static func main(_ json: String) async throws {
        let baseline = ProcessMemory.current.resident
        let options = try JSONDecoder().decode(EmitterOptions.self, from: Data(json.utf8))
        var configuration = AzureMonitor.Configuration()
        if let storage = options.storage {
            configuration.storage?.directory = storage
        } else {
            configuration.storage = nil
        }
        if let retention = options.retention {
            configuration.storage?.retention = .seconds(retention)
        }
        configuration.storesOverQuota = options.storesOverQuota
        if let seconds = options.shutdownTimeout {
            configuration.shutdownTimeout = .seconds(seconds)
        }
        if let failures = options.credentialFailures {
            configuration.credential = Self.credential(failing: failures)
        }
        if let seconds = options.credentialOutage {
            configuration.credential = Self.credential(failingFor: .seconds(seconds))
        }
        let state = EmitterState()
        say("ready \(baseline)")
        let telemetry: Telemetry
        if options.stepsClock {
            telemetry = try await SteppedClock.run(configuration) { telemetry in
                let emitter = Self(
                    options: options,
                    telemetry: telemetry,
                    state: state,
                    logger: Logger(label: "chaos") { telemetry.makeLogHandler(label: $0) }
                )
                await emitter.work()
            }
        } else if options.ending == .withTelemetry {
            telemetry = try await AzureMonitor.withTelemetry(configuration) { telemetry in
                let emitter = Self(
                    options: options,
                    telemetry: telemetry,
                    state: state,
                    logger: Logger(label: "chaos") { telemetry.makeLogHandler(label: $0) }
                )
                await emitter.work()
                return telemetry
            }
        } else {
            telemetry = try AzureMonitor.bootstrap(configuration)
            let emitter = Self(
                options: options,
                telemetry: telemetry,
                state: state,
                logger: Logger(label: "chaos")
            )
            try await emitter.runPipeline()
        }
        let elapsed = ContinuousClock.now - (state.stopAsked?.moment ?? .now)
        let queued = state.stopAsked.map { ProcessorQueue.now.seconds(since: $0.queue) } ?? 0
        var report = EmitterReport(
            run: options.run,
            spans: state.spans,
            logs: state.logs,
            health: await telemetry.health,
            shutdownSeconds: elapsed / .seconds(1),
            queuedSeconds: queued
        )
        let memory = ProcessMemory.current
        report.baselineBytes = baseline
        report.peakBytes = memory.peak
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        say(String(decoding: try encoder.encode(report), as: UTF8.self))
    }

    private func runPipeline() async throws {
        switch self.options.ending {
        case .body, .withTelemetry:
            await self.telemetry.run { await self.work() }
        case .group:
            let group = ServiceGroup(
                services: [self.telemetry, EmitterService(emitter: self)],
                gracefulShutdownSignals: [.sigterm],
                logger: Logger(label: "group") { _ in SwiftLogNoOpLogHandler() }
            )
            try await group.run()
        case .cancellation:
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await self.telemetry.run() }
                await self.work()
                group.cancelAll()
                try await group.waitForAll()
            }
        }
    }

    fileprivate func stopWasAsked() { self.state.stop() }

    /// Records everything, then stays as long as it was told to.
    fileprivate func work() async {
        let waste = [UInt8](repeating: 1, count: self.options.wastedMemory << 20)
        await self.record()
        say("emitted")
        await self.deliverWhatWaits()
        if self.options.hold > 0 {
            try? await Task.sleep(for: .seconds(self.options.hold))
        }
        withExtendedLifetime(waste) {}
        if self.options.ending != .group { self.state.stop() }
    }

    private func record() async {
        // Spans that last run beside each other.
        await withDiscardingTaskGroup { spans in
            await self.record(into: &spans)
        }
    }

    private func record(into spans: inout DiscardingTaskGroup) async {
        let total = self.options.spans + self.options.logs
        let start = ContinuousClock.now
        var made = 0
        var spansBegun = 0
        for part in 0..<max(1, self.options.parts) {
            let end = total * (part + 1) / max(1, self.options.parts)
            while made < end {
                // A few at a time, so that a rate is kept without a sleep for each.
                let stride =
                    self.options.rate > 0 ? max(1, min(64, Int(self.options.rate / 50))) : 64
                await self.telemetry.roomForSpans(stride)
                await self.telemetry.roomForLogRecords(stride)
                for _ in 0..<min(stride, end - made) {
                    // Spans and log records in turn, while there are both to record.
                    let isLog =
                        spansBegun >= self.options.spans
                        || (self.state.logs < self.options.logs && made % 2 == 1)
                    if !isLog { spansBegun += 1 }
                    if isLog {
                        self.recordLog()
                    } else if self.options.spanMilliseconds > 0 {
                        spans.addTask { await self.recordSpan() }
                        await Task.yield()
                    } else {
                        await self.recordSpan()
                    }
                    made += 1
                }
                if self.options.rate > 0 {
                    let due = start + .seconds(Double(made) / self.options.rate)
                    try? await Task.sleep(until: due, tolerance: .zero)
                }
            }
            if self.options.parts > 1 { await self.telemetry.forceFlush(.seconds(30)) }
        }
    }

    private func recordSpan() async {
        let sequence = self.state.nextSpan()
        let span = self.telemetry.tracer.startSpan(
            "GET /chaos",
            context: .topLevel,
            ofKind: .server
        )
        span.attributes["seq"] = sequence
        span.attributes["run"] = self.options.run
        if self.options.ballast > 0 {
            span.attributes["ballast"] = Self.randomText(self.options.ballast)
        }
        if sequence == self.options.oversize {
            for number in 0..<20 { span.attributes["large.\(number)"] = Self.randomText(8_000) }
        }
        if self.options.spanMilliseconds > 0 {
            try? await Task.sleep(for: .milliseconds(self.options.spanMilliseconds))
        }
        span.end()
        self.sayProgress("s", sequence)
    }

    private func recordLog() {
        let sequence = self.state.nextLog()
        var metadata: Logger.Metadata = ["seq": "\(sequence)", "run": "\(self.options.run)"]
        if self.options.ballast > 0 {
            metadata["ballast"] = "\(Self.randomText(self.options.ballast))"
        }
        self.logger.info("chaos", metadata: metadata)
        self.sayProgress("l", sequence)
    }

    private func sayProgress(_ signal: String, _ sequence: Int) {
        if self.options.saysProgress { say("\(signal) \(sequence) \(MonotonicTime.now)") }
    }

    private func deliverWhatWaits() async {
        guard self.options.linger > 0 else { return }
        let end = ContinuousClock.now + .seconds(self.options.linger)
        if self.options.awaited == nil {
            // Else it would wait for those that are not awaited, too.
            await self.telemetry.forceFlush(.seconds(self.options.linger))
        }
        var round = 0
        while ContinuousClock.now < end {
            let health = await self.telemetry.health
            if let awaited = self.options.awaited {
                let isDone = awaited.compactMap { health.destinations[$0] }.allSatisfy {
                    $0.books.pending == 0 && $0.books.stored == 0
                }
                if isDone { return }
                try? await Task.sleep(for: .milliseconds(50))
                continue
            }
            let stored = health.destinations.values.reduce(0) { $0 + $1.storedPayloads }
            // The pipeline may not have looked into its folder yet.
            let listed = self.options.storage.map { (try? OfflineStorage.list($0).count) ?? 0 } ?? 0
            if health.total.pending == 0, health.total.stored == 0, stored == 0, listed == 0 {
                return
            }
            if self.options.nudges, round % 5 == 4 { await self.recordSpan() }
            round += 1
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    private static func credential(failing failures: Int) -> ClosureCredential {
        let calls = Mutex(0)
        return ClosureCredential { _ in
            let call = calls.withLock { calls in
                calls += 1
                return calls
            }
            if call <= failures {
                throw CredentialError(code: .failed, credential: "chaos", message: "Not yet.")
            }
            let expiry = Int64(Date().timeIntervalSince1970) + 3_600
            return AccessToken(token: "token-\(call)", expiresOn: expiry)
        }
    }

    private static func credential(failingFor outage: Duration) -> ClosureCredential {
        let start = ContinuousClock.now
        return ClosureCredential { _ in
            guard ContinuousClock.now - start >= outage else {
                throw CredentialError(code: .failed, credential: "chaos", message: "Not yet.")
            }
            let expiry = Int64(Date().timeIntervalSince1970) + 3_600
            return AccessToken(token: "token", expiresOn: expiry)
        }
    }

    /// Text that no compression makes much shorter.
    private static func randomText(_ count: Int) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-".utf8)
        var generator = SystemRandomNumberGenerator()
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while bytes.count < count {
            var random = generator.next()
            for _ in 0..<min(10, count - bytes.count) {
                bytes.append(digits[Int(random & 63)])
                random >>= 6
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// What stands beside the pipeline in a service group: works, then waits for the end.
private struct EmitterService: Service {
    let emitter: Emitter

    func run() async throws {
        try await withGracefulShutdownHandler {
            await self.emitter.work()
            try await gracefulShutdown()
        } onGracefulShutdown: {
            self.emitter.stopWasAsked()
        }
    }
}

/// What a child process has done so far.
private final class EmitterState: Sendable {
    private struct Counts {
        var spans = 0
        var logs = 0
        var stopAsked: StopWish?
    }

    /// When the end was wished for, and how long threads had stood in line by then.
    struct StopWish {
        let moment: ContinuousClock.Instant
        let queue: ProcessorQueue
    }

    private let counts = Mutex(Counts())

    var spans: Int { self.counts.withLock { $0.spans } }
    var logs: Int { self.counts.withLock { $0.logs } }
    var stopAsked: StopWish? { self.counts.withLock { $0.stopAsked } }

    func nextSpan() -> Int {
        self.counts.withLock { counts in
            counts.spans += 1
            return counts.spans - 1
        }
    }

    func nextLog() -> Int {
        self.counts.withLock { counts in
            counts.logs += 1
            return counts.logs - 1
        }
    }

    func stop() {
        let wish = StopWish(moment: .now, queue: .now)
        self.counts.withLock { counts in
            if counts.stopAsked == nil { counts.stopAsked = wish }
        }
    }
}
