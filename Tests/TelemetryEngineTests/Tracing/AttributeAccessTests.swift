import Synchronization
import TelemetryModel
import Testing
import Tracing

@testable import TelemetryEngine

@Suite("Access to a span's attributes")
struct AttributeAccessTests {
    private func makeSpan(_ harness: TracingHarness) -> TracedSpan {
        harness.tracer.startSpan("operation", context: .topLevel)
    }

    @Test("Writing in place goes through the accessor, also through an existential")
    func writingInPlace() {
        let span: any Tracing.Span = self.makeSpan(TracingHarness())
        for index in 0..<5 {
            span.attributes["key\(index)"] = index
        }
        span.attributes["key0"] = nil
        #expect(span.attributes.count == 4)
        #expect(span.attributes.get("key4") == .int64(4))
    }

    @Test("Assigning and updating replace the attributes")
    func assigning() {
        let span = self.makeSpan(TracingHarness())
        span.attributes = ["a": 1, "b": 2]
        span.updateAttributes {
            $0["b"] = 3
            $0["c"] = 4
        }
        #expect(span.attributes == ["a": 1, "b": 3, "c": 4])
        span.attributes = [:]
        #expect(span.attributes.isEmpty)
    }

    @Test("An access that throws loses nothing")
    func throwingAccess() {
        func addAndThrow(_ attributes: inout SpanAttributes) throws {
            attributes["added"] = true
            throw OutOfPaperError()
        }
        let span = self.makeSpan(TracingHarness())
        span.attributes["before"] = 1
        #expect(throws: OutOfPaperError.self) { try addAndThrow(&span.attributes) }
        #expect(span.attributes == ["before": 1, "added": true])
    }

    @Test("What is written during an access is kept, and so is what the access writes")
    func overlappingAccesses() {
        let span = self.makeSpan(TracingHarness())
        span.attributes = ["base": 0, "both": 0]
        func change(_ attributes: inout SpanAttributes) {
            attributes["outer"] = 1
            span.attributes["inner"] = 2
            span.attributes["both"] = 3
            // Reading during an access sees what was written since it began.
            #expect(span.attributes == ["inner": 2, "both": 3])
        }
        change(&span.attributes)
        #expect(span.attributes == ["base": 0, "outer": 1, "inner": 2, "both": 3])
    }

    @Test("Assigning during an access does not lose what the access holds")
    func assigningDuringAnAccess() {
        let span = self.makeSpan(TracingHarness())
        span.attributes["base"] = 0
        func change(_ attributes: inout SpanAttributes) {
            span.attributes = ["assigned": 1]
            attributes["outer"] = 2
        }
        change(&span.attributes)
        #expect(span.attributes == ["base": 0, "assigned": 1, "outer": 2])
    }

    @Test("Two threads lose no attribute")
    func twoThreads() async throws {
        let harness = TracingHarness(limits: .init(attributes: .max))
        let span = self.makeSpan(harness)
        await withTaskGroup { group in
            for writer in 0..<4 {
                group.addTask { @concurrent in
                    for index in 0..<500 {
                        span.attributes["key \(writer) \(index)"] = index
                    }
                }
            }
        }
        span.end()
        let ended = try await harness.endedSpans().only
        #expect(ended.attributes.count == 2_000)
        #expect(ended.droppedAttributesCount == 0)
    }

    @Test("Threads that meet at the first accesses of a span lose no attribute")
    func threadsThatMeet() async throws {
        let harness = TracingHarness()
        let spans = (0..<5_000).map { _ in self.makeSpan(harness) }
        // Each goes through all spans, two that write and one that reads, so that they meet often,
        // and in every order.
        onThreads(3) { number in
            for span in spans {
                if number == 2 {
                    _ = span.attributes
                } else {
                    span.attributes["first \(number)"] = number
                    span.attributes["second \(number)"] = number
                }
            }
        }
        for span in spans { span.end() }
        let ended = await harness.endedSpans()
        #expect(ended.count == spans.count)
        #expect(ended.allSatisfy { $0.attributes.count == 4 })
    }

