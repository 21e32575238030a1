import TelemetryModel
import TelemetryTesting
import Testing

@testable import TelemetryEngine

@Suite("Sending what offline storage holds", .timeLimit(.minutes(10)))
struct StorageSendingTests {
    private let fixture: StorageFixture

    init() throws {
        self.fixture = try StorageFixture()
    }

    /// Stores payloads of so many items each, a second apart, and moves on.
    private func store(_ items: [Int]) async {
        let storage = self.fixture.storage(run: 7)
        for count in items {
            _ = await storage.store(.sample("\(count)", records: count))
            self.fixture.time.advance(bySeconds: 1)
        }
        await storage.close()
    }

    private func send(
        by exporter: InMemoryExporter
    ) async throws -> OfflineStorage.Delivery {
        try await OfflineStorage.send(
            self.fixture.directory.path,
            by: [self.fixture.destination: exporter],
            time: self.fixture.time.source
        )
    }

    private var entries: [OfflineStorage.Entry] {
        get throws { try OfflineStorage.list(self.fixture.directory.path) }
    }

    private static func failure(_ kind: DeliveryFailure.Kind) -> DeliveryOutcome {
        .failed(DeliveryFailure(kind: kind, explanation: "\(kind)"))
    }

    @Test("each payload is tried once, oldest first")
    func inOrder() async throws {
        await self.store([1, 2, 3])
        let exporter = InMemoryExporter()
        let delivery = try await self.send(by: exporter)
        #expect(exporter.sent.map(\.text) == ["1", "2", "3"])
        #expect(delivery.delivered == 6)
        #expect(delivery.left == 0)
        #expect(delivery.dropped.isEmpty)
        #expect(self.fixture.directory.files.isEmpty)
    }

    @Test("an empty or missing directory is delivered already")
    func nothing() async throws {
        let exporter = InMemoryExporter()
        #expect(try await self.send(by: exporter) == OfflineStorage.Delivery())
        let missing = try await OfflineStorage.send("/tmp/no-such-directory-here", by: [:])
        #expect(missing == OfflineStorage.Delivery())
    }

    @Test(
        "what says that nobody listens ends the tries and leaves every payload as it was",
        arguments: [
            ([failure(.network)], 1), ([failure(.throttled)], 1), ([failure(.quota)], 1),
            ([failure(.authentication)], 1),
            ([failure(.server), failure(.server), failure(.server)], 3),
        ]
    )
    func outage(outcomes: [DeliveryOutcome], tries: Int) async throws {
        await self.store([1, 2, 3, 4])
        let before = self.fixture.directory.files.map {
            TestFile.read("\(self.fixture.directory.folder)/\($0)")
        }
        let exporter = InMemoryExporter(outcomes: outcomes)
        let delivery = try await self.send(by: exporter)
        #expect(exporter.sent.count == tries)
        #expect(delivery.delivered == 0)
        #expect(delivery.left == 10)
        #expect(delivery.dropped.isEmpty)
        #expect(delivery.explanations.count == 1)
        let after = self.fixture.directory.files.map {
            TestFile.read("\(self.fixture.directory.folder)/\($0)")
        }
        #expect(before == after)
        #expect(try self.entries.allSatisfy { !$0.isHeld })
    }

    @Test("a payload that alone is refused for now counts an attempt, and is not tried again")
    func blame() async throws {
        await self.store([1, 2, 3])
        let exporter = InMemoryExporter(outcomes: [Self.failure(.server)])
        let delivery = try await self.send(by: exporter)
        #expect(exporter.sent.count == 3)
        #expect(delivery.delivered == 5)
        #expect(delivery.left == 1)
        #expect(try self.entries.map(\.attempts) == [1])
    }

