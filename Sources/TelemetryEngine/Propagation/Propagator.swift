public import Instrumentation
public import ServiceContextModule

/// Carries a part of the context to other processes and reads it back.
public protocol Propagator: Sendable {
    /// Writes what the context has into a carrier; nothing if it has nothing.
    func inject<Carrier, Inject: Injector>(
        _ context: ServiceContext,
        into carrier: inout Carrier,
        using injector: Inject
    ) where Inject.Carrier == Carrier

    /// Reads what a carrier has into the context; what is malformed leaves the context alone.
    func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier,
        into context: inout ServiceContext,
        using extractor: Extract
    ) where Extract.Carrier == Carrier
}
