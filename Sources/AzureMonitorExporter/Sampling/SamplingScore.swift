public import TelemetryModel

/// Where a trace stands among all traces, from 0 to 1: the samplers of Application Insights keep
/// the traces whose score is below the ratio.
///
/// The score depends on the trace id alone, so that services which share a ratio keep the same
/// traces without talking to each other, whatever language they are written in.
///
/// The id's 32 lower-case hexadecimal digits are hashed as text: from 5381 on, the hash times 33
/// plus the digit's character, in 32 bits that wrap around. The score is the hash's magnitude
/// divided by 2,147,483,647.
public struct SamplingScore: Hashable, Comparable, Sendable {
    /// The score, from 0 to 1.
    public let value: Double

    /// Computes the score of a trace.
    public init(of traceID: TraceID) {
        var hash: Int32 = 5381
        for half in [traceID.high, traceID.low] {
            var rest = half
            for _ in 0..<16 {
                rest = rest << 4 | rest >> 60
                let digit = Int32(truncatingIfNeeded: rest & 0xF)
                hash = hash &* 33 &+ digit &+ (digit < 10 ? 0x30 : 0x61 - 10)
            }
        }
        // The magnitude of the least number has no room in 32 bits.
        let magnitude = hash == .min ? .max : abs(hash)
        self.value = Double(magnitude) / Double(Int32.max)
    }

    /// Whether a sampler keeps the trace when it keeps `ratio` of all traces.
    ///
    /// A ratio of 1 or more keeps every trace, even one whose score is 1; 0 or less keeps none.
    public func isKept(at ratio: Double) -> Bool {
        ratio >= 1 || self.value < ratio
    }

    /// Whether `lhs` is kept by more ratios than `rhs`.
    public static func < (lhs: SamplingScore, rhs: SamplingScore) -> Bool { lhs.value < rhs.value }
}
