/// Samples every span.
public struct AlwaysOnSampler: Sampler {
    /// Creates the sampler.
    public init() {}

    /// Always records and samples.
    public func shouldSample(_ parameters: SamplingParameters) -> SamplingResult {
        SamplingResult(.recordAndSample)
    }
}

/// Samples no span.
public struct AlwaysOffSampler: Sampler {
    /// Creates the sampler.
    public init() {}

    /// Always drops.
    public func shouldSample(_ parameters: SamplingParameters) -> SamplingResult {
        SamplingResult(.drop)
    }
}
