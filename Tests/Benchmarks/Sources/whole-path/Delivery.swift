import AzureMonitor
import Logging
import Workload

/// A pipeline that runs, and producers that fill it.
struct Delivery {
    private let count: Int
    private let producers: Int
    private let telemetry: Telemetry

    /// Bootstraps the distribution as a program would.
    init(_ arguments: Arguments) throws {
        self.count = arguments.number("count", default: 500_000)
        self.producers = arguments.number("producers", default: 2)
        self.telemetry = try AzureMonitor.bootstrap(arguments.configuration)
    }

    /// Spans whose producers wait for room, until all are delivered.
    func measureSpans() async throws {
        try await self.running {
            await self.makeSpans(Self.warmUp)
            var calls = 0
            let usage = await Usage.of { calls = await self.makeSpans(self.count) }
            usage.report(per: self.count)
            Output.figure("recording_ns", Double(calls) / Double(self.count))
        }
        await self.reportBooks(accepted: self.count + Self.warmUp)
    }

    /// Log records whose producers wait for room, until all are delivered.
    func measureLogRecords() async throws {
        try await self.running {
            await self.makeLogRecords(Self.warmUp)
            let usage = await Usage.of { await self.makeLogRecords(self.count) }
            usage.report(per: self.count)
        }
        await self.reportBooks(accepted: self.count + Self.warmUp)
    }

    /// Spans whose producer waits for nothing, while the server never answers.
    func measureRecordingWithoutRoom() async throws {
        try await self.running {
            // Whatever is made once is made before, and not counted as growth.
            for sequence in 0..<Self.warmUp { Work.span(sequence) }
            let before = ProcessMemory.current
            let calls = Self.time { for sequence in 0..<self.count { Work.span(sequence) } }
            Output.figure("recording_ns", Double(calls) / Double(self.count))
            Output.figure("growth_mb", Double(ProcessMemory.current.peak - before.resident) / 1e6)
        }
        let health = await self.telemetry.health
        let books = health.total
        guard books.accepted == UInt64(self.count + Self.warmUp), books.pending == 0 else {
            fail("not every span is accounted for: \(books)")
        }
        Output.figure("dropped", Double(books.droppedCount))
        Output.figure("stored", Double(books.stored))
        Output.figure("peak_mb", Double(ProcessMemory.current.peak) / 1e6)
    }

    /// Ten thousand spans, then ten times as many, and so on, in one process.
    func measureGrowth() async throws {
        var made = Self.warmUp
        try await self.running {
            await self.makeSpans(Self.warmUp)
            var count = 10_000
            while count <= self.count {
                // Few spans are measured several times: one run would be all noise.
                let repetitions = max(1, 300_000 / count)
                let usage = await Usage.of {
                    for _ in 0..<repetitions { await self.makeSpans(count) }
                }
                made += count * repetitions
                let resident = Double(ProcessMemory.current.resident) / 1e6
                Output.figure(
                    "cpu_us_at_\(count)",
                    usage.processor / Double(count * repetitions) / 1e3
                )
                Output.figure("resident_mb_at_\(count)", resident)
                count *= 10
            }
        }
        await self.reportBooks(accepted: made)
    }
}

extension Delivery {
    /// Connections are open and caches filled before anything is measured.
    private static let warmUp = 32_768

    private func running(_ body: @escaping () async -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.telemetry.run() }
            await body()
            await self.telemetry.shutdown()
            try await group.waitForAll()
        }
    }

    /// Makes spans, and returns when they are delivered.
    ///
    /// - Returns: the processor time, in nanoseconds, that the calls themselves took.
    @discardableResult
    private func makeSpans(_ count: Int) async -> Int {
        await self.produce(count) { range in
            await self.telemetry.roomForSpans(range.count)
            return Self.time { for sequence in range { Work.span(sequence) } }
        }
    }

    /// Makes log records, and returns when they are delivered.
    @discardableResult
    private func makeLogRecords(_ count: Int) async -> Int {
        let logger = Logger(label: "benchmark")
        return await self.produce(count) { range in
            await self.telemetry.roomForLogRecords(range.count)
            return Self.time { for sequence in range { Work.logRecord(sequence, logger) } }
        }
    }

    /// Lets producers make records, a stride at a time, and returns when all are delivered.
    private func produce(
        _ count: Int,
        _ make: @escaping @Sendable (Range<Int>) async -> Int
    ) async -> Int {
        let calls = await withTaskGroup(of: Int.self) { group in
            let share = count / self.producers
            for producer in 0..<self.producers {
                let first = producer * share
                let last = producer == self.producers - 1 ? count : first + share
                group.addTask {
                    var calls = 0
                    for start in stride(from: first, to: last, by: Work.stride) {
                        calls += await make(start..<min(start + Work.stride, last))
                    }
                    return calls
                }
            }
            return await group.reduce(0, +)
        }
        await self.telemetry.forceFlush(.seconds(60))
        return calls
    }

    /// The processor time of this thread that something takes.
    private static func time(_ body: () -> Void) -> Int {
        let start = Clocks.thread
        body()
        return Clocks.thread - start
    }

    /// Says what became of everything, or that something was lost.
    private func reportBooks(accepted: Int) async {
        let books = await self.telemetry.health.total
        guard books.accepted == UInt64(accepted), books.exported == books.accepted else {
            fail("not everything was delivered: \(books)")
        }
        Output.figure("peak_mb", Double(ProcessMemory.current.peak) / 1e6)
    }
}

/// What something took.
struct Usage {
    /// Processor time of the process, in nanoseconds.
    var processor: Double
    /// Time that passed, in nanoseconds.
    var wall: Double

    static func of(_ body: () async -> Void) async -> Usage {
        let processor = Clocks.process
        let wall = Clocks.wall
        await body()
        return Usage(
            processor: Double(Clocks.process - processor),
            wall: Double(Clocks.wall - wall)
        )
    }

    func report(per count: Int) {
        Output.figure("cpu_us", self.processor / Double(count) / 1e3)
        Output.figure("per_second", Double(count) / self.wall * 1e9)
    }
}
