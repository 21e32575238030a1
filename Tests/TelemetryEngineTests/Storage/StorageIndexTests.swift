import Testing

@testable import TelemetryEngine

@Suite("Storage index")
struct StorageIndexTests {
    private let second: UInt64 = 1_000_000_000
    private let start: UInt64 = 1_000_000_000_000
    private let facts = StorageIndex.Facts(records: 1, items: 1, isOwn: true)

    private func id(_ created: UInt64) -> StoredPayloadID {
        StoredPayloadID(created: created, random: 7)
    }

    private func index(
        maximumSize: Int = 1_000,
        retention: Duration = .seconds(60),
        attempts: Int = 3
    ) -> StorageIndex {
        var configuration = StorageConfiguration()
        configuration.maximumSize = maximumSize
        configuration.retention = retention
        configuration.maximumAttempts = attempts
        return StorageIndex(configuration)
    }

    private func filled(_ created: [UInt64]) -> StorageIndex {
        var index = self.index()
        for created in created {
            index.stored(
                self.id(created),
                size: 100,
                facts: self.facts,
                isLeased: false,
                at: self.start
            )
        }
        return index
    }

    @Test("The oldest goes first, in whatever order payloads came")
    func oldestFirst() {
        var index = self.filled([30, 10, 40, 20])
        var order: [UInt64] = []
        while let next = index.nextToLease(at: self.start) {
            order.append(next.created)
            index.removed(next)
        }
        #expect(order == [10, 20, 30, 40])
        #expect(index.totalSize == 0)
        #expect(index.count == 0)
    }

    @Test("A leased payload is neither leased again nor evicted, nor does it expire")
    func leasedIsSafe() {
        var index = self.filled([10, 20])
        index.leased(self.id(10), holder: nil)
        #expect(index.nextToLease(at: self.start) == self.id(20))
        #expect(index.nextToEvict(at: self.start) == self.id(20))
        #expect(index.expired(at: self.start + 3_600 * self.second) == [self.id(20)])
    }

    @Test("A payload that another process holds is left alone for a moment")
    func heldElsewhere() {
        var index = self.filled([10, 20])
        index.wasHeldElsewhere(self.id(10), at: self.start)
        #expect(index.nextToLease(at: self.start) == self.id(20))
        #expect(index.nextToEvict(at: self.start) == self.id(20))
        #expect(index.heldCount(at: self.start) == 1)
        #expect(index.nextToLease(at: self.start + StorageIndex.patience) == self.id(10))
        index.forgetHolders()
        #expect(index.nextToLease(at: self.start) == self.id(10))
    }

    @Test("A refused payload lets others go first, longer each time, up to a minute")
    func refusedRests() {
        var index = self.index(attempts: 100)
        index.stored(self.id(1), size: 1, facts: self.facts, isLeased: true, at: self.start)
        for (attempts, rest) in [(1, 1), (2, 2), (4, 8), (7, 60), (60, 60)] as [(Int, UInt64)] {
            let verdict = index.released(
                self.id(1),
                attempts: attempts,
                rests: true,
                at: self.start
            )
            #expect(verdict == .keep)
            #expect(index.nextToLease(at: self.start + rest * self.second - 1) == nil)
            #expect(index.nextToLease(at: self.start + rest * self.second) == self.id(1))
            #expect(index.nextToEvict(at: self.start) == self.id(1))
        }
    }

    @Test("A payload is given up with its last attempt")
    func attempts() {
        var index = self.filled([10])
        #expect(
            index.released(self.id(10), attempts: 2, rests: true, at: self.start) == .keep
        )
        #expect(
            index.released(self.id(10), attempts: 3, rests: true, at: self.start) == .giveUp
        )
    }

    @Test("Room is what the quota leaves, and a payload may take the place of another")
    func room() {
        var index = self.filled([1, 2, 3, 4, 5, 6, 7, 8, 9])
        #expect(index.hasRoom(for: 100))
        #expect(!index.hasRoom(for: 101))
        #expect(index.hasRoom(for: 200, instead: self.id(3)))
        #expect(index.mayEverHold(1_000))
        #expect(!index.mayEverHold(1_001))
        index.replaced(self.id(3), size: 10, facts: self.facts)
        #expect(index.totalSize == 810)
    }

    @Test("Age is what the wall clock said at first and grows by the monotonic clock")
    func age() {
        var index = self.index()
        index.found(self.id(1), size: 1, holder: nil, age: 59 * self.second, at: self.start)
        index.found(self.id(2), size: 1, holder: nil, age: 0, at: self.start)
        #expect(index.expired(at: self.start).isEmpty)
        #expect(index.expired(at: self.start - 1).isEmpty)
        #expect(index.expired(at: self.start + self.second) == [self.id(1)])
        #expect(index.expired(at: self.start + 60 * self.second) == [self.id(1), self.id(2)])
    }

    @Test("Reading the folder forgets what others took, but no lease")
    func retain() {
        var index = self.filled([10, 20, 30])
        index.leased(self.id(20), holder: nil)
        index.retain([self.id(30)])
        #expect(Array(index.ids) == [self.id(20), self.id(30)])
        #expect(index.totalSize == 200)
    }

    @Test("A stranger is not counted and not found again")
    func stranger() {
        var index = self.filled([10])
        index.isStranger(self.id(10))
        #expect(!index.isNews(self.id(10), holder: nil))
        index.found(self.id(10), size: 5, holder: nil, age: 0, at: self.start)
        #expect(index.count == 0)
        #expect(index.totalSize == 0)
    }

    @Test(
        "Limits without sense do no harm",
        arguments: [Duration.seconds(-1), .seconds(Int64.max)]
    )
    func limits(retention: Duration) {
        var index = self.index(maximumSize: -1, retention: retention, attempts: 0)
        #expect(!index.hasRoom(for: 1))
        index.found(self.id(1), size: 1, holder: nil, age: .max, at: self.start)
        _ = index.expired(at: self.start + self.second)
        #expect(index.released(self.id(1), attempts: 1, rests: true, at: 0) == .giveUp)
    }
}
