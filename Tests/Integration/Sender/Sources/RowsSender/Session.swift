import AzureMonitor
import AzureMonitorExporter
import Logging
import Metrics
import Tracing

/// Sends a session of the scenario through a pipeline of its own.
struct Session {
    private let session: Scenario.Session
    private let start: UInt64
    private let telemetry: Telemetry
    private let logger: Logger

    init(_ session: Scenario.Session, start: UInt64) throws {
        var configuration = AzureMonitor.Configuration()
        configuration.resourceAttributes = session.resource.mapValues { .string($0.text) }
        configuration.traces.sampler =
            if let ratio = session.ratio {
                ApplicationInsightsSampler(ratio: ratio)
            } else {
                ParentBasedSampler(root: AlwaysOnSampler())
            }
        configuration.logs.levels = LogLevels(default: .trace)
        configuration.logs.console = .off
        configuration.storage = nil
        configuration.shutdownTimeout = .seconds(300)
        let telemetry = try AzureMonitor.makePipeline(configuration)
        self.session = session
        self.start = start
        self.telemetry = telemetry
        self.logger = Logger(label: "rows") { telemetry.makeLogHandler(label: $0) }
    }

    /// Records everything, then delivers it: whatever is mapped has ended by then.
    func send() async -> TelemetryHealth {
        for span in self.session.spans ?? [] { self.record(span, in: .topLevel) }
        for log in self.session.logs ?? [] { self.record(log) }
        for metric in self.session.metrics ?? [] { self.record(metric) }
        return await self.telemetry.shutdown()
    }

    private func instant(_ nanoseconds: UInt64) -> DefaultTracerClock.Timestamp {
        DefaultTracerClock.Timestamp(nanosecondsSinceEpoch: nanoseconds)
    }

    private func context(_ header: String) -> ServiceContext {
        var context = ServiceContext.topLevel
        self.telemetry.tracer.extract(
            ["traceparent": header],
            into: &context,
            using: HeaderReader()
        )
        return context
    }

    private func record(_ plan: Scenario.Span, in surroundings: ServiceContext) {
        let kinds: [String: SpanKind] = [
            "server": .server, "client": .client, "producer": .producer, "consumer": .consumer,
            "internal": .internal,
        ]
        let begin = self.start + (plan.at ?? 0) * 1_000_000
        let span = self.telemetry.tracer.startSpan(
            plan.name,
            context: plan.parent.map { self.context($0) } ?? surroundings,
            ofKind: kinds[plan.kind] ?? .internal,
            at: self.instant(begin)
        )
        span.attributes = SpanAttributes(plan.attributes, of: plan.case)
        for link in plan.links ?? [] {
            var attributes = SpanAttributes(link.attributes, of: plan.case)
            attributes.set("case", value: nil)
            for _ in 0..<(link.times ?? 1) {
                span.addLink(SpanLink(context: self.context(link.to), attributes: attributes))
            }
        }
        for (number, event) in (plan.events ?? []).enumerated() {
            let time = self.instant(begin + (event.at ?? 5) * 1_000_000)
            let attributes = SpanAttributes(event.attributes, of: "\(plan.case)/\(number)")
            if let message = event.error {
                span.recordError(Refused(description: message), attributes: attributes, at: time)
            } else {
                span.addEvent(
                    SpanEvent(name: event.name ?? "", at: time, attributes: attributes)
                )
            }
        }
        for child in plan.children ?? [] { self.record(child, in: span.context) }
        ServiceContext.withValue(span.context) {
            for log in plan.logs ?? [] { self.record(log) }
        }
        switch plan.status {
        case "ok": span.setStatus(SpanStatus(code: .ok))
        case "error": span.setStatus(SpanStatus(code: .error, message: plan.statusMessage))
        default: break
        }
        span.end(at: self.instant(begin + (plan.nanoseconds ?? 25_000_000)))
    }

    private func record(_ log: Scenario.Log) {
        var metadata = (log.attributes ?? [:]).mapValues { Logger.MetadataValue($0) }
        metadata["case"] = .string(log.case)
        self.logger.log(
            level: Logger.Level(rawValue: log.level) ?? .info,
            "\(log.body.text)",
            error: log.error.map { Refused(description: $0) },
            metadata: metadata
        )
    }

    private func record(_ metric: Scenario.Metric) {
        let dimensions =
            (metric.dimensions ?? [:]).sorted { $0.key < $1.key } + [("case", metric.case)]
        let factory = self.telemetry.metricsFactory
        for value in metric.values {
            switch metric.instrument {
            case "counter":
                Counter(label: metric.name, dimensions: dimensions, factory: factory)
                    .increment(by: Int64(value))
            case "floatingPointCounter":
                FloatingPointCounter(label: metric.name, dimensions: dimensions, factory: factory)
                    .increment(by: value)
            case "upDownCounter":
                let meter = Meter(label: metric.name, dimensions: dimensions, factory: factory)
                if value < 0 { meter.decrement(by: -value) } else { meter.increment(by: value) }
            case "gauge":
                Gauge(label: metric.name, dimensions: dimensions, factory: factory).record(value)
            case "histogram":
                Recorder(label: metric.name, dimensions: dimensions, factory: factory)
                    .record(value)
            default:
                // Values are seconds.
                Metrics.Timer(label: metric.name, dimensions: dimensions, factory: factory)
                    .recordNanoseconds(Int64(value * 1e9))
            }
        }
    }
}
