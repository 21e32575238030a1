import AsyncHTTPClient
import Logging
import Metrics
import NIOCore
import NIOHTTP1
import TelemetryEngine
import Tracing

/// The demo's clients: people who look, buy, wait and meet errors.
struct Visitors: Sendable {
    let telemetry: Telemetry
    let shop: String

    /// Visits the shop until the task is cancelled.
    func run() async throws {
        var configuration = HTTPClient.Configuration()
        configuration.tracing.tracer = self.telemetry.tracer
        let client = HTTPClient(configuration: configuration)
        await withTracer(self.telemetry.tracer) {
            await withDiscardingTaskGroup { group in
                for visitor in 0..<3 {
                    group.addTask { await self.visit(as: visitor, with: client) }
                }
            }
        }
        try await client.shutdown()
    }

    private func visit(as visitor: Int, with client: HTTPClient) async {
        let logger = Logger(label: "visitors") { self.telemetry.makeLogHandler(label: $0) }
        let visits = Counter(
            label: "visitors.visits",
            dimensions: [("visitor", "\(visitor)")],
            factory: self.telemetry.metricsFactory
        )
        var round = visitor
        while !Task.isCancelled {
            round += 1
            await withSpan("visit") { _ in
                await self.request(.GET, "/products", client, logger)
                await self.request(.GET, "/products/\(round % 5 + 1)", client, logger)
                if round.isMultiple(of: 2) {
                    await self.request(.POST, "/orders/\(round % 4 + 1)", client, logger)
                }
                if round.isMultiple(of: 5) { await self.request(.GET, "/slow", client, logger) }
                if round.isMultiple(of: 6) { await self.request(.GET, "/report", client, logger) }
            }
            visits.increment()
            try? await Task.sleep(for: .milliseconds(200))
        }
    }

    private func request(
        _ method: HTTPMethod,
        _ path: String,
        _ client: HTTPClient,
        _ logger: Logger
    ) async {
        guard !Task.isCancelled else { return }
        var request = HTTPClientRequest(url: self.shop + path)
        request.method = method
        do {
            let response = try await client.execute(request, timeout: .seconds(5))
            _ = try await response.body.collect(upTo: 1 << 16)
            if response.status.code >= 500 {
                logger.warning("The shop failed.", metadata: ["path": "\(path)"])
            }
        } catch {
            logger.error("The shop did not answer.", error: error)
        }
    }
}