    @Test("an outage that begins after a success is still no fault of the payloads")
    func outageAfterSuccess() async throws {
        await self.store([1, 2, 3, 4, 5])
        let exporter = InMemoryExporter(
            outcomes: [.accepted] + Array(repeating: Self.failure(.server), count: 3)
        )
        let delivery = try await self.send(by: exporter)
        #expect(exporter.sent.count == 4)
        #expect(delivery.left == 14)
        #expect(try self.entries.map(\.attempts) == [0, 0, 0, 0])
    }

    @Test("every item is delivered, dropped for its reason, or left")
    func sums() async throws {
        await self.store([4, 2, 8])
        let exporter = InMemoryExporter(outcomes: [
            .partiallyAccepted([
                ItemRefusal(item: 1, verdict: .drop(.rejected)),
                ItemRefusal(item: 2, verdict: .retry),
            ]),
            .refused(.rejected, explanation: "no"),
            .payloadTooLarge, .accepted, .refused(.tooLarge, explanation: "large"),
        ])
        let delivery = try await self.send(by: exporter)
        #expect(exporter.sent.map(\.recordCount) == [4, 2, 8, 4, 4])
        #expect(delivery.delivered == 2 + 4)
        #expect(delivery.dropped == [.rejected: 3, .tooLarge: 4])
        #expect(delivery.left == 1)
        #expect(try self.entries.map(\.items) == [1])
        #expect(
            try self.entries.map(\.created.nanosecondsSinceEpoch) == [1_700_000_000_000_000_000]
        )
    }

    @Test("what was damaged goes, and is counted")
    func damaged() async throws {
        await self.store([3, 2])
        let file = "\(self.fixture.directory.folder)/\(self.fixture.directory.files[0])"
        var bytes = TestFile.read(file)
        bytes[bytes.count - 1] ^= 1
        TestFile.write(bytes, to: file)
        let delivery = try await self.send(by: InMemoryExporter())
        #expect(delivery.delivered == 2)
        #expect(delivery.dropped == [.storageFailed: 3])
        #expect(delivery.left == 0)
    }

    @Test("payloads of a destination that nobody sends to stay")
    func stranger() async throws {
        await self.store([3])
        let delivery = try await OfflineStorage.send(self.fixture.directory.path, by: [:])
        #expect(delivery.left == 3)
        #expect(delivery.delivered == 0)
    }

    @Test("what somebody holds is waited for, and sent if they let go of it")
    func held() async throws {
        await self.store([1, 2])
        let other = self.fixture.storage(run: 8)
        let lease = try #require(await other.lease())
        let looks = Locked(0)
        let source = self.fixture.time.source
        let time = TimeSource(
            wallNow: source.wallNow,
            monotonicNow: source.monotonicNow,
            sleep: { _ in
                let isThird = looks.withLock { count in
                    count += 1
                    return count == 3
                }
                if isThird { _ = await other.release(lease.id, countsAttempt: false) }
            }
        )
        let exporter = InMemoryExporter()
        let delivery = try await OfflineStorage.send(
            self.fixture.directory.path,
            by: [self.fixture.destination: exporter],
            time: time
        )
        #expect(exporter.sent.map(\.text) == ["2", "1"])
        #expect(delivery.delivered == 3)
        #expect(delivery.left == 0)
        #expect(looks.withLock { $0 } == 3)
        await other.close()
    }

    @Test("what somebody never lets go of is left after a minute")
    func heldForever() async throws {
        await self.store([5])
        let other = self.fixture.storage(run: 8)
        _ = await other.lease()
        let slept = Locked(Duration.zero)
        let source = self.fixture.time.source
        let time = TimeSource(
            wallNow: source.wallNow,
            monotonicNow: source.monotonicNow,
            sleep: { duration in slept.withLock { $0 += duration } }
        )
        let delivery = try await OfflineStorage.send(
            self.fixture.directory.path,
            by: [self.fixture.destination: InMemoryExporter()],
            time: time
        )
        #expect(delivery.left == 5)
        #expect(delivery.explanations.count == 1)
        #expect(slept.withLock { $0 } == .seconds(60))
        await other.close()
    }
}
