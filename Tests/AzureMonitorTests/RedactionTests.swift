import AzureMonitor
import Logging
import TelemetryEngine
import Testing
import Tracing

/// Whether the queries of URLs leave the process.
@Suite("Query redaction", .timeLimit(.minutes(10)))
struct RedactionTests {
    private static let url = "https://ada:pw@shop.example/orders?token=secret#top"

    /// URLs in every place that instrumentation puts them.
    private static func record(with monitor: Telemetry) {
        let logger = Logger(label: "shop", factory: { monitor.makeLogHandler(label: $0) })
        withTracer(monitor.tracer) {
            withSpan("full", ofKind: .server) { span in
                span.attributes["http.request.method"] = "GET"
                span.attributes["url.full"] = Self.url
            }
            withSpan("parts", ofKind: .server) { span in
                span.attributes["http.request.method"] = "GET"
                span.attributes["url.scheme"] = "https"
                span.attributes["server.address"] = "shop.example"
                span.attributes["url.path"] = "/orders"
                span.attributes["url.query"] = "token=secret"
            }
            withSpan("parts without a scheme", ofKind: .server) { span in
                span.attributes["http.request.method"] = "GET"
                span.attributes["url.path"] = "/orders"
                span.attributes["url.query"] = "token=secret"
            }
            withSpan("call", ofKind: .client) { span in
                span.attributes["http.request.method"] = "GET"
                span.attributes["url.full"] = Self.url
                span.attributes["url.query"] = "token=secret"
                span.attributes["http.target"] = "/orders?token=secret"
            }
            withSpan("inside") { span in
                span.attributes["http.url"] = Self.url
                span.attributes["http.target"] = "/orders?token=secret"
                logger.info("called", metadata: ["url.full": "\(Self.url)"])
            }
        }
        monitor.trackEvent("called", properties: ["url.full": Self.url])
    }

    @Test("by default queries are sent, users and passwords are not")
    func kept() async throws {
        let pipeline = try DistributionPipeline()
        let items = try await pipeline.run { Self.record(with: $0) }
        #expect(items.count == 7)
        let request = try #require(items.first { $0.data["url"] != nil })
        #expect(request.data["url"] as? String == "https://shop.example/orders?token=secret#top")
        for body in try await pipeline.bodies() {
            #expect(!String(decoding: body, as: UTF8.self).contains("ada:pw"))
        }
    }

    @Test("on demand no query is sent, wherever it stands")
    func redacted() async throws {
        let pipeline = try DistributionPipeline { $0.redactsURLQueries = true }
        let items = try await pipeline.run { Self.record(with: $0) }
        #expect(items.count == 7)
        for body in try await pipeline.bodies() {
            let text = String(decoding: body, as: UTF8.self)
            #expect(!text.contains("secret"))
            #expect(!text.contains("ada:pw"))
        }
        let urls = items.compactMap { $0.data["url"] as? String }
        #expect(
            Set(urls) == ["https://shop.example/orders#top", "https://shop.example/orders", ""]
        )
        let call = try #require(items.first { $0.data["type"] as? String == "HTTP" })
        #expect(call.data["data"] as? String == "https://shop.example/orders#top")
        #expect(call.properties["http.target"] == "/orders")
        #expect(call.properties["url.query"] == nil)
        let event = try #require(items.first { $0.baseType == "EventData" })
        #expect(event.properties["url.full"] == "https://shop.example/orders#top")
    }
}
