import HTTPTypes
import TelemetryModel
import TelemetryTransport

extension RetryAfter {
    /// Reads the wish from the headers of a response, at a moment of the engine's clock.
    static func duration(in headers: HTTPFields, now: Timestamp) -> Duration? {
        Self.duration(
            in: headers,
            now: Int64(now.nanosecondsSinceEpoch / 1_000_000_000)
        )
    }
}
