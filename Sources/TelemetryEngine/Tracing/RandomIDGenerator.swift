private import Synchronization
package import TelemetryModel

/// Draws trace and span ids.
///
/// Each id is a mixed step of a sequence of its own (SplitMix64), whose start and stride come from
/// the system's generator: no id comes twice in a process, processes do not meet, and one id costs
/// an atomic addition. The ids are unique, not secret.
package final class RandomIDGenerator: Sendable {
    /// The place and stride of one sequence.
    private struct Sequence {
        let start: UInt64
        let stride: UInt64

        init(using generator: inout some RandomNumberGenerator) {
            self.start = generator.next()
            self.stride = generator.next() | 1
        }

        /// The finaliser of SplitMix64 over step number `step`; a bijection of the steps.
        func value(at step: UInt64) -> UInt64 {
            var bits = self.start &+ step &* self.stride
            bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
            bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
            return bits ^ (bits >> 31)
        }
    }

    private let spans: Sequence
    private let tracesHigh: Sequence
    private let tracesLow: Sequence
    /// The step of all sequences: an id of each may be drawn at once.
    private let step = Atomic<UInt64>(0)

    /// Creates a generator whose ids differ from those of every other process.
    package convenience init() {
        var generator = SystemRandomNumberGenerator()
        self.init(seededBy: &generator)
    }

    /// Creates a generator from eight numbers of another; tests pass one that repeats itself.
    package init(seededBy generator: inout some RandomNumberGenerator) {
        self.spans = Sequence(using: &generator)
        self.tracesHigh = Sequence(using: &generator)
        self.tracesLow = Sequence(using: &generator)
    }

    /// A span id that was not drawn before; never zero.
    package func nextSpanID() -> SpanID {
        while true {
            let step = self.step.wrappingAdd(1, ordering: .relaxed).oldValue
            let id = SpanID(rawValue: self.spans.value(at: step))
            if id.isValid { return id }
        }
    }

    /// A trace id that was not drawn before; never zero, all bits random.
    package func nextTraceID() -> TraceID {
        while true {
            let step = self.step.wrappingAdd(1, ordering: .relaxed).oldValue
            let id = self.traceID(at: step)
            if id.isValid { return id }
        }
    }

    /// The ids of a trace and of its first span, neither of which was drawn before.
    func nextRoot() -> (traceID: TraceID, spanID: SpanID) {
        while true {
            let step = self.step.wrappingAdd(1, ordering: .relaxed).oldValue
            let traceID = self.traceID(at: step)
            let spanID = SpanID(rawValue: self.spans.value(at: step))
            if traceID.isValid, spanID.isValid { return (traceID, spanID) }
        }
    }

    private func traceID(at step: UInt64) -> TraceID {
        TraceID(high: self.tracesHigh.value(at: step), low: self.tracesLow.value(at: step))
    }
}
