/// Keeps every span.
public struct AlwaysOnSampler: Sampler {
    /// Creates the sampler.
    public init() {}

    /// Keeps the span.
    public func shouldSample(_ parameters: SamplingParameters) -> SamplingResult {
        SamplingResult(.recordAndSample, sampleRate: parameters.parentSampleRate)
    }
}

/// Keeps no span.
public struct AlwaysOffSampler: Sampler {
    /// Creates the sampler.
    public init() {}

    /// Drops the span.
    public func shouldSample(_ parameters: SamplingParameters) -> SamplingResult {
        SamplingResult(.drop)
    }
}

/// Keeps a share of all traces, chosen by trace id as other OpenTelemetry SDKs choose.
///
/// What is kept says so: its items bear the sample rate, so that counts can be made right.
public struct TraceIDRatioSampler: Sampler {
    /// The share of traces that are kept, from 0 to 1.
    public let ratio: Double

    private let bound: UInt64

    /// Creates a sampler.
    ///
    /// - Parameter ratio: the share, from 0 to 1; what is outside is taken as the nearer of them.
    public init(_ ratio: Double) {
        self.ratio = ratio.isNaN ? 0 : min(max(ratio, 0), 1)
        self.bound = UInt64(self.ratio * 0x1p63)
    }

    /// Keeps the span if the last seven bytes and seven bits of its trace id are below the bound.
    ///
    /// - SeeAlso: [TraceIdRatioBased](https://github.com/open-telemetry/opentelemetry-go/blob/sdk/v1.38.0/sdk/trace/sampling.go)
    public func shouldSample(_ parameters: SamplingParameters) -> SamplingResult {
        guard parameters.traceID.low >> 1 < self.bound else { return SamplingResult(.drop) }
        return SamplingResult(
            .recordAndSample, sampleRate: self.ratio < 1 ? self.ratio * 100 : nil)
    }
}

/// Does what the parent does, so that traces are kept or dropped as a whole.
///
/// | Parent                | Asked                       | By default       |
/// | --------------------- | --------------------------- | ---------------- |
/// | none                  | `root`                      | must be given    |
/// | remote, sampled       | ``remoteParentSampled``     | keeps            |
/// | remote, not sampled   | ``remoteParentNotSampled``  | drops            |
/// | local, sampled        | ``localParentSampled``      | keeps            |
/// | local, not sampled    | ``localParentNotSampled``   | drops            |
public struct ParentBasedSampler: Sampler {
    private let root: any Sampler
    /// Asked when a parent in another process is sampled.
    public var remoteParentSampled: any Sampler = AlwaysOnSampler()
    /// Asked when a parent in another process is not sampled.
    public var remoteParentNotSampled: any Sampler = AlwaysOffSampler()
    /// Asked when a parent in this process is sampled.
    public var localParentSampled: any Sampler = AlwaysOnSampler()
    /// Asked when a parent in this process is not sampled.
    public var localParentNotSampled: any Sampler = AlwaysOffSampler()

    /// Creates a sampler.
    ///
    /// - Parameter root: decides about spans without a parent.
    public init(root: any Sampler) {
        self.root = root
    }

    /// Asks the sampler that is responsible.
    public func shouldSample(_ parameters: SamplingParameters) -> SamplingResult {
        let responsible: any Sampler =
            switch (parameters.parent?.isRemote, parameters.parent?.isSampled) {
            case (true, true): self.remoteParentSampled
            case (true, _): self.remoteParentNotSampled
            case (false, true): self.localParentSampled
            case (false, _): self.localParentNotSampled
            case (nil, _): self.root
            }
        return responsible.shouldSample(parameters)
    }

    /// Whether this is the default sampler, whose decisions need no asking.
    var isParentBasedAlwaysOn: Bool {
        self.root is AlwaysOnSampler && self.remoteParentSampled is AlwaysOnSampler
            && self.remoteParentNotSampled is AlwaysOffSampler
            && self.localParentSampled is AlwaysOnSampler
            && self.localParentNotSampled is AlwaysOffSampler
    }
}
