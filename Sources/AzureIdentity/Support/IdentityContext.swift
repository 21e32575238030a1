package import TelemetryTransport

#if canImport(FoundationEssentials)
    private import FoundationEssentials
#else
    private import Foundation
#endif
#if canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#elseif canImport(Darwin)
    private import Darwin
#endif

/// What credentials take from the world around them; a test replaces each part.
package struct IdentityContext: Sendable {
    /// The environment variables.
    package var environment: [String: String]

    /// What sends; `nil` to open a connection for each request and close it after.
    ///
    /// Tokens are fetched about once an hour: a connection kept for that, and its thread, would be
    /// idle all the time.
    package var transport: (any HTTPTransport)?

    /// The wall clock, in seconds since 1970.
    package var now: @Sendable () -> Int64

    /// Waits, and ends early with an error when the task is cancelled.
    package var sleep: @Sendable (Duration) async throws -> Void

    /// Creates a context.
    ///
    /// - Parameters:
    ///   - environment: The variables; `nil` for those of the process.
    ///   - transport: What sends; `nil` for a connection per request.
    ///   - now: The wall clock, in seconds since 1970.
    ///   - sleep: How to wait.
    package init(
        environment: [String: String]? = nil,
        transport: (any HTTPTransport)? = nil,
        now: @escaping @Sendable () -> Int64 = { Int64(time(nil)) },
        sleep: @escaping @Sendable (Duration) async throws -> Void = {
            try await Task.sleep(for: $0, tolerance: nil, clock: .continuous)
        }
    ) {
        self.environment = environment ?? ProcessInfo.processInfo.environment
        self.transport = transport
        self.now = now
        self.sleep = sleep
    }

    /// The value of a variable that is set and not empty.
    func variable(_ name: String) -> String? {
        self.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Sends one request.
    ///
    /// - Parameters:
    ///   - request: What to send.
    ///   - route: Whether the proxy of the environment may be used.
    func send(
        _ request: TransportRequest,
        by route: Route
    ) async throws(TransportError) -> TransportResponse {
        if let transport { return try await transport.send(request) }
        var configuration = TransportConfiguration(environment: self.environment)
        switch route {
        case .network: break
        case .machine(let connectTimeout):
            configuration.proxy = ProxyConfiguration()
            configuration.connectTimeout = connectTimeout
        }
        let transport = CurlMultiplexer(configuration: configuration)
        let result: Result<TransportResponse, TransportError>
        do throws(TransportError) {
            result = .success(try await transport.send(request))
        } catch {
            result = .failure(error)
        }
        await transport.shutdown()
        return try result.get()
    }

    /// How a request travels.
    enum Route: Hashable {
        /// Over the network, through a proxy if the environment names one.
        case network
        /// To a service of this machine or its host, which no proxy can reach.
        case machine(connectTimeout: Duration)
    }
}
