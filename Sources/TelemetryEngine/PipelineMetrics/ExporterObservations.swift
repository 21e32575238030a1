package import TelemetryModel

/// What the exporters of a pipeline did, counted from outside of them.
///
/// Payloads that report on the pipeline itself are left out, also when they come back from offline
/// storage.
package final class ExporterObservations: Sendable {
    /// The exporter of one signal at one destination.
    package struct Component: Hashable, Sendable {
        /// The destination.
        package var destination: Destination
        /// The signal.
        package var signal: Signal
        /// What kind of exporter it is: `otel.component.type`.
        package var type: String
        /// Which of those of its type, from 0.
        package var number: Int
    }

    /// What a component did.
    package struct Counts: Sendable {
        /// The records that were accepted, those of earlier processes included.
        package var exported: UInt64 = 0
        /// The records that the exporter lost: what it could not encode, and what was refused.
        package var lost: [DropReason: UInt64] = [:]
        /// The records in requests under way.
        package var inFlight: UInt64 = 0
        /// How long requests took, in seconds, by what was wrong with them; the empty text is
        /// nothing.
        package var durations: [String: Distribution] = [:]
    }

    private struct State {
        var counts: [Component: Counts] = [:]
        /// The payloads that report on the pipeline, as far as they are still to be delivered.
        var own: [Own] = []
        /// The destinations of each type of component, in their order.
        var destinations: [String: [Destination]] = [:]
    }

    /// A payload that reports on the pipeline.
    ///
    /// Another destination may well get an equal one.
    private struct Own: Equatable {
        let component: Component
        let payload: Payload
    }

    /// Such payloads are small, and there is one each interval and destination.
    private static let maximumOwn = 64

    private let state = Locked(State())
    private let noDurations: Distribution

    /// Creates observations of nothing.
    ///
    /// - Parameter histogramAggregation: how durations are kept.
    package init(
        histogramAggregation: MetricPreference.HistogramAggregation = .explicitBucket
    ) {
        self.noDurations = Distribution(ofSeconds: histogramAggregation)
    }

    /// The component that an exporter is for a signal.
    ///
    /// Its type is that of the conventions, or else made of the destination's name.
    package func component(of exporter: any TelemetryExporter, for signal: Signal) -> Component {
        let destination = exporter.destination
        let type =
            (exporter as? any ConventionalExporter)?.componentType(for: signal)
            ?? signal.exporterType(destination.name)
        let number = self.state.withLock { state in
            var destinations = state.destinations[type] ?? []
            if let number = destinations.firstIndex(of: destination) { return number }
            destinations.append(destination)
            state.destinations[type] = destinations
            return destinations.count - 1
        }
        return Component(destination: destination, signal: signal, type: type, number: number)
    }

    /// What each component did so far.
    package var counts: [Component: Counts] { self.state.withLock { $0.counts } }

    /// Takes the durations that were not taken before.
    package func takeDurations() -> [Component: [String: Distribution]] {
        self.state.withLock { state in
            let durations = state.counts.mapValues(\.durations).filter { !$0.value.isEmpty }
            for component in durations.keys { state.counts[component]?.durations = [:] }
            return durations
        }
    }

    func encoded(_ component: Component, _ encoded: EncodedBatch, isOwn: Bool) {
        self.state.withLock { state in
            if isOwn {
                state.own += encoded.payloads.map { Own(component: component, payload: $0) }
                state.own.removeFirst(max(0, state.own.count - Self.maximumOwn))
            } else {
                for (reason, count) in encoded.dropped where count > 0 {
                    state.counts[component, default: Counts()].lost[reason, default: 0] +=
                        UInt64(count)
                }
            }
        }
    }

    /// A request begins; returns whether it is one that counts.
    func willSend(_ payload: Payload, by component: Component) -> Bool {
        self.state.withLock { state in
            guard !state.own.contains(Own(component: component, payload: payload)) else {
                return false
            }
            state.counts[component, default: Counts()].inFlight += UInt64(payload.recordCount)
            return true
        }
    }

    /// A request that counts has ended.
    func didSend(
        _ payload: Payload,
        by component: Component,
        _ outcome: DeliveryOutcome,
        seconds: Double,
        dropsOverQuota: Bool
    ) {
        self.state.withLock { state in
            var counts = state.counts[component, default: Counts()]
            counts.inFlight -= min(counts.inFlight, UInt64(payload.recordCount))
            counts.durations[outcome.errorType ?? "", default: self.noDurations].record(seconds)
            switch outcome {
            case .accepted:
                counts.exported += UInt64(payload.recordCount)
            case .partiallyAccepted(let refusals):
                let partial = PartialDelivery(of: payload, refusals: refusals)
                counts.exported += UInt64(partial.exportedRecords)
                for (reason, count) in partial.droppedRecords {
                    counts.lost[reason, default: 0] += UInt64(count)
                }
            case .refused(let reason, _):
                counts.lost[reason, default: 0] += UInt64(payload.recordCount)
            case .payloadTooLarge:
                if payload.recordCount <= 1 {
                    counts.lost[.tooLarge, default: 0] += UInt64(payload.recordCount)
                }
            case .failed(let failure):
                if failure.kind == .quota, dropsOverQuota {
                    counts.lost[.quota, default: 0] += UInt64(payload.recordCount)
                }
            }
            state.counts[component] = counts
        }
    }

    /// A payload that does not count was tried.
    func didSendOwn(_ payload: Payload, by component: Component, _ outcome: DeliveryOutcome) {
        switch outcome {
        case .accepted, .refused:
            self.state.withLock { state in
                let own = Own(component: component, payload: payload)
                // One of them: an equal one may still be under way.
                if let index = state.own.firstIndex(of: own) { state.own.remove(at: index) }
            }
        case .failed, .partiallyAccepted, .payloadTooLarge: break
        }
    }

    /// A payload was made of some items of another; `nil` if that failed.
    func divided(
        _ payload: Payload,
        into part: Payload?,
        records: Int,
        by component: Component
    ) {
        self.state.withLock { state in
            if state.own.contains(Own(component: component, payload: payload)) {
                if let part { state.own.append(Own(component: component, payload: part)) }
            } else if part == nil {
                state.counts[component, default: Counts()].lost[.invalid, default: 0] +=
                    UInt64(records)
            }
        }
    }
}

extension DeliveryOutcome {
    /// What went wrong, in one word; `nil` if nothing did.
    var errorType: String? {
        switch self {
        case .accepted: nil
        case .partiallyAccepted: "partially_accepted"
        case .failed(let failure): failure.kind.rawValue
        case .payloadTooLarge: DropReason.tooLarge.errorType
        case .refused(let reason, _): reason.errorType
        }
    }
}

extension DropReason {
    /// The reason as OpenTelemetry spells values: `queue_full`.
    package var errorType: String {
        self.rawValue.reduce(into: "") { text, character in
            if character.isUppercase { text += "_" }
            text += character.lowercased()
        }
    }
}
