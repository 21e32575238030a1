internal import TelemetryModel

/// Decides as the parent did, and leaves roots to another sampler.
///
/// A child of a sampled span of this process keeps the sample rate that its parent was stamped
/// with, unless the delegate gives one.
public struct ParentBasedSampler: Sampler {
    /// Decides about spans without a parent.
    public var root: any Sampler

    /// Decides below a sampled span of another process.
    public var remoteParentSampled: any Sampler

    /// Decides below a span of another process that is not sampled.
    public var remoteParentNotSampled: any Sampler

    /// Decides below a sampled span of this process.
    public var localParentSampled: any Sampler

    /// Decides below a span of this process that is not sampled.
    public var localParentNotSampled: any Sampler

    /// Creates the sampler; the delegates follow the parent unless told otherwise.
    public init(
        root: any Sampler,
        remoteParentSampled: any Sampler = AlwaysOnSampler(),
        remoteParentNotSampled: any Sampler = AlwaysOffSampler(),
        localParentSampled: any Sampler = AlwaysOnSampler(),
        localParentNotSampled: any Sampler = AlwaysOffSampler()
    ) {
        self.root = root
        self.remoteParentSampled = remoteParentSampled
        self.remoteParentNotSampled = remoteParentNotSampled
        self.localParentSampled = localParentSampled
        self.localParentNotSampled = localParentNotSampled
    }

    /// Asks the delegate for this kind of parent.
    public func shouldSample(_ parameters: SamplingParameters) -> SamplingResult {
        guard let parent = parameters.parent, parent.isValid else {
            return self.root.shouldSample(parameters)
        }
        let delegate =
            switch (parent.isRemote, parent.isSampled) {
            case (true, true): self.remoteParentSampled
            case (true, false): self.remoteParentNotSampled
            case (false, true): self.localParentSampled
            case (false, false): self.localParentNotSampled
            }
        var result = delegate.shouldSample(parameters)
        if result.sampleRate == nil, parent.isSampled, result.decision == .recordAndSample {
            result.sampleRate = parameters.parentSampleRate
        }
        return result
    }

    /// What is always decided at the root, if the sampler is OpenTelemetry's
    /// `parentbased_always_on` or `parentbased_always_off`, which need no calls.
    var constantDecisionAtTheRoot: Bool? {
        guard self.remoteParentSampled is AlwaysOnSampler,
            self.remoteParentNotSampled is AlwaysOffSampler,
            self.localParentSampled is AlwaysOnSampler,
            self.localParentNotSampled is AlwaysOffSampler
        else { return nil }
        if self.root is AlwaysOnSampler { return true }
        return self.root is AlwaysOffSampler ? false : nil
    }
}
