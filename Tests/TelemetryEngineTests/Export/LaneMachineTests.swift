import TelemetryEngine
import Testing

struct LaneMachineTests {
    @Test func isFullWhenAsManyWaitAsMay() {
        var lane = LaneMachine(maximumUnderWay: 1, maximumWaiting: 2)
        _ = lane.submitted()
        #expect(!lane.isFull)
        _ = lane.submitted()
        #expect(lane.isFull)
        _ = lane.takeNext()
        #expect(!lane.isFull)
    }

    @Test func batchesAreTakenInOrder() {
        var lane = LaneMachine()
        let first = lane.submitted()
        let second = lane.submitted()
        #expect(lane.takeNext() == first)
        #expect(lane.takeNext() == second)
        #expect(lane.takeNext() == nil)
    }

    @Test func settledMeansEveryEarlierBatchToo() {
        var lane = LaneMachine()
        let first = lane.submitted()
        let second = lane.submitted()
        _ = lane.takeNext()
        _ = lane.takeNext()
        lane.settled(second)
        #expect(!lane.isSettled(upTo: second))
        #expect(!lane.isSettled(upTo: first))
        lane.settled(first)
        #expect(lane.isSettled(upTo: second))
        #expect(lane.isSettled(upTo: 0))
    }

    @Test func laterBatchesDoNotKeepAFlushWaiting() {
        var lane = LaneMachine()
        let first = lane.submitted()
        let target = lane.lastSubmitted
        _ = lane.submitted()
        _ = lane.takeNext()
        lane.settled(first)
        #expect(lane.isSettled(upTo: target))
        #expect(!lane.isSettled(upTo: lane.lastSubmitted))
    }
}
