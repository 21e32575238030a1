public import TelemetryEngine
public import TelemetryModel

/// Keeps the records it is given, and fails as told.
///
/// ```swift
/// let exporter = InMemoryExporter()
/// let telemetry = Telemetry(exporters: [exporter])
/// try await telemetry.run {
///     withTracer(telemetry.tracer) { withSpan("work") { _ in } }
/// }
/// #expect(exporter.spans.map(\.name) == ["work"])
/// ```
///
/// Records count as exported when a payload is accepted, but can be seen as soon as they were
/// encoded.
public final class InMemoryExporter: TelemetryExporter {
    private struct State {
        var spans: [EndedSpan] = []
        var logs: [LogRecord] = []
        var metrics: [Metric] = []
        var outcomes: [DeliveryOutcome] = []
        var sent: [Payload] = []
        var isShutDown = false
        var held: [CheckedContinuation<Void, Never>] = []
        var isHolding = false
    }

    private let state = Locked(State())

    /// The name that the exporter has in accounts; `memory` unless told otherwise.
    public let destination: Destination

    /// The signals that the exporter takes.
    public let signals: Set<Signal>

    /// Whether undelivered payloads may go to disk.
    public let keepsUndelivered: Bool

    /// How the exporter wants its metrics.
    public let metricPreference: MetricPreference

    /// Creates an exporter.
    ///
    /// - Parameters:
    ///   - name: the name of its destination.
    ///   - signals: the signals that it takes; all unless told otherwise.
    ///   - keepsUndelivered: whether undelivered payloads may go to disk; not unless told so.
    ///   - metricPreference: how it wants its metrics; as Application Insights unless told so.
    ///   - outcomes: what becomes of the first tries, in order; later ones are accepted.
    public init(
        name: String = "memory",
        signals: Set<Signal> = Set(Signal.allCases),
        keepsUndelivered: Bool = false,
        metricPreference: MetricPreference = MetricPreference(),
        outcomes: [DeliveryOutcome] = []
    ) {
        self.destination = Destination(name: name, identity: name)
        self.signals = signals
        self.keepsUndelivered = keepsUndelivered
        self.metricPreference = metricPreference
        self.state.withLock { $0.outcomes = outcomes }
    }

    /// The spans that were encoded, in that order.
    public var spans: [EndedSpan] { self.state.withLock { $0.spans } }

    /// The log records that were encoded, in that order.
    public var logs: [LogRecord] { self.state.withLock { $0.logs } }

    /// The metrics that were encoded, in that order.
    public var metrics: [Metric] { self.state.withLock { $0.metrics } }

    /// Every payload that was tried, in that order.
    public var sent: [Payload] { self.state.withLock { $0.sent } }

    /// Whether the exporter was told that nothing more will come.
    public var isShutDown: Bool { self.state.withLock { $0.isShutDown } }

    /// What becomes of the next tries, in order; those after them are accepted.
    public func answer(with outcomes: [DeliveryOutcome]) {
        self.state.withLock { $0.outcomes = outcomes }
    }

    /// Lets every try wait, until ``release()`` or until its task is cancelled.
    public func hold() {
        self.state.withLock { $0.isHolding = true }
    }

    /// Lets the waiting tries, and all later ones, go on.
    public func release() {
        let held = self.state.withLock { state in
            let held = state.held
            state.held = []
            state.isHolding = false
            return held
        }
        for continuation in held { continuation.resume() }
    }

    /// Keeps the records.
    @concurrent
    public func encode(_ batch: ExportBatch) async -> EncodedBatch {
        self.state.withLock { state in
            switch batch.records {
            case .spans(let spans): state.spans += spans
            case .logs(let logs): state.logs += logs
            case .metrics(let metrics): state.metrics += metrics
            }
        }
        let payload = Payload(
            signal: batch.signal,
            body: Array("\(batch.count)".utf8),
            mediaType: "text/plain",
            isCompressed: false,
            layout: RecordLayout(records: batch.count)
        )
        return EncodedBatch(payloads: [payload])
    }

    /// Answers as told.
    public func send(_ payload: Payload, within timeLimit: Duration) async -> DeliveryOutcome {
        await self.waitWhileHeld()
        if Task.isCancelled {
            return .failed(DeliveryFailure(kind: .network, explanation: "cancelled"))
        }
        return self.state.withLock { state in
            state.sent.append(payload)
            return state.outcomes.isEmpty ? .accepted : state.outcomes.removeFirst()
        }
    }

    /// Keeps the number of records; the body means nothing.
    @concurrent
    public func payload(
        of payload: Payload,
        keeping items: [Int],
        layout: RecordLayout
    ) async -> Payload? {
        var part = payload
        part.layout = layout
        part.leadingItems = 0
        part.body = Array("\(layout.recordCount)".utf8)
        return part
    }

    /// Remembers that it was called.
    public func shutdown() async {
        self.state.withLock { $0.isShutDown = true }
    }

    private func waitWhileHeld() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let mayPass = self.state.withLock { state in
                    guard state.isHolding, !Task.isCancelled else { return true }
                    state.held.append(continuation)
                    return false
                }
                if mayPass { continuation.resume() }
            }
        } onCancel: {
            // Which continuation belongs to the task is not worth knowing: one task's end is the
            // end of all here.
            self.release()
        }
    }
}
