private import Synchronization
private import TelemetryModel

/// Makes ids: SplitMix64 over counters that start at random.
///
/// The system's generator costs a hundred times as much. Ids must be unique, not secret.
final class IDGenerator: Sendable {
    private let spans: Atomic<UInt64>
    private let highs: Atomic<UInt64>
    private let lows: Atomic<UInt64>

    init(using generator: inout some RandomNumberGenerator) {
        self.spans = Atomic(generator.next())
        self.highs = Atomic(generator.next())
        self.lows = Atomic(generator.next())
    }

    convenience init() {
        var generator = SystemRandomNumberGenerator()
        self.init(using: &generator)
    }

    /// A valid span id.
    func spanID() -> SpanID {
        while true {
            let value = Self.next(self.spans)
            if value != 0 { return SpanID(rawValue: value) }
        }
    }

    /// A valid trace id, all of it random.
    func traceID() -> TraceID {
        // Samplers of other SDKs read the last eight bytes alone: those must not be zero either.
        let high = Self.next(self.highs)
        while true {
            let low = Self.next(self.lows)
            if low != 0 { return TraceID(high: high, low: low) }
        }
    }

    private static func next(_ counter: borrowing Atomic<UInt64>) -> UInt64 {
        var mixed = counter.wrappingAdd(0x9E37_79B9_7F4A_7C15, ordering: .relaxed).newValue
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
