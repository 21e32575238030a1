import Synchronization
import Testing

@testable import TelemetryEngine

@Suite struct StripesTests {
    private final class Word: Sendable {
        let word = StripedWord()
    }

    @Test func drainTakesTheWordAndItsStripes() {
        let word = StripedWord()
        #expect(word.updateAlone { $0 + 1 })
        word.updateStripe { $0 + 2 }
        // From now on the word itself is left alone.
        #expect(!word.updateAlone { $0 + 100 })
        word.updateStripe { $0 + 4 }
        #expect(word.drain(+) == 7)
        #expect(word.drain(+) == 0)
    }

    @Test func additionSaysWhatWasThereUntilThereAreStripes() {
        let word = StripedWord()
        #expect(word.addAlone(3) == 0)
        #expect(word.addAlone(4) == 3)
        word.limit(to: 5)
        #expect(word.addAlone(1) == 5)
        word.updateStripe { $0 + 2 }
        #expect(word.addAlone(100) == nil)
        #expect(word.drain(+) == 8)
    }

    @Test func threadsThatAddAtOnceLoseNothing() {
        let box = Word()
        let total = Total()
        // Until they are seen to meet, which depends on the machine.
        onThreads(2) { _ in
            var count: UInt64 = 0
            while count < 1_000_000, let old = box.word.addAlone(1) {
                count += 1
                if StripedWord.isTimeToLook(at: old) { box.word.lookForOthers() }
            }
            total.sum.wrappingAdd(count, ordering: .relaxed)
        }
        #expect(box.word.drain(+) == total.sum.load(ordering: .relaxed))
    }

    @Test func drainTakesTheDistributionAndItsStripes() {
        let histogram = StripedHistogram(ExplicitHistogram(bounds: [1, 2]))
        #expect(histogram.drain() == nil)
        histogram.record(1)
        histogram.recordIntoStripe(2)
        histogram.record(3)
        let drained = histogram.drain()
        #expect(drained?.bucketCounts == [1, 1, 1])
        #expect(drained?.summary.sum == 6)
        #expect(histogram.drain() == nil)
        histogram.record(5)
        #expect(histogram.drain()?.bucketCounts == [0, 0, 1])
    }

    @Test func distributionThatSomebodyHoldsIsNotWaitedFor() {
        let locked = Locked(0)
        let inner = locked.withLock { _ in
            locked.withLockIfAvailable { $0 + 1 }
        }
        #expect(inner == nil)
        #expect(locked.withLockIfAvailable { $0 + 1 } == 1)
    }

    @Test func threadKeepsItsNumber() {
        let box = Numbers()
        onThreads(ThreadStripe.count) { _ in
            let number = ThreadStripe.shared.current
            let again = ThreadStripe.shared.current
            box.numbers.withLock { $0 += number == again ? [number] : [-1] }
        }
        let range = 0..<ThreadStripe.count
        #expect(box.numbers.withLock { $0.allSatisfy(range.contains) })
    }

    private final class Numbers: Sendable {
        let numbers = Locked<[Int]>([])
    }

    @Test(arguments: [false, true])
    func drainingLosesNothingThatIsAdded(isStriped: Bool) {
        let box = Word()
        if isStriped { box.word.updateStripe { $0 } }
        let total = Total()
        let rounds: UInt64 = 200_000
        onThreads(2) { number in
            if number == 0 {
                for _ in 0..<rounds where !box.word.updateAlone({ $0 + 1 }) {
                    box.word.updateStripe { $0 + 1 }
                }
                total.isDone.store(true, ordering: .releasing)
            } else {
                while !total.isDone.load(ordering: .acquiring) {
                    total.sum.wrappingAdd(box.word.drain(+), ordering: .relaxed)
                }
            }
        }
        let rest = box.word.drain(+)
        #expect(total.sum.load(ordering: .relaxed) + rest == rounds)
    }

    private final class Total: Sendable {
        let sum = Atomic<UInt64>(0)
        let isDone = Atomic<Bool>(false)
    }
}
