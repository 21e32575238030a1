public import TelemetryEngine
import TelemetryModel

/// Keeps about so many traces a second.
///
/// The sampler watches how often traces begin, over about a tenth of a second, and keeps the
/// percentage of them that comes to the limit. The first trace is always kept. Which ones are kept
/// of the rest is decided by their ``SamplingScore``, and what is kept bears the percentage as its
/// sample rate, by which the portal counts it for those that were not.
///
/// A span with a parent in this process does as its parent does, at its parent's rate, and is not
/// counted: traces are never broken. A parent in another process is not asked; to follow those as
/// well, wrap the sampler in `ParentBasedSampler`.
public final class RateLimitedSampler: Sampler {
    /// How many traces a second are kept.
    public let tracesPerSecond: Double

    private let monotonicNow: @Sendable () -> UInt64
    private let limiter: Locked<RateLimiter>

    /// Creates the sampler.
    ///
    /// - Parameters:
    ///   - tracesPerSecond: how many traces a second to keep; what is below 0, or not a number,
    ///     keeps none. The default is 5.
    ///   - time: where to read the monotonic clock.
    public init(tracesPerSecond: Double = 5, time: TimeSource = .system) {
        self.tracesPerSecond = max(0, tracesPerSecond.isNaN ? 0 : tracesPerSecond)
        self.monotonicNow = time.monotonicNow
        self.limiter = Locked(RateLimiter(limit: self.tracesPerSecond))
    }

    /// Does as a parent of this process does; decides about all others.
    public func shouldSample(_ parameters: SamplingParameters) -> SamplingResult {
        if let parent = parameters.parent, parent.isValid, !parent.isRemote {
            guard parent.isSampled else { return SamplingResult(.drop) }
            return SamplingResult(.recordAndSample, sampleRate: parameters.parentSampleRate)
        }
        let now = self.monotonicNow()
        let percentage = self.limiter.withLock { $0.percentage(at: now) }
        guard percentage < 100 else { return SamplingResult(.recordAndSample) }
        guard SamplingScore(of: parameters.traceID).isKept(at: percentage / 100) else {
            return SamplingResult(.drop)
        }
        return SamplingResult(.recordAndSample, sampleRate: percentage)
    }
}

extension RateLimitedSampler: CustomStringConvertible {
    /// The sampler's name and limit: `RateLimitedSampler{5.0}`.
    public var description: String { "RateLimitedSampler{\(self.tracesPerSecond)}" }
}
