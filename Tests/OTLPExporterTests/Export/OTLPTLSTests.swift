import TelemetryEngine
import TelemetryModel
import TelemetryTransport
import Testing

@testable import OTLPExporter

@Suite("OTLP over TLS", .enabled(if: TLSReceiver.isAvailable), .timeLimit(.minutes(10)))
struct OTLPTLSTests {
    /// An exporter of traces as the environment describes it.
    private func exporter(
        for server: TLSReceiver,
        _ variables: [String: String]
    ) throws -> any TelemetryExporter {
        var environment = [
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://127.0.0.1:\(server.port)/in"
        ]
        for (name, file) in variables {
            environment["OTEL_EXPORTER_OTLP_\(name)"] = server.path(file)
        }
        var configuration = OTLPConfiguration(environment: environment)
        configuration.signals = [.traces]
        configuration.transport = TransportConfiguration()
        configuration.timeout = .seconds(3_600)
        #expect(configuration.notices.isEmpty)
        return try #require(try configuration.makeExporters().first)
    }

    @Test("a trusted server gets the client's certificate, and the request")
    func clientCertificate() async throws {
        let server = try TLSReceiver()
        defer { server.stop() }
        let exporter = try self.exporter(
            for: server,
            [
                "CERTIFICATE": "server.pem", "CLIENT_CERTIFICATE": "client.pem",
                "TRACES_CLIENT_KEY": "client-key.pem",
            ]
        )
        let payload = try #require(await exporter.encode(Sample.spans(3)).payloads.first)
        async let received = server.answer(
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            afterBody: payload.body.count
        )
        #expect(await exporter.send(payload, within: .seconds(3_600)) == .accepted)
        await exporter.shutdown()
        let bytes = await received
        #expect(String(decoding: bytes.prefix(15), as: UTF8.self) == "POST /in HTTP/1")
        #expect(bytes.suffix(payload.body.count).elementsEqual(payload.body))
    }

    @Test(
        "without trust or without a certificate nothing is sent",
        arguments: [
            ["CERTIFICATE": "server.pem"],
            ["CLIENT_CERTIFICATE": "client.pem", "CLIENT_KEY": "client-key.pem"],
            [
                "CERTIFICATE": "server.pem", "CLIENT_CERTIFICATE": "server.pem",
                "CLIENT_KEY": "server-key.pem",
            ],
            [
                "CERTIFICATE": "missing.pem", "CLIENT_CERTIFICATE": "client.pem",
                "CLIENT_KEY": "client-key.pem",
            ],
        ]
    )
    func refused(variables: [String: String]) async throws {
        let server = try TLSReceiver()
        defer { server.stop() }
        let exporter = try self.exporter(for: server, variables)
        let payload = try #require(await exporter.encode(Sample.spans(3)).payloads.first)
        let outcome = await exporter.send(payload, within: .seconds(3_600))
        await exporter.shutdown()
        guard case .failed(let failure) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(failure.kind == .network)
    }
}
