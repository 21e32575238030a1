import TelemetryEngine
import TelemetryTesting
import Testing

/// A record that costs what it says.
private struct Note: ChargedRecord {
    var number: Int
    var producer = 0
    var charge = 1
    var estimatedCharge: Int { self.charge }
    func measuredCharge() -> Int { self.charge }
}

/// A record that tells when it is gone.
private final class Tracked: ChargedRecord {
    let number: Int
    let released: @Sendable (Int) -> Void
    init(_ number: Int, released: @escaping @Sendable (Int) -> Void) {
        self.number = number
        self.released = released
    }
    deinit { self.released(self.number) }
    var estimatedCharge: Int { 1 }
    func measuredCharge() -> Int { 1 }
}

@Suite(.timeLimit(.minutes(10)))
struct RecordChannelTests {
    private func channel(
        chunk: Int = 4,
        records: Int = 16,
        bytes: Int = 1_000,
        overflow: OverflowPolicy = .dropNewest
    ) -> RecordChannel<Note> {
        RecordChannel(
            configuration: ChannelConfiguration(
                chunkSize: chunk,
                maximumRecords: records,
                maximumBytes: bytes,
                overflow: overflow
            )
        )
    }

    private func rest(of channel: RecordChannel<Note>) async -> [Int] {
        var numbers: [Int] = []
        for await chunk in channel.chunks {
            numbers += chunk.records.map(\.number)
            channel.recycle(chunk)
        }
        return numbers
    }

    @Test func fullChunkIsHandedOverAtOnce() async {
        let channel = self.channel()
        for number in 0..<5 { channel.send(Note(number: number)) }
        let chunk = await channel.chunks.next()
        #expect(chunk?.records.map(\.number) == [0, 1, 2, 3])
        #expect(chunk?.closing == .full)
        #expect(channel.counts.waiting == 1)
    }

    @Test func sealedChannelDeliversWhatItHasAndEnds() async {
        let channel = self.channel()
        for number in 0..<6 { channel.send(Note(number: number)) }
        channel.seal()
        #expect(await self.rest(of: channel) == [0, 1, 2, 3, 4, 5])
        #expect(await channel.chunks.next() == nil)
    }

    @Test func recordsAfterTheSealAreCounted() async {
        let channel = self.channel()
        channel.seal()
        channel.send(Note(number: 1))
        #expect(channel.counts.offered == 1)
        #expect(channel.counts.dropped == [.shutdown: 1])
        #expect(await channel.chunks.next() == nil)
    }

    @Test func newestIsDroppedWhenThereAreTooManyRecords() async {
        let channel = self.channel(records: 8)
        for number in 0..<11 { channel.send(Note(number: number)) }
        #expect(channel.counts.dropped == [.queueFull: 3])
        #expect(channel.counts.waiting == 8)
        channel.seal()
        #expect(await self.rest(of: channel) == Array(0..<8))
    }

    @Test func oldestChunkIsDroppedIfToldSo() async {
        let channel = self.channel(records: 8, overflow: .dropOldest)
        for number in 0..<10 { channel.send(Note(number: number)) }
        #expect(channel.counts.dropped == [.queueFull: 4])
        channel.seal()
        #expect(await self.rest(of: channel) == Array(4..<10))
    }

    @Test func bytesAreBounded() async {
        let channel = self.channel(chunk: 100, records: 100, bytes: 50)
        for number in 0..<10 { channel.send(Note(number: number, charge: 20)) }
        #expect(channel.counts.waiting == 2)
        #expect(channel.counts.waitingBytes == 40)
        #expect(channel.counts.dropped == [.queueFull: 8])
    }

    @Test func recordLargerThanTheChannelPassesAlone() async {
        let channel = self.channel(bytes: 50)
        channel.send(Note(number: 1, charge: 1_000))
        channel.send(Note(number: 2, charge: 1))
        channel.flush()
        #expect(await channel.chunks.next()?.records.map(\.number) == [1])
        #expect(channel.counts.dropped == [.queueFull: 1])
    }

