package import TelemetryModel

/// What the pipeline did, under the names that OpenTelemetry has for it.
///
/// | Metric                                        | Attributes                          | Counts |
/// | --------------------------------------------- | ----------------------------------- | ------ |
/// | `otel.sdk.span.started`                       | `otel.span.sampling_result`         | spans, sampled or not |
/// | `otel.sdk.span.live`                          |                                     | recorded spans that have not ended |
/// | `otel.sdk.log.created`                        |                                     | log records |
/// | `otel.sdk.processor.{span,log}.queue.size`    | component                           | records that wait |
/// | `otel.sdk.processor.{span,log}.queue.capacity` | component                          | records that may wait |
/// | `otel.sdk.processor.{span,log}.processed`     | component, `error.type`             | records that left the queue, or found no room |
/// | `otel.sdk.exporter.{span,log,metric_data_point}.inflight` | component, server       | records in requests under way |
/// | `otel.sdk.exporter.{span,log,metric_data_point}.exported` | component, server, `error.type` | records that were accepted, or that the exporter lost |
/// | `otel.sdk.exporter.operation.duration`        | component, server, `error.type`     | seconds a request |
/// | `azure_monitor.delivery.lost`                 | `destination`, `error.type`         | records that were lost between exporter and disk |
/// | `azure_monitor.delivery.stored`               | `destination`                       | records of this process in offline storage |
///
/// To whom prefers metrics in low memory, all of these are totals but the durations.
///
/// A failed try is no export: the record is tried again, or it is counted when it is lost. What lies
/// in offline storage has lost its signal; so has what is lost there, for which OpenTelemetry has no
/// name. Records of earlier processes are exported when they are delivered.
///
/// - SeeAlso: [SDK metrics](https://github.com/open-telemetry/semantic-conventions/blob/v1.38.0/docs/otel/sdk-metrics.md)
package final class PipelineMetrics: PipelineMetricProducer {
    /// The scope of everything that reports on the pipeline.
    package static let scope = InstrumentationScope(name: "swift-azure-monitor.pipeline")

    private typealias Durations = [ExporterObservations.Component: [String: Distribution]]

    private struct State {
        var reporter: CountReporter
        var lastTime: Timestamp
        /// Since the start; kept only if somebody wants them so.
        var durations: Durations = [:]
    }

    private let observations: ExporterObservations
    private let start: Timestamp
    private let state: Locked<State>

    /// Creates a producer whose first counts count since `start`.
    package init(observations: ExporterObservations, start: Timestamp) {
        self.observations = observations
        self.start = start
        self.state = Locked(State(reporter: CountReporter(start: start), lastTime: start))
    }

    package var interval: Duration? { nil }

    package func metrics(
        of reading: PipelineReading,
        for preferences: [MetricPreference.TemporalityPreference]
    ) -> [MetricPreference.TemporalityPreference: [Metric]] {
        self.state.withLock { state in
            // Read under the lock, so that what is later in a report was read later.
            let counts = self.observations.counts
            let durations = self.observations.takeDurations()
            state.reporter.begin(at: reading.time)
            state.reporter.reportRecording(reading)
            state.reporter.reportQueue("span", reading.spans)
            state.reporter.reportQueue("log", reading.logs)
            for (component, counts) in counts.sorted(by: { $0.key < $1.key }) {
                state.reporter.report(component, counts)
            }
            state.reporter.reportDelivery(reading.health, seenBy: counts)
            var metrics = state.reporter.end(
                for: preferences,
                omittingUnchanged: reading.omitsUnchanged
            )
            let time = max(reading.time, state.lastTime)
            if preferences.contains(.cumulative) {
                state.durations.merge(durations) { $0.merging($1) { $0.merged(with: $1) } }
            }
            var totals = state.durations
            if reading.omitsUnchanged { totals = totals.filter { durations[$0.key] != nil } }
            for preference in metrics.keys {
                let isTotal = preference == .cumulative
                let metric = Self.metric(
                    of: isTotal ? totals : durations,
                    isTotal ? .cumulative : .delta,
                    from: isTotal ? self.start : state.lastTime,
                    to: time
                )
                if let metric { metrics[preference]?.append(metric) }
            }
            state.lastTime = time
            return metrics
        }
    }

    private static func metric(
        of durations: Durations,
        _ temporality: Temporality,
        from start: Timestamp,
        to end: Timestamp
    ) -> Metric? {
        var explicit: [HistogramPoint] = []
        var exponential: [ExponentialHistogramPoint] = []
        for (component, distributions) in durations.sorted(by: { $0.key < $1.key }) {
            for (error, distribution) in distributions.sorted(by: { $0.key < $1.key }) {
                var attributes = component.attributes
                if !error.isEmpty { attributes["error.type"] = .string(error) }
                switch distribution {
                case .explicit(let histogram):
                    explicit.append(
                        SeriesReading(attributes: attributes, start: start, value: histogram)
                            .point(at: end)
                    )
                case .exponential(let histogram):
                    exponential.append(
                        SeriesReading(attributes: attributes, start: start, value: histogram)
                            .point(at: end)
                    )
                }
            }
        }
        guard !explicit.isEmpty || !exponential.isEmpty else { return nil }
        return Metric(
            name: "otel.sdk.exporter.operation.duration",
            description: "The duration of exporting a batch of telemetry records.",
            unit: "s",
            scope: Self.scope,
            // All of them are of one kind.
            content: explicit.isEmpty
                ? .exponentialHistogram(exponential, temporality: temporality)
                : .histogram(explicit, temporality: temporality)
        )
    }
}

