import Instrumentation
import TelemetryModel
import Testing
import Tracing

@testable import TelemetryEngine

@Suite("HTTP client spans")
struct HTTPClientSpanTests {
    @Test("A request is described, and carries the trace")
    func request() async throws {
        let harness = TracingHarness()
        var context = ServiceContext.topLevel
        context.baggage = ["user": "me"]
        let headers = await withTracer(harness.tracer) {
            await ServiceContext.withValue(context) {
                await withHTTPClientSpan(
                    method: "GET",
                    url: "https://me:secret@api.example.com/carts/7?x=1#top",
                    template: "/carts/{id}"
                ) { span in
                    await Task.yield()
                    var headers: [String: String] = [:]
                    span.forEachHeader { headers[$0] = $1 }
                    span.setResponseStatus(200)
                    return headers
                }
            }
        }
        let span = try await harness.endedSpans().only
        #expect(span.name == "GET /carts/{id}")
        #expect(span.kind == .client)
        #expect(span.status == .unset)
        let values = Dictionary(uniqueKeysWithValues: span.attributes.map { ($0.key, $0.value) })
        #expect(
            values == [
                "http.request.method": "GET", "url.full": "https://api.example.com/carts/7?x=1",
                "url.template": "/carts/{id}", "server.address": "api.example.com",
                "server.port": 443, "http.response.status_code": 200,
            ]
        )
        #expect(
            headers == [
                "traceparent": "00-\(span.context.traceID)-\(span.context.spanID)-03",
                "baggage": "user=me",
            ]
        )
    }

    @Test(
        "A status of 400 and more fails the span",
        arguments: [(399, false), (400, true), (503, true)]
    )
    func status(code: Int, isError: Bool) async throws {
        let harness = TracingHarness()
        withTracer(harness.tracer) {
            withHTTPClientSpan(method: "POST", url: "http://localhost:8080/") {
                $0.setResponseStatus(code)
            }
        }
        let span = try await harness.endedSpans().only
        #expect(span.name == "POST")
        #expect(span.attributes["http.response.status_code"] == .int(Int64(code)))
        #expect(span.status == (isError ? .error(message: "") : .unset))
        #expect(span.attributes["error.type"] == (isError ? .string("\(code)") : nil))
        #expect(span.attributes["server.port"] == 8080)
    }

    @Test("What a request throws fails the span, and a status said before stays")
    func failures() async throws {
        let harness = TracingHarness()
        await withTracer(harness.tracer) {
            try? await withHTTPClientSpan(method: "get", url: "http://x/") { _ in
                await Task.yield()
                throw OutOfPaperError()
            }
            try? withHTTPClientSpan(method: "FROBNICATE", url: "http://x/") {
                $0.setResponseStatus(500)
                throw OutOfPaperError()
            }
        }
        let spans = await harness.endedSpans()
        #expect(spans.map(\.name) == ["GET", "HTTP"])
        #expect(spans[0].attributes["http.request.method_original"] == "get")
        #expect(spans[0].attributes["error.type"] == "TelemetryEngineTests.OutOfPaperError")
        #expect(spans[1].attributes["http.request.method"] == "_OTHER")
        #expect(spans[1].attributes["http.request.method_original"] == "FROBNICATE")
        #expect(spans[1].attributes["error.type"] == "500")
        #expect(spans.allSatisfy { $0.status == .error(message: "") && $0.events.count == 1 })
    }

    @Test(
        "Host and port are read, secrets are not kept",
        arguments: [
            ("http://a.example/b", "a.example", 80, "http://a.example/b"),
            ("HTTPS://a:p@h:1234?q#f", "h", 1234, "HTTPS://h:1234?q"),
            ("https://u:p@ss@[2001:db8::1]:9/x", "2001:db8::1", 9, "https://[2001:db8::1]:9/x"),
            ("https://[::1]/x", "::1", 443, "https://[::1]/x"),
            ("ftp://h/x", "h", nil, "ftp://h/x"), ("http://h:/x", "h", 80, "http://h:/x"),
            (
                "http://h/?sig=abc&a=1&Signature=x&sig", "h", 80,
                "http://h/?sig=REDACTED&a=1&Signature=REDACTED&sig"
            ),
            ("/relative?x=1", nil, nil, "/relative?x=1"), ("u:p@h/x", nil, nil, "h/x"),
            ("", nil, nil, ""), ("://", nil, nil, ""), ("http://", nil, nil, "http://"),
            ("http://h/a@b:c", "h", 80, "http://h/a@b:c"),
        ] as [(String, String?, Int?, String)]
    )
    func urls(_ text: String, host: String?, port: Int?, redacted: String) {
        let url = RequestURL(text)
        #expect(url.host == host)
        #expect(url.port == port)
        #expect(url.redacted == redacted)
    }

    @Test("No address harms", arguments: hostileTexts)
    func hostileAddresses(_ text: String) async throws {
        let harness = TracingHarness()
        withTracer(harness.tracer) {
            withHTTPClientSpan(method: text, url: "http://u:secret@\(text)", template: text) {
                $0.setResponseStatus(200)
            }
        }
        let span = try await harness.endedSpans().only
        guard case .string(let url) = span.attributes["url.full"] else {
            Issue.record("No address.")
            return
        }
        #expect(!url.hasPrefix("http://u:"))
    }

    @Test("Without a tracer the bodies run all the same")
    func withoutATracer() throws {
        let sum =
            withDatabaseSpan(system: "sqlite") { _ in 1 }
            + withHTTPClientSpan(method: "GET", url: "http://h/") { span in
                span.forEachHeader { _, _ in Issue.record("No tracer, no headers.") }
                return 2
            }
        #expect(sum == 3)
    }
}