    @Test("Ending while others change attributes delivers each span once, with what came before")
    func endingWhileOthersChange() async throws {
        let harness = TracingHarness()
        let spans = (0..<5_000).map { _ in self.makeSpan(harness) }
        for span in spans { span.attributes["before"] = true }
        onThreads(2) { number in
            for span in spans {
                if number == 0 { span.end() } else { span.attributes["meanwhile"] = true }
            }
        }
        let ended = await harness.endedSpans()
        #expect(ended.count == spans.count)
        #expect(harness.counters.values.endedTwice == 0)
        #expect(
            ended.allSatisfy { $0.attributes["before"] == true && $0.attributes.count <= 2 }
        )
    }

    @Test("Ending during an access delivers the span, whole, when the access has ended")
    func endDuringAnAccess() async throws {
        let harness = TracingHarness()
        let span = self.makeSpan(harness)
        func changeAndEnd(_ attributes: inout SpanAttributes) {
            attributes["before"] = 1
            span.end()
            attributes["after"] = 2
            #expect(harness.deliveredCount == 0)
            #expect(!span.isRecording)
            span.attributes["late"] = 3
            span.operationName = "late"
        }
        changeAndEnd(&span.attributes)
        #expect(harness.deliveredCount == 1)
        span.end()
        #expect(harness.deliveredCount == 1)
        #expect(harness.counters.values.endedTwice == 1)
        let ended = try await harness.endedSpans().only
        #expect(ended.attributes.count == 2)
        #expect(ended.attributes["after"] == 2)
        #expect(ended.name == "operation")
    }

    @Test("Ending while two accesses overlap delivers once, when the last one ends")
    func endDuringTwoAccesses() async throws {
        let harness = TracingHarness()
        let span = self.makeSpan(harness)
        let recording = try #require(span.recording)
        var first = recording.beginAccess()
        var second = recording.beginAccess()
        first.attributes["first"] = 1
        second.attributes["second"] = 2
        span.end()
        recording.finishAccess(&first)
        #expect(harness.deliveredCount == 0)
        recording.finishAccess(&second)
        #expect(harness.deliveredCount == 1)
        let ended = try await harness.endedSpans().only
        #expect(ended.attributes["first"] == 1)
        #expect(ended.attributes["second"] == 2)
    }

    @Test("After the end an access works on a copy that is forgotten")
    func accessAfterTheEnd() async throws {
        let harness = TracingHarness()
        let span = self.makeSpan(harness)
        span.attributes["before"] = 1
        span.end()
        span.attributes["after"] = 2
        span.attributes = ["assigned": 3]
        #expect(span.attributes == ["before": 1])
        #expect(try await harness.endedSpans().only.attributes == ["before": 1])
    }

    @Test("After the end a span still shows its attributes")
    func attributesAfterTheEnd() {
        let shown: SpanAttributes = [
            "text": "a", "number": 7, "fraction": 1.5, "flag": true,
            "texts": .stringArray(["a", "b"]), "numbers": .int64Array([1, 2]),
            "fractions": .doubleArray([0.5]), "flags": .boolArray([false]),
            "none": .stringArray([]),
        ]
        let span = self.makeSpan(TracingHarness())
        span.attributes = shown
        span.end()
        #expect(span.attributes == shown)
    }

    @Test("Who reads while a span ends sees all of its attributes")
    func readingWhileOthersEnd() async throws {
        let harness = TracingHarness()
        let spans = (0..<5_000).map { _ in self.makeSpan(harness) }
        for span in spans {
            span.attributes["first"] = 1
            span.attributes["second"] = "2"
        }
        let incomplete = Atomic<Int>(0)
        onThreads(2) { number in
            for span in spans {
                if number == 0 {
                    span.end()
                } else if span.attributes != ["first": 1, "second": "2"] {
                    incomplete.add(1, ordering: .relaxed)
                }
            }
        }
        #expect(incomplete.load(ordering: .relaxed) == 0)
        let ended = await harness.endedSpans()
        #expect(ended.count == spans.count)
        #expect(ended.allSatisfy { $0.attributes.count == 2 })
    }

    @Test("A value may use the span that asks for its description")
    func descriptionUsesTheSpan() async throws {
        struct Nosy: CustomStringConvertible {
            let span: TracedSpan
            var description: String {
                self.span.attributes["asked"] = true
                return "\(self.span.attributes.count)"
            }
        }
        let harness = TracingHarness()
        let span = self.makeSpan(harness)
        span.attributes.set("nosy", value: .stringConvertible(Nosy(span: span)))
        span.end()
        let ended = try await harness.endedSpans().only
        #expect(ended.attributes["nosy"] == "2")
        #expect(ended.attributes["asked"] == true)
        #expect(harness.counters.values.endedTwice == 0)
    }

    @Test("A span that is not recorded forgets its attributes")
    func unrecorded() {
        let span = self.makeSpan(TracingHarness(sampler: AlwaysOffSampler()))
        span.attributes["a"] = 1
        span.attributes = ["b": 2]
        #expect(span.attributes.isEmpty)
    }

    @Test("Values are not released under the lock")
    func releasedValuesMayUseTheSpan() {
        final class Nosy: CustomStringConvertible, Sendable {
            let span: TracedSpan
            init(span: TracedSpan) { self.span = span }
            deinit { self.span.addEvent("released") }
            var description: String { "" }
        }
        let span = self.makeSpan(TracingHarness())
        // A lock that is not recursive traps if any of these releases under it.
        span.attributes.set("a", value: .stringConvertible(Nosy(span: span)))
        span.attributes["a"] = 1
        span.attributes.set("a", value: .stringConvertible(Nosy(span: span)))
        span.attributes = [:]
        span.attributes.set("a", value: .stringConvertible(Nosy(span: span)))
        func change(_ attributes: inout SpanAttributes) { span.attributes["a"] = 2 }
        change(&span.attributes)
        #expect(span.attributes == ["a": 2])
    }

    // MARK: Orders of beginning and finishing, without concurrency

    /// Who begins (+) and finishes (-), by writer.
    static let orders: [[Int]] = [
        [+1, -1, +2, -2, +3, -3],
        [+1, +2, -2, -1, +3, -3],
        [+1, +2, -1, -2, +3, -3],
        [+1, +2, +3, -1, -2, -3],
        [+1, +2, +3, -3, -2, -1],
        [+1, +2, +3, -2, -3, -1],
        [+1, +2, -1, +3, -2, -3],
        [+1, +2, -1, +3, -3, -2],
        [+1, +2, -2, +3, -1, -3],
        [+1, +2, -2, +3, -3, -1],
    ]

    @Test("In whatever order accesses overlap, all that was written is there", arguments: orders)
    func ledgerOrders(order: [Int]) {
        var ledger = AttributeLedger()
        _ = ledger.replace(with: ["base": 0, "shared": 0])
        var accesses: [Int: AttributeAccess] = [:]
        var last = 0
        for step in order {
            if step > 0 {
                var access = ledger.begin(limit: 128)
                access.attributes.set("writer \(step)", value: .int(Int64(step)))
                access.attributes["shared"] = step
                last = step
                accesses[step] = access
            } else if var access = accesses[-step] {
                repeat {
                    #expect(access.settle(limit: 128) == 0)
                } while !ledger.finish(&access)
            }
        }
        #expect(ledger.accessCount == 0)
        #expect(ledger.current.count == 5)
        for writer in 1...3 {
            #expect(ledger.current.get("writer \(writer)") == .int64(Int64(writer)))
        }
        #expect(ledger.current.get("base") == .int64(0))
        #expect(ledger.current.get("shared") != .int64(0))
        #expect(last == 3)
    }
}

extension SpanLimits {
    init(attributes: Int) {
        self.init()
        self.attributes = attributes
    }
}
