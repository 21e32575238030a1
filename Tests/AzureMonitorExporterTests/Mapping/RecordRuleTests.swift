import AzureMonitorExporter
import TelemetryEngine
import TelemetryModel
import Testing

/// Rules of the log and metric mapping that no conformance vector covers.
@Suite struct RecordRuleTests {
    // MARK: Log records

    @Test func recordOfASampledTraceBearsItsRate() throws {
        #expect(try Mapped.log { $0.sampleRate = 12.5 }.json["sampleRate"]?.number == 12.5)
        #expect(try Mapped.log { $0.sampleRate = 0 }.json["sampleRate"] == nil)
        #expect(try Mapped.log(["_MS.sampleRate": 5]).json["sampleRate"] == nil)
    }

    @Test func eachOperationTagIsLeftOutOnItsOwn() throws {
        let envelope = try Mapped.log { $0.spanID = nil }
        #expect(envelope.tag("ai.operation.id") == "0af7651916cd43dd8448eb211c80319c")
        #expect(envelope.tag("ai.operation.parentId") == nil)
    }

    @Test func markerOfOtherExportersIsAnOrdinaryAttribute() throws {
        let envelope = try Mapped.log(["APPLICATION_INSIGHTS_EVENT_MARKER_ATTRIBUTE": true])
        #expect(envelope.kind == "MessageData")
        #expect(envelope.property("APPLICATION_INSIGHTS_EVENT_MARKER_ATTRIBUTE") == "true")
    }

    @Test func addedPropertiesReplaceNoAttribute() throws {
        let envelope = try Mapped.log([
            "logger_name": "a", "severity_text": "b", "otel.event_name": "c", "otel.body": "d",
            "exception.message": "e",
        ]) {
            $0.severityText = "notice"
            $0.eventName = "x"
        }
        #expect(envelope.kind == "ExceptionData")
        #expect(envelope.property("logger_name") == "a")
        #expect(envelope.property("severity_text") == "b")
        #expect(envelope.property("otel.event_name") == "c")
        #expect(envelope.property("otel.body") == "d")
    }

    @Test func emptyExceptionTypeIsAnExceptionAndStays() throws {
        let envelope = try Mapped.log(["exception.type": "", "exception.stacktrace": ""])
        let exception = try #require(envelope.data["exceptions"]?.array?.first)
        #expect(exception["typeName"]?.string == "Exception")
        #expect(exception["message"]?.string == "said")
        #expect(exception["hasFullStack"]?.bool == true)
        #expect(exception["stack"]?.string == "")
        #expect(envelope.property("exception.type") == "")
        #expect(envelope.property("otel.body") == nil)
    }

    @Test func stackTraceAloneIsNoException() throws {
        let envelope = try Mapped.log(["exception.stacktrace": "at main"])
        #expect(envelope.kind == "MessageData")
        #expect(envelope.property("exception.stacktrace") == "at main")
    }

    @Test func cutIsMadeBeforeBlanksAreTrimmed() throws {
        let envelope = try Mapped.log {
            $0.body = .string("\u{A0}x" + String(repeating: " ", count: 40_000) + "y")
        }
        #expect(envelope.data["message"]?.string == "x")
    }

    @Test(
        arguments: [
            ("error", 17, nil), ("FATAL4", 24, nil), ("critical", 21, nil),
            ("warning", 9, "warning"),
            ("TRACE2", 1, "TRACE2"), ("verbose", 0, nil), ("", 9, nil), ("x", 99, "x"),
        ] as [(String, Int, String?)]
    )
    func severityTextStaysOnlyIfItSaysMore(_ text: String, _ number: Int, _ kept: String?) throws {
        let envelope = try Mapped.log {
            $0.severityText = text
            $0.severity = .init(rawValue: number)
        }
        #expect(envelope.property("severity_text") == kept)
    }

    @Test func operationNameMayBeEmptyOnARecord() throws {
        #expect(try Mapped.log(["ai.operation.name": ""]).tag("ai.operation.name") == "")
        let both: Attributes = ["ai.operation.name": "a", "microsoft.operation_name": "b"]
        #expect(try Mapped.log(both).tag("ai.operation.name") == "b")
        #expect(try Mapped.log(both).property("ai.operation.name") == "a")
    }

    // MARK: Metrics

    @Test func onAttachedKubernetesOnlyStandardMetricsMayBeWanted() throws {
        let encoder = Mapped.encoder(environment: [
            "AKS_ARM_NAMESPACE_ID": "x",
            "APPLICATIONINSIGHTS_METRICS_TO_LOGANALYTICS_ENABLED": " False ",
            "OTEL_METRICS_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://x",
        ])
        let metrics = [
            Mapped.gauge("custom", 1), Mapped.gauge("http.server.duration", 2),
            Mapped.gauge("azuremonitor.performancecounter.requestssec", 3),
        ]
        let envelopes = try Mapped.envelopes(.metrics(metrics), encoder: encoder)
        #expect(envelopes.count == 1)
        #expect(envelopes.first?.property("_MS.SentToAMW") == "True")
        let batch = ExportBatch(resource: Mapped.resource, records: .metrics(metrics))
        let encoded = encoder.encode(batch)
        #expect(encoded.dropped == [:])
        #expect(encoded.omitted == 2)
        #expect(encoder.envelopes(of: batch).unmapped.count == 2)
    }

    @Test func standardMetricWithoutResourceHasNoRole() throws {
        let envelope = try #require(
            try Mapped.envelopes(
                .metrics([Mapped.gauge("http.client.duration", 2)]),
                resource: Resource()
            ).first
        )
        #expect(envelope.tag("ai.cloud.role") == nil)
        #expect(envelope.property("cloud/roleName") == nil)
        #expect(envelope.property("dependency/target") == "")
        #expect(envelope.property("Dependency.Success") == "True")
    }

    @Test func scaledValueThatOverflowsIsDropped() throws {
        let metric = Mapped.gauge("http.server.request.duration", 1e306)
        #expect(try Mapped.envelopes(.metrics([metric])).isEmpty)
    }

    @Test func histogramWithoutSumIsDroppedAndNamed() throws {
        let metric = Metric(
            name: "h",
            content: .histogram(
                [HistogramPoint(attributes: [:], time: Mapped.start, count: 1, sum: nil)],
                temporality: .delta
            )
        )
        let result = Mapped.encoder().envelopes(
            of: ExportBatch(resource: Mapped.resource, records: .metrics([metric]))
        )
        #expect(result.texts.isEmpty)
        #expect(result.unmapped == ["point 0 of metric h: no finite value"])
    }

    @Test func largestIntegersStayExact() throws {
        let metric = Metric(
            name: "i",
            content: .sum(
                [NumberPoint(attributes: [:], time: Mapped.start, value: .int(.min))],
                temporality: .delta,
                isMonotonic: false
            )
        )
        let batch = ExportBatch(resource: Mapped.resource, records: .metrics([metric]))
        let text = try #require(Mapped.encoder().envelopes(of: batch).texts.first)
        #expect(text.contains(#""value":-9223372036854775808}"#))
    }
}
