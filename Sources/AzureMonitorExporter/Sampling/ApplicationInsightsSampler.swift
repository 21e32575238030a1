public import TelemetryEngine

/// Keeps a fixed share of traces, the same ones as all Azure Monitor SDKs with the same ratio.
///
/// The trace id alone decides, by its ``SamplingScore``; parents are not asked. Traces stay whole
/// as long as all services have the same ratio. What is kept bears the percentage as its sample
/// rate, by which the portal counts it for those that were not. To follow parents instead, wrap the
/// sampler in `ParentBasedSampler`.
///
/// ```swift
/// let sampler = ApplicationInsightsSampler(ratio: 0.1)   // one trace in ten
/// ```
public struct ApplicationInsightsSampler: Sampler, Hashable {
    /// The share of traces that is kept, from 0 to 1.
    public let ratio: Double

    /// Creates the sampler.
    ///
    /// - Parameter ratio: the share to keep. What is outside 0 to 1 is moved to the nearer end, and
    ///   what is not a number keeps everything. The default is 1.
    public init(ratio: Double = 1) {
        self.ratio = ratio.isNaN ? 1 : min(max(ratio, 0), 1)
    }

    /// Keeps the trace or not, and stamps ``ratio`` as a percentage on what it keeps.
    public func shouldSample(_ parameters: SamplingParameters) -> SamplingResult {
        guard SamplingScore(of: parameters.traceID).isKept(at: self.ratio) else {
            return SamplingResult(.drop)
        }
        return SamplingResult(.recordAndSample, sampleRate: self.ratio * 100)
    }
}

extension ApplicationInsightsSampler: CustomStringConvertible {
    /// The sampler's name and ratio: `ApplicationInsightsSampler{0.1}`.
    public var description: String { "ApplicationInsightsSampler{\(self.ratio)}" }
}
