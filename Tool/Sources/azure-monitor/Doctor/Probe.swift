import HTTPTypes
import TelemetryTransport

/// A request that changes nothing, to see whether there is any answer.
enum Probe {
    static func result(
        of service: ServiceAddress,
        _ transport: WatchedTransport,
        within limit: Duration
    ) async -> Result<TransportResponse, TransportError> {
        do throws(TransportError) {
            return .success(
                try await transport.send(
                    TransportRequest(
                        method: .get,
                        url: service.url + "/",
                        timeout: limit,
                        maximumResponseBodySize: 1_024
                    )
                )
            )
        } catch {
            return .failure(error)
        }
    }
}
