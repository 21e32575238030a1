import AsyncHTTPClient
import Logging
import ServiceLifecycle

/// Sends the server a few requests and is done.
///
/// AsyncHTTPClient makes a span of each request and passes its ids on, so that the request appears
/// below it.
struct Visitor: Service {
    /// Where the server listens, once it does.
    let ports: AsyncStream<Int>

    func run() async throws {
        for await port in self.ports {
            for id in [1, 2, 0] {
                let request = HTTPClientRequest(url: "http://127.0.0.1:\(port)/orders/\(id)")
                let response = try await HTTPClient.shared.execute(request, timeout: .seconds(10))
                // To the end of the body: the span of the request ends there.
                _ = try await response.body.collect(upTo: 1 << 16)
            }
        }
    }
}
