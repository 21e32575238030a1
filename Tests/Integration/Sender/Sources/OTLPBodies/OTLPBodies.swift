import Foundation
import OTLPExporter
import TelemetryEngine
import TelemetryModel

/// Writes random export requests to standard output, in both encodings and in plain words.
///
///     OTLPBodies COUNT SEED
///
/// Each is a line of JSON: the signal, the two bodies in base64, and what is in them as
/// ``Description`` puts it.
@main
struct OTLPBodies {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 3, let count = Int(arguments[1]), let seed = UInt64(arguments[2])
        else { Self.stop("OTLPBodies COUNT SEED") }
        let protobuf = try Self.exporter(of: .httpProtobuf)
        let json = try Self.exporter(of: .httpJSON)
        var random = RandomBatches(seed: seed)
        for number in 0..<count {
            let batch = random.batch(Signal.allCases[number % Signal.allCases.count])
            let line: [String: Any] = [
                "signal": batch.signal.rawValue,
                "protobuf": try await Self.body(of: batch, by: protobuf).base64EncodedString(),
                "json": try await Self.body(of: batch, by: json).base64EncodedString(),
                "plain": Description.of(batch),
            ]
            var bytes = try JSONSerialization.data(withJSONObject: line)
            bytes.append(UInt8(ascii: "\n"))
            try FileHandle.standardOutput.write(contentsOf: bytes)
        }
        await protobuf.shutdown()
        await json.shutdown()
    }

    private static func exporter(
        of kind: OTLPProtocol
    ) throws -> any TelemetryExporter {
        var configuration = OTLPConfiguration(environment: [:])
        configuration.protocol = kind
        configuration.endpoint = "http://127.0.0.1:1"
        configuration.compression = .none
        return try configuration.makeExporters()[0]
    }

    private static func body(
        of batch: ExportBatch,
        by exporter: any TelemetryExporter
    ) async throws -> Data {
        let encoded = await exporter.encode(batch)
        guard encoded.payloads.count == 1, let payload = encoded.payloads.first,
            payload.recordCount == batch.count, !payload.isCompressed
        else { Self.stop("a batch did not become one request") }
        return Data(payload.body)
    }

    private static func stop(_ reason: String) -> Never {
        FileHandle.standardError.write(Data("error: \(reason)\n".utf8))
        exit(1)
    }
}