extension Distribution {
    /// The distribution of what is in either.
    fileprivate func merged(with other: Distribution) -> Distribution {
        var sum = self
        sum.merge(other)
        return sum
    }
}

extension CountReporter {
    fileprivate mutating func reportRecording(_ reading: PipelineReading) {
        let tracing = reading.tracing
        let results = [
            ("DROP", tracing.notSampled), ("RECORD_ONLY", tracing.recordOnly),
            ("RECORD_AND_SAMPLE", tracing.recorded - min(tracing.recorded, tracing.recordOnly)),
        ]
        for (result, count) in results {
            self.count(
                "otel.sdk.span.started",
                unit: "{span}",
                "The number of created spans.",
                ["otel.span.sampling_result": .string(result)],
                count
            )
        }
        let ended = reading.spans.counts.offered
        if tracing.recorded > 0 {
            self.level(
                "otel.sdk.span.live",
                unit: "{span}",
                "The number of recorded spans that have not ended.",
                [:],
                tracing.recorded - min(tracing.recorded, ended)
            )
        }
        self.count(
            "otel.sdk.log.created",
            unit: "{log_record}",
            "The number of log records.",
            [:],
            reading.logs.counts.offered
        )
    }

    fileprivate mutating func reportQueue(_ record: String, _ queue: PipelineReading.Queue) {
        // A queue that nothing came into is not worth a word.
        guard queue.counts.offered > 0 else { return }
        let prefix = "otel.sdk.processor.\(record)"
        let unit = record == "span" ? "{span}" : "{log_record}"
        let attributes: Attributes = [
            "otel.component.type": .string("batching_\(record)_processor"),
            "otel.component.name": .string("batching_\(record)_processor/0"),
        ]
        let counts = queue.counts
        self.level(
            "\(prefix).queue.size",
            unit: unit,
            "The number of records in the queue.",
            attributes,
            counts.waiting
        )
        self.level(
            "\(prefix).queue.capacity",
            unit: unit,
            "The number of records that the queue may hold.",
            attributes,
            UInt64(clamping: queue.capacity)
        )
        let lost = counts.dropped.values.reduce(0, +)
        let text = "The number of records that left the queue or found no room in it."
        let gone = lost + counts.waiting
        self.count(
            "\(prefix).processed",
            unit: unit,
            text,
            attributes,
            counts.offered - min(counts.offered, gone)
        )
        for (reason, count) in counts.dropped.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            var attributes = attributes
            attributes["error.type"] = .string(reason.errorType)
            self.count("\(prefix).processed", unit: unit, text, attributes, count)
        }
    }

    fileprivate mutating func report(
        _ component: ExporterObservations.Component,
        _ counts: ExporterObservations.Counts
    ) {
        let (record, unit) = component.recordName
        let prefix = "otel.sdk.exporter.\(record)"
        self.level(
            "\(prefix).inflight",
            unit: unit,
            "The number of records in requests under way.",
            component.attributes,
            counts.inFlight
        )
        let text = "The number of records for which the export has finished."
        self.count("\(prefix).exported", unit: unit, text, component.attributes, counts.exported)
        for (reason, count) in counts.lost.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            var attributes = component.attributes
            attributes["error.type"] = .string(reason.errorType)
            self.count("\(prefix).exported", unit: unit, text, attributes, count)
        }
    }

    /// What no exporter and no queue can know: what became of records in between and on disk.
    fileprivate mutating func reportDelivery(
        _ health: TelemetryHealth,
        seenBy counts: [ExporterObservations.Component: ExporterObservations.Counts]
    ) {
        for (name, destination) in health.destinations.sorted(by: { $0.key < $1.key }) {
            if destination.books.accepted > 0 {
                self.level(
                    "azure_monitor.delivery.stored",
                    unit: "{record}",
                    "The number of records of this process in offline storage.",
                    ["destination": .string(name)],
                    destination.books.stored
                )
            }
            let reasons: [DropReason] = [.evicted, .expired, .storageFailed, .unreachable, .quota]
            for reason in reasons {
                let seen = counts.filter { $0.key.destination.name == name }
                    .reduce(0) { $0 + ($1.value.lost[reason] ?? 0) }
                let all = destination.books.dropped[reason] ?? 0
                self.count(
                    "azure_monitor.delivery.lost",
                    unit: "{record}",
                    "The number of records that were lost between exporter and disk.",
                    ["destination": .string(name), "error.type": .string(reason.errorType)],
                    all - min(all, seen)
                )
            }
        }
    }
}