    @Test func lingerClosesWhatIsOpen() async {
        let channel = self.channel()
        let time = ManualTime()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await channel.runLinger(.seconds(1), time: time.source) }
            channel.send(Note(number: 1))
            await time.waitForSleepers(1)
            channel.send(Note(number: 2))
            time.advance(by: .seconds(1))
            let chunk = await channel.chunks.next()
            #expect(chunk?.records.map(\.number) == [1, 2])
            #expect(chunk?.closing == .linger)
            channel.seal()
            await group.waitForAll()
        }
    }

    @Test func lingerTaskSleepsOnlyWhileThereAreRecords() async {
        let channel = self.channel()
        let time = ManualTime()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await channel.runLinger(.seconds(1), time: time.source) }
            channel.send(Note(number: 1))
            await time.waitForSleepers(1)
            time.advance(by: .seconds(1))
            _ = await channel.chunks.next()
            #expect(time.sleeperCount == 0)
            group.cancelAll()
            await group.waitForAll()
        }
    }

    @Test func cancelledConsumerLosesNothing() async {
        let channel = self.channel()
        channel.send(Note(number: 1))
        let consumer = Task { await channel.chunks.next() }
        consumer.cancel()
        channel.flush()
        #expect(await consumer.value?.records.map(\.number) == [1])
        channel.send(Note(number: 2))
        channel.seal()
        #expect(await self.rest(of: channel) == [2])
    }

    @Test func flushWaitsUntilTheConsumerIsDone() async {
        let channel = self.channel()
        for number in 0..<6 { channel.send(Note(number: number)) }
        let finished = Gate()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await channel.flushAndWait()
                finished.open()
            }
            let first = await channel.chunks.next()
            #expect(!finished.isOpen)
            let second = await channel.chunks.next()
            if let first { channel.recycle(first) }
            #expect(!finished.isOpen)
            if let second { channel.recycle(second) }
            await finished.wait()
        }
        await channel.flushAndWait()
    }

    @Test func abandonedRecordsAreCounted() {
        let channel = self.channel()
        for number in 0..<6 { channel.send(Note(number: number)) }
        channel.seal()
        #expect(channel.abandon(.shutdown) == 6)
        #expect(channel.counts.dropped == [.shutdown: 6])
        #expect(channel.counts.waiting == 0)
    }

    @Test func roomIsGivenWhenTheConsumerTakesAChunk() async {
        let channel = self.channel(chunk: 4, records: 8)
        for number in 0..<8 { channel.send(Note(number: number)) }
        let roomy = Gate()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await channel.room(for: 1)
                roomy.open()
            }
            while let chunk = await channel.chunks.next() {
                channel.recycle(chunk)
                if channel.counts.waiting == 0 { break }
            }
            await roomy.wait()
            await group.waitForAll()
        }
        #expect(channel.counts.dropped.isEmpty)
    }

    @Test func waitingForRoomEndsWithTheTaskAndWithTheChannel() async {
        let channel = self.channel(chunk: 4, records: 8)
        for number in 0..<8 { channel.send(Note(number: number)) }
        let cancelled = Task { await channel.room(for: 1) }
        cancelled.cancel()
        await cancelled.value
        async let sealed: Void = channel.room(for: 1)
        channel.seal()
        await sealed
    }

    @Test func spentRecordsAreReleasedAtTheLatestWithTheSeal() async {
        let released = Locked<Set<Int>>([])
        let channel = RecordChannel<Tracked>(
            configuration: ChannelConfiguration(chunkSize: 2, maximumRecords: 8)
        )
        for number in 0..<4 {
            channel.send(Tracked(number) { id in released.withLock { _ = $0.insert(id) } })
        }
        for _ in 0..<2 {
            if let chunk = await channel.chunks.next() { channel.recycle(chunk) }
        }
        channel.seal()
        #expect(released.withLock { $0 } == [0, 1, 2, 3])
    }

    @Test func evictionDoesNotEndAFlushThatTheConsumerStillWorksFor() async {
        let channel = self.channel(chunk: 2, records: 4, overflow: .dropOldest)
        for number in 0..<4 { channel.send(Note(number: number)) }
        guard let first = await channel.chunks.next() else { return }
        let isFlushed = Gate()
        async let flush: Void = {
            await channel.flushAndWait()
            isFlushed.open()
        }()
        while channel.flushCount == 0 { await Task.yield() }
        // Everything behind the chunk that the consumer has is evicted, and more.
        for number in 4..<20 { channel.send(Note(number: number)) }
        for _ in 0..<100 { await Task.yield() }
        #expect(!isFlushed.isOpen)
        channel.recycle(first)
        await flush
        #expect(isFlushed.isOpen)
    }

    /// Nothing is lost or doubled, and each producer's records keep their order, while many
    /// produce, others flush and the channel is sealed in mid-flight.
    @Test(arguments: [1, 2, 8])
    func everyRecordArrivesOnceOrIsCounted(producers: Int) async {
        let perProducer = 20_000
        let channel = self.channel(chunk: 64, records: 1_024, bytes: 1 << 20)
        let arrived = await withTaskGroup(of: Void.self) { group in
            for producer in 0..<producers {
                group.addTask {
                    for number in 0..<perProducer {
                        channel.send(Note(number: number, producer: producer))
                        if number % 4_096 == 0 { channel.flush() }
                    }
                }
            }
            async let arrived = self.consume(channel)
            await group.waitForAll()
            channel.seal()
            return await arrived
        }
        let counts = channel.counts
        #expect(counts.offered == UInt64(producers * perProducer))
        let dropped = counts.dropped.values.reduce(0, +)
        #expect(UInt64(arrived.values.reduce(0) { $0 + $1.count }) + dropped == counts.offered)
        for numbers in arrived.values {
            #expect(zip(numbers, numbers.dropFirst()).allSatisfy(<))
        }
    }

    @Test func producersThatWaitForRoomLoseNothing() async {
        let channel = self.channel(chunk: 32, records: 128, bytes: 1 << 20)
        let arrived = await withTaskGroup(of: Void.self) { group in
            for producer in 0..<4 {
                group.addTask {
                    for number in 0..<5_000 {
                        await channel.room(for: 1)
                        channel.send(Note(number: number, producer: producer))
                    }
                }
            }
            async let arrived = self.consume(channel)
            await group.waitForAll()
            channel.seal()
            return await arrived
        }
        #expect(channel.counts.dropped.isEmpty)
        #expect(arrived.values.allSatisfy { $0 == Array(0..<5_000) })
    }

    private func consume(_ channel: RecordChannel<Note>) async -> [Int: [Int]] {
        var arrived: [Int: [Int]] = [:]
        for await chunk in channel.chunks {
            for note in chunk.records { arrived[note.producer, default: []].append(note.number) }
            channel.recycle(chunk)
        }
        return arrived
    }
}
