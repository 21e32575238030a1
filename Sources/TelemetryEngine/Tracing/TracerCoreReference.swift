/// A reference to a tracer's core, counted unless the core lives as long as the process.
///
/// Several copies of a tracer are made to find it, and its spans refer to the core, too. All of them
/// would count in one place, which threads then take from each other.
@safe
struct TracerCoreReference: Sendable {
    // Safe: the core is kept by `owner`, or has been given a count that nobody takes away.
    private let core: Unmanaged<TracerCore>
    private let owner: TracerCore?

    /// Refers to a core as long as somebody does.
    init(_ core: TracerCore) {
        unsafe self.core = .passUnretained(core)
        self.owner = core
    }

    private init(keepingForever core: TracerCore) {
        unsafe self.core = .passRetained(core)
        self.owner = nil
    }

    /// A reference that keeps the core for ever, and that is not counted.
    func immortal() -> TracerCoreReference {
        self.withCore { TracerCoreReference(keepingForever: $0) }
    }

    /// Lends the core, which is alive until the reference is gone.
    @inline(__always)
    func withCore<Result>(_ body: (TracerCore) -> Result) -> Result {
        withExtendedLifetime(self.owner) { unsafe self.core._withUnsafeGuaranteedRef(body) }
    }
}