extension ExporterObservations.Component: Comparable {
    package static func < (
        lhs: ExporterObservations.Component,
        rhs: ExporterObservations.Component
    ) -> Bool {
        (lhs.destination.name, lhs.destination.identity, lhs.signal.rawValue)
            < (rhs.destination.name, rhs.destination.identity, rhs.signal.rawValue)
    }

    /// What a record of the signal is called in the names of metrics, and the unit of its counts.
    fileprivate var recordName: (name: String, unit: String) {
        switch self.signal {
        case .traces: ("span", "{span}")
        case .logs: ("log", "{log_record}")
        case .metrics: ("metric_data_point", "{data_point}")
        }
    }

    /// Who the component is, and which server it talks to.
    fileprivate var attributes: Attributes {
        var attributes: Attributes = [
            "otel.component.type": .string(self.type),
            "otel.component.name": .string("\(self.type)/\(self.number)"),
        ]
        if let (host, port) = self.server {
            attributes["server.address"] = .string(host)
            if let port { attributes["server.port"] = .int(port) }
        }
        return attributes
    }

    /// Host and port, if the destination's identity begins with a URL.
    private var server: (host: String, port: Int64?)? {
        let identity = self.destination.identity
        for (scheme, port) in [("https://", Int64(443)), ("http://", Int64(80))]
        where identity.hasPrefix(scheme) {
            let authority = identity.dropFirst(scheme.count).prefix {
                $0 != "/" && $0 != "#" && $0 != "?"
            }
            let host = authority[(authority.lastIndex(of: "@") ?? authority.startIndex)...]
                .drop { $0 == "@" }
            guard let colon = host.lastIndex(of: ":"), !host[colon...].contains("]"),
                let number = Int64(host[colon...].dropFirst())
            else { return (String(host), port) }
            return (String(host[..<colon]), number)
        }
        return nil
    }
}
