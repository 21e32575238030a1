public import Instrumentation

/// Carries parts of a context between processes, in the headers of messages.
///
/// - SeeAlso: [OpenTelemetry 1.50, TextMapPropagator](https://github.com/open-telemetry/opentelemetry-specification/blob/v1.50.0/specification/context/api-propagators.md#textmap-propagator)
public protocol Propagator: Sendable {
    /// Reads headers; changes nothing in `context` if they are missing or malformed.
    func extract<Carrier, Extract>(
        _ carrier: Carrier,
        into context: inout ServiceContext,
        using extractor: Extract
    ) where Extract: Extractor, Extract.Carrier == Carrier

    /// Writes headers for what `context` has.
    func inject<Carrier, Inject>(
        _ context: ServiceContext,
        into carrier: inout Carrier,
        using injector: Inject
    ) where Inject: Injector, Inject.Carrier == Carrier
}
