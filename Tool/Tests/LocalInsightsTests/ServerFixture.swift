import Hummingbird
import HummingbirdTesting
import Logging

@testable import LocalInsights

/// Gives `body` a client of a server that has a store of its own.
func withServer(
    _ configuration: LocalInsightsServer.Configuration = .init(),
    _ body: @Sendable (any TestClientProtocol) async throws -> Void
) async throws {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let server = LocalInsightsServer(
        configuration: configuration,
        store: try TelemetryStore(logger: logger),
        logger: logger
    )
    try await server.makeApplication().test(.router, body)
}
