import Instrumentation
import Logging
import Tracing

/// The calls that are measured, the same against every back end.
///
/// A span goes to the tracer that `InstrumentationSystem` was bootstrapped with.
public enum Work {
    /// How many spans or records are made between two looks whether there is room for more.
    public static let stride = 64

    /// Paths of requests, made before anything is measured.
    private static let paths = (0..<1_024).map { "/orders/\($0 * 7_919)" }

    /// Starts and ends a span of a request with five attributes.
    @inline(never)
    public static func span(_ sequence: Int) {
        let span = startSpan("GET /orders/{id}", context: .topLevel, ofKind: .server)
        span.attributes["http.request.method"] = "GET"
        span.attributes["http.route"] = "/orders/{id}"
        span.attributes["url.path"] = self.paths[sequence & 1_023]
        span.attributes["http.response.status_code"] = 200
        span.attributes["customer.tier"] = "gold"
        span.end()
    }

    /// Does the same around a closure, as a middleware does: the span is the task's meanwhile.
    @inline(never)
    public static func spanAroundWork(_ sequence: Int) {
        withSpan("GET /orders/{id}", ofKind: .server) { span in
            span.attributes["http.request.method"] = "GET"
            span.attributes["http.route"] = "/orders/{id}"
            span.attributes["url.path"] = self.paths[sequence & 1_023]
            span.attributes["http.response.status_code"] = 200
            span.attributes["customer.tier"] = "gold"
        }
    }

    /// Starts and ends a span of a request.
    @inline(never)
    public static func plainSpan() {
        startSpan("GET /orders/{id}", context: .topLevel, ofKind: .server).end()
    }

    /// Logs a line with two values.
    @inline(never)
    public static func logRecord(_ sequence: Int, _ logger: Logger) {
        logger.info(
            "order shipped",
            metadata: [
                "order.path": .string(self.paths[sequence & 1_023]), "customer.tier": "gold",
            ]
        )
    }
}
