internal import TelemetryModel

/// Samples a fixed share of traces, chosen by their ids.
///
/// The last eight bytes of the trace id, big-endian and shifted right by one, are compared with the
/// ratio times 2^63. OpenTelemetry's SDKs for Go and Python keep the same traces at the same ratio.
/// Looks at no parent; wrap it in ``ParentBasedSampler``.
public struct TraceIDRatioSampler: Sampler, Hashable {
    /// The share of traces that is kept, 0 to 1.
    public let ratio: Double

    private let bound: UInt64

    /// Creates the sampler.
    ///
    /// - Parameter ratio: the share to keep; what is outside 0 to 1 is moved to the nearer end,
    ///   and what is not a number keeps everything.
    public init(ratio: Double) {
        let ratio = ratio.isNaN ? 1 : min(max(ratio, 0), 1)
        self.ratio = ratio
        self.bound = UInt64(ratio * 0x1p63)
    }

    /// Keeps the trace or not, and stamps ``ratio`` as a percentage on what it keeps.
    public func shouldSample(_ parameters: SamplingParameters) -> SamplingResult {
        guard parameters.traceID.low >> 1 < self.bound else {
            return SamplingResult(.drop)
        }
        return SamplingResult(.recordAndSample, sampleRate: self.ratio * 100)
    }
}
