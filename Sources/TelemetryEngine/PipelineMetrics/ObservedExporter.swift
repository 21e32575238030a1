package import TelemetryModel

/// An exporter whose work is counted.
package struct ObservedExporter: TelemetryExporter {
    private let exporter: any TelemetryExporter
    private let observations: ExporterObservations
    private let components: [Signal: ExporterObservations.Component]
    private let dropsOverQuota: Bool
    private let time: TimeSource

    /// Creates an exporter that does what another does.
    ///
    /// - Parameters:
    ///   - exporter: the exporter.
    ///   - observations: where to count.
    ///   - dropsOverQuota: whether records are dropped while the destination's quota is used up.
    ///   - time: the clock for how long requests take.
    package init(
        _ exporter: any TelemetryExporter,
        observations: ExporterObservations,
        dropsOverQuota: Bool,
        time: TimeSource
    ) {
        self.exporter = exporter
        self.observations = observations
        self.components = Dictionary(
            uniqueKeysWithValues: Signal.allCases.map { signal in
                (signal, observations.component(of: exporter, for: signal))
            }
        )
        self.dropsOverQuota = dropsOverQuota
        self.time = time
    }

    package var destination: Destination { self.exporter.destination }

    package var signals: Set<Signal> { self.exporter.signals }

    package var keepsUndelivered: Bool { self.exporter.keepsUndelivered }

    package var storageDirectory: String? { self.exporter.storageDirectory }

    package var metricPreference: MetricPreference { self.exporter.metricPreference }

    @concurrent package func encode(_ batch: ExportBatch) async -> EncodedBatch {
        let encoded = await self.exporter.encode(batch)
        self.observations.encoded(
            self.component(batch.signal),
            encoded,
            isOwn: batch.isAboutPipeline
        )
        return encoded
    }

    package func send(_ payload: Payload, within timeLimit: Duration) async -> DeliveryOutcome {
        let component = self.component(payload.signal)
        guard self.observations.willSend(payload, by: component) else {
            let outcome = await self.exporter.send(payload, within: timeLimit)
            self.observations.didSendOwn(payload, by: component, outcome)
            return outcome
        }
        let start = self.time.monotonicNow()
        let outcome = await self.exporter.send(payload, within: timeLimit)
        let end = self.time.monotonicNow()
        self.observations.didSend(
            payload,
            by: component,
            outcome,
            seconds: end > start ? Double(end - start) / 1e9 : 0,
            dropsOverQuota: self.dropsOverQuota
        )
        return outcome
    }

    @concurrent package func payload(
        of payload: Payload,
        keeping items: [Int],
        layout: RecordLayout
    ) async -> Payload? {
        let part = await self.exporter.payload(of: payload, keeping: items, layout: layout)
        self.observations.divided(
            payload,
            into: part,
            records: layout.recordCount,
            by: self.component(payload.signal)
        )
        return part
    }

    package func run() async {
        await self.exporter.run()
    }

    package func shutdown() async {
        await self.exporter.shutdown()
    }

    private func component(_ signal: Signal) -> ExporterObservations.Component {
        self.components[signal] ?? self.observations.component(of: self.exporter, for: signal)
    }
}
