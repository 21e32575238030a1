package import TelemetryModel
import TelemetryTransport

/// Turns batches into export requests of the OpenTelemetry protocol.
///
/// Records stand in a body in the order of the batch, but those of one scope together: the scopes
/// come in the order in which they come first. A metric's points stay in their order, too. So the
/// position of a record is its place in the body, front to back; a metric point is one record.
///
/// | Not in the protocol        | What becomes of it                                            |
/// | -------------------------- | ------------------------------------------------------------- |
/// | `sampleRate`, `localRoot`  | left out                                                      |
/// | an event that was tracked  | a log record, its name also in `event_name` unless that is set |
/// | ids of all zeros           | left out; a span without ids is invalid                       |
///
/// - SeeAlso: [OTLP 1.8](https://github.com/open-telemetry/opentelemetry-proto/blob/v1.8.0/docs/specification.md)
package struct OTLPEncoder: Sendable {
    /// The encoding of the bodies.
    package let encoding: OTLPEncoding

    /// Creates an encoder.
    package init(encoding: OTLPEncoding) {
        self.encoding = encoding
    }

    /// Writes a batch into the bodies of as many requests as it needs.
    ///
    /// - Parameters:
    ///   - batch: The records; one without any makes no request.
    ///   - maximumSize: The most bytes of a body; a record that is larger by itself is left out.
    package func requests(for batch: ExportBatch, maximumSize: Int) -> OTLPRequests {
        var buffer = WireBuffer()
        return self.requests(for: [batch], maximumSize: maximumSize, in: &buffer)
    }

    /// Writes batches of one signal into the bodies of as many requests as they need.
    ///
    /// - Parameter buffer: Memory that may have been used before.
    func requests(
        for batches: [ExportBatch],
        maximumSize: Int,
        in buffer: inout WireBuffer
    ) -> OTLPRequests {
        switch self.encoding {
        case .protobuf:
            self.requests(for: batches, maximumSize, in: &buffer, by: ProtobufRequestWriter.self)
        case .json:
            self.requests(for: batches, maximumSize, in: &buffer, by: JSONRequestWriter.self)
        }
    }

    private func requests<Writer: RequestWriter & ~Copyable>(
        for batches: [ExportBatch],
        _ maximumSize: Int,
        in buffer: inout WireBuffer,
        by _: Writer.Type
    ) -> OTLPRequests {
        guard let signal = batches.first?.signal else { return OTLPRequests() }
        let records = batches.reduce(0) { $0 + $1.count }
        // A span with five attributes takes about 450 bytes in the one encoding and 900 in the other.
        let estimate = min(records * 600 + 1024, min(maximumSize, 1 << 22) + 4096)
        var bytes = WireBuffer()
        swap(&bytes, &buffer)
        bytes.truncate(to: 0)
        bytes.reserve(estimate)
        var builder = RequestBuilder<Writer>(
            signal: signal,
            bytes: bytes,
            maximumSize: maximumSize
        )
        for batch in batches where batch.signal == signal {
            builder.add(batch)
        }
        let result = builder.finish()
        buffer = builder.takeBytes()
        return result
    }
}
