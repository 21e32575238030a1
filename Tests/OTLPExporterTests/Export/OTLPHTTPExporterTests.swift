import HTTPTypes
import TelemetryEngine
import TelemetryModel
import TelemetryTesting
import TelemetryTransport
import Testing

@testable import OTLPExporter

@Suite("The OTLP exporter over HTTP")
struct OTLPHTTPExporterTests {
    private let transport = ScriptedTransport()
    private let time = ManualTime()

    private func exporters(
        _ change: (inout OTLPConfiguration) -> Void = { _ in }
    ) throws(OTLPError) -> [any TelemetryExporter] {
        var configuration = OTLPConfiguration(environment: [:])
        change(&configuration)
        return try configuration.makeExporters(
            transport: self.transport,
            connections: TransportConfiguration(),
            diagnostics: Diagnostics(level: .off),
            time: self.time.source
        )
    }

    private func exporter(
        _ change: (inout OTLPConfiguration) -> Void = { _ in }
    ) throws -> any TelemetryExporter {
        let exporters = try self.exporters(change)
        return try #require(exporters.first)
    }

    /// What a request holds, by whatever encoding it says it has.
    private static func decoded(
        _ request: TransportRequest,
        _ signal: Signal
    ) throws -> OTLPExportRequest {
        var body = request.body
        if request.headers[.contentEncoding] == "gzip" {
            body = try Gzip.decompress(body, maximumSize: 1 << 24)
        }
        switch OTLPEncoding(mediaType: request.headers[.contentType]) {
        case .json: return try OTLPJSONDecoder().decode(body)
        default: return try OTLPProtobufDecoder().decode(body, signal: signal)
        }
    }

    // MARK: Requests

    @Test(
        "every signal arrives in every encoding, compressed or not",
        arguments: [OTLPProtocol.httpProtobuf, .httpJSON],
        OTLPCompression.allCases
    )
    func requests(protocol: OTLPProtocol, compression: OTLPCompression) async throws {
        let exporter = try self.exporter {
            $0.protocol = `protocol`
            $0.compression = compression
            $0.headers = ["X-Key": "k1"]
        }
        #expect(exporter.signals == Set(Signal.allCases))
        #expect(
            exporter.destination == Destination(name: "otlp", identity: "http://localhost:4318")
        )
        for signal in Signal.allCases {
            let batch = Sample.batch(signal, 3)
            let encoded = await exporter.encode(batch)
            #expect(encoded.dropped.isEmpty)
            let payload = try #require(encoded.payloads.first)
            #expect(encoded.payloads.count == 1)
            #expect(payload.recordCount == 3)
            #expect(await exporter.send(payload, within: .seconds(30)) == .accepted)
            let request = try #require(await self.transport.requests.last)
            #expect(request.method == .post)
            #expect(request.url == "http://localhost:4318/v1/\(signal.rawValue)")
            #expect(
                request.headers[.contentType]
                    == (`protocol` == .httpJSON ? "application/json" : "application/x-protobuf")
            )
            #expect(request.headers[.contentEncoding] == (compression == .gzip ? "gzip" : nil))
            #expect(request.headers[HTTPField.Name("x-key")!] == "k1")
            #expect(
                request.headers[.userAgent]?.hasPrefix(
                    "OTel-OTLP-Exporter-Swift/\(PackageVersion.current)"
                ) == true
            )
            #expect(request.timeout == .seconds(10))
            let received = try Self.decoded(request, signal)
            #expect(received.skipped.isEmpty)
            #expect(received.batches.count == 1)
            #expect(received.batches.first?.count == 3)
            #expect(received.batches.first?.resource == Sample.resource)
        }
    }

    @Test("a compressor that is used again leaves nothing of the last body")
    func compressor() async throws {
        let exporter = try self.exporter()
        for count in [500, 1, 20] {
            let encoded = await exporter.encode(Sample.spans(count))
            let payload = try #require(encoded.payloads.first)
            _ = await exporter.send(payload, within: .seconds(30))
            let request = try #require(await self.transport.requests.last)
            #expect(try Self.decoded(request, .traces).batches.first?.count == count)
        }
    }

    @Test("requests are no larger than they may be, and a record that is, is left out")
    func sizes() async throws {
        let exporter = try self.exporter {
            $0.maximumRequestSize = 2_000
            $0.compression = .none
        }
        var batch = Sample.spans(100)
        if case .spans(var spans) = batch.records {
            spans[7].name = String(repeating: "x", count: 3_000)
            batch.records = .spans(spans)
        }
        let encoded = await exporter.encode(batch)
        #expect(encoded.dropped == [.tooLarge: 1])
        #expect(encoded.payloads.count > 1)
        #expect(encoded.payloads.allSatisfy { $0.body.count <= 2_000 })
        #expect(encoded.payloads.reduce(0) { $0 + $1.recordCount } == 99)
    }

    @Test("the shorter time limit counts")
    func timeLimit() async throws {
        let exporter = try self.exporter { $0.logs.timeout = .seconds(2) }
        let encoded = await exporter.encode(Sample.logs(1))
        let payload = try #require(encoded.payloads.first)
        _ = await exporter.send(payload, within: .seconds(30))
        _ = await exporter.send(payload, within: .seconds(1))
        let timeouts = await self.transport.requests.map(\.timeout)
        #expect(timeouts == [.seconds(2), .seconds(1)])
    }

    @Test("a signal that is not sent is none of its business")
    func otherSignals() async throws {
        let exporter = try self.exporter { $0.signals = [.traces] }
        #expect(exporter.signals == [.traces])
        let encoded = await exporter.encode(Sample.logs(2))
        #expect(encoded.dropped == [.invalid: 2])
        // What an earlier process stored for the same place goes there still.
        let before = try self.exporter()
        let stored = try #require(await before.encode(Sample.logs(2)).payloads.first)
        #expect(await exporter.send(stored, within: .seconds(30)) == .accepted)
        #expect(await self.transport.requests.last?.url == "http://localhost:4318/v1/logs")
    }

    // MARK: Answers

    private func send(
        _ replies: [ScriptedTransport.Reply],
        _ change: (inout OTLPConfiguration) -> Void = { _ in }
    ) async throws -> DeliveryOutcome {
        for reply in replies { await self.transport.enqueue(reply) }
        let exporter = try self.exporter(change)
        let encoded = await exporter.encode(Sample.spans(4))
        let payload = try #require(encoded.payloads.first)
        return await exporter.send(payload, within: .seconds(30))
    }

    @Test("a partial success loses as many as it says, and none is tried again")
    func partialSuccess() async throws {
        let response = TransportResponse(
            status: 200,
            headers: [.contentType: "application/x-protobuf"],
            body: OTLPReplyTests.partialSuccess(rejected: 3, message: "too old")
        )
        let outcome = try await self.send([.response(response)])
        guard case .partiallyAccepted(let refusals) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(refusals.count == 3)
        #expect(refusals.allSatisfy { $0.verdict == .drop(.rejected) })
    }

    @Test("no answer is a failure of the network", arguments: [false, true])
    func network(requestWasSent: Bool) async throws {
        let outcome = try await self.send([.failure(.reset, requestWasSent: requestWasSent)])
        guard case .failed(let failure) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(failure.kind == .network)
        #expect(failure.mayHaveArrived == requestWasSent)
    }

    @Test(
        "a redirect is followed on the same host, with the headers",
        arguments: [
            ("/elsewhere", "http://localhost:4318/elsewhere"),
            ("http://localhost:4318/in?a=b", "http://localhost:4318/in?a=b"),
            ("https://localhost/in", "https://localhost/in"),
        ]
    )
    func redirect(location: String, url: String) async throws {
        let outcome = try await self.send(
            [.status(307, headers: [.location: location])],
            { $0.headers = ["x-key": "k1"] }
        )
        #expect(outcome == .accepted)
        let requests = await self.transport.requests
        #expect(requests.map(\.url) == ["http://localhost:4318/v1/traces", url])
        #expect(requests.allSatisfy { $0.headers[HTTPField.Name("x-key")!] == "k1" })
        #expect(requests[0].body == requests[1].body)
    }

    @Test(
        "a redirect to anywhere else is not followed, and nothing is lost",
        arguments: [
            "https://evil.example/v1/traces", "//evil.example/x", "http://localhost:9/x",
            "http://localhost.evil.example:4318/", "ftp://localhost", "", "http://me:pw@localhost/",
        ]
    )
    func redirectElsewhere(location: String) async throws {
        let outcome = try await self.send([.status(308, headers: [.location: location])])
        guard case .failed(let failure) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(failure.kind == .server)
        #expect(await self.transport.requests.count == 1)
    }

    @Test("a redirect from https to http is not followed, and a circle ends")
    func redirectDowngrade() async throws {
        let reply = ScriptedTransport.Reply.status(
            307,
            headers: [.location: "http://localhost/v1/traces"]
        )
        _ = try await self.send([reply], { $0.endpoint = "https://localhost" })
        #expect(await self.transport.requests.count == 1)
        let circle = ScriptedTransport.Reply.status(307, headers: [.location: "/x"])
        let outcome = try await self.send(Array(repeating: circle, count: 10))
        guard case .failed = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(await self.transport.requests.count == 1 + 4)
    }

    // MARK: Parts

    @Test(
        "a part of a payload holds the records at those places",
        arguments: [OTLPProtocol.httpProtobuf, .httpJSON],
        Signal.allCases
    )
    func parts(protocol: OTLPProtocol, signal: Signal) async throws {
        let exporter = try self.exporter { $0.protocol = `protocol` }
        let encoded = await exporter.encode(Sample.batch(signal, 5))
        let payload = try #require(encoded.payloads.first)
        let part = try #require(
            await exporter.payload(of: payload, keeping: [1, 4], layout: RecordLayout(records: 2))
        )
        #expect(part.recordCount == 2)
        #expect(part.isCompressed)
        _ = await exporter.send(part, within: .seconds(30))
        let request = try #require(await self.transport.requests.last)
        let batch = try #require(try Self.decoded(request, signal).batches.first)
        switch batch.records {
        case .spans(let spans):
            #expect(spans.map(\.name) == ["span 1", "span 4"])
        case .logs(let records):
            #expect(records.map(\.body) == ["record 1", "record 4"])
        case .metrics(let metrics):
            guard case .gauge(let points) = metrics.first?.content else {
                Issue.record("\(metrics)")
                return
            }
            #expect(points.map(\.value) == [.int(1), .int(4)])
        }
    }

    @Test("a payload that cannot be read has no parts")
    func unreadable() async throws {
        let exporter = try self.exporter()
        let encoded = await exporter.encode(Sample.spans(2))
        let payload = try #require(encoded.payloads.first)
        var damaged = payload
        damaged.body = Array(payload.body.dropLast(9))
        var foreign = payload
        foreign.mediaType = "text/plain"
        for payload in [damaged, foreign] {
            let one = RecordLayout(records: 1)
            #expect(await exporter.payload(of: payload, keeping: [0], layout: one) == nil)
        }
    }

    // MARK: Tokens

    /// Counts what it is asked and numbers what it gives.
    private final class Numbers: OTLPAuthorizer {
        struct Asked: Equatable {
            var refused: String?
            var challenge: String?
        }

        let asked = Locked<[Asked]>([])
        let fails: Bool

        init(fails: Bool = false) {
            self.fails = fails
        }

        func authorization(
            replacing refused: OTLPAuthorization?,
            challenge: String?
        ) async throws(OTLPAuthorizationError) -> OTLPAuthorization {
            let number = self.asked.withLock { asked in
                asked.append(Asked(refused: refused?.value, challenge: challenge))
                return asked.count
            }
            if self.fails {
                throw OTLPAuthorizationError(message: "no luck", retryAfter: .seconds(7))
            }
            return OTLPAuthorization(
                value: "Bearer secret-\(number)",
                source: "TestCredential",
                remedy: "give it a role"
            )
        }
    }

    @Test("a token is in the header, and a refused one is replaced once")
    func token() async throws {
        let authorizer = Numbers()
        let outcome = try await self.send(
            [.status(401, headers: [.wwwAuthenticate: "Bearer x"]), .status(200)],
            { configuration in
                configuration.endpoint = "https://host"
                configuration.authorizer = authorizer
            }
        )
        #expect(outcome == .accepted)
        let values = await self.transport.requests.map { $0.headers[.authorization] }
        #expect(values == ["Bearer secret-1", "Bearer secret-2"])
        #expect(
            authorizer.asked.withLock { $0 } == [
                .init(), .init(refused: "Bearer secret-1", challenge: "Bearer x"),
            ]
        )
    }

    @Test("two refusals are a failure that another try may end", arguments: [401, 403])
    func refusedTwice(status: Int) async throws {
        let reply = ScriptedTransport.Reply.status(
            status,
            headers: [.contentType: "application/json"],
            body: #"{"message":"not with secret-2"}"#
        )
        let outcome = try await self.send(
            [reply, reply],
            { configuration in
                configuration.endpoint = "https://host"
                configuration.authorizer = Numbers()
            }
        )
        guard case .failed(let failure) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(failure.kind == .authentication)
        #expect(failure.explanation.contains("give it a role"))
        #expect(failure.explanation.contains("TestCredential"))
        #expect(!failure.explanation.contains("secret"))
        #expect(await self.transport.requests.count == 2)
    }

    @Test("without a token nothing is sent")
    func noToken() async throws {
        let outcome = try await self.send(
            [],
            { configuration in
                configuration.endpoint = "https://host"
                configuration.authorizer = Numbers(fails: true)
            }
        )
        #expect(
            outcome
                == .failed(
                    DeliveryFailure(
                        kind: .authentication,
                        retryAfter: .seconds(7),
                        explanation: "no token: no luck"
                    )
                )
        )
        #expect(await self.transport.requests.isEmpty)
    }

    @Test("who takes too long for a token is not waited for")
    func slowToken() async throws {
        struct Never: OTLPAuthorizer {
            func authorization(
                replacing refused: OTLPAuthorization?,
                challenge: String?
            ) async throws(OTLPAuthorizationError) -> OTLPAuthorization {
                try? await Task.sleep(for: .seconds(3_600))
                throw OTLPAuthorizationError(message: "cancelled")
            }
        }
        let exporter = try self.exporter {
            $0.endpoint = "https://host"
            $0.authorizer = Never()
        }
        let encoded = await exporter.encode(Sample.spans(1))
        let payload = try #require(encoded.payloads.first)
        async let outcome = exporter.send(payload, within: .seconds(30))
        await self.time.waitForSleepers(1)
        self.time.advance(by: .seconds(10))
        guard case .failed(let failure) = await outcome else {
            Issue.record("sent")
            return
        }
        #expect(failure.kind == .authentication)
    }

    @Test("a token is not sent over http, but on this machine")
    func insecureToken() throws {
        let error = #expect(throws: OTLPError.self) {
            _ = try self.exporter {
                $0.endpoint = "http://collector:4318"
                $0.authorizer = Numbers()
            }
        }
        #expect(error?.code == .invalidEndpoint)
        _ = try self.exporter { $0.authorizer = Numbers() }
    }

    // MARK: What cannot be made

    #if !OTLPGRPC
        @Test("gRPC without its trait is refused with the remedy, and HTTP is not tried instead")
        func grpc() throws {
            let error = #expect(throws: OTLPError.self) {
                _ = try self.exporter { $0.logs.protocol = .grpc }
            }
            #expect(error?.code == .unsupportedProtocol)
            for word in ["OTLPGRPC", "http/protobuf", "4318", "logs"] {
                #expect(error?.message.contains(word) == true)
            }
            _ = try self.exporter {
                $0.logs.protocol = .grpc
                $0.signals = [.traces]
            }
        }
    #endif

    @Test("nothing wanted makes nothing")
    func nothing() throws {
        #expect(try self.exporters { $0.signals = [] }.isEmpty)
    }

    @Test("what the destination wants of metrics, and of storage, is as configured")
    func preferences() throws {
        let usual = try self.exporter()
        #expect(usual.metricPreference.temporality == .cumulative)
        #expect(usual.keepsUndelivered)
        let exporter = try self.exporter {
            $0.metricPreference = MetricPreference(
                temporality: .delta,
                histogramAggregation: .exponential
            )
            $0.keepsUndelivered = false
            $0.storageDirectory = "/there"
        }
        #expect(exporter.metricPreference.temporality == .delta)
        #expect(exporter.metricPreference.histogramAggregation == .exponential)
        #expect(!exporter.keepsUndelivered)
        #expect(exporter.storageDirectory == "/there")
    }

    @Test("the pipeline's metrics call it what OpenTelemetry calls it")
    func componentTypes() throws {
        let exporter = try self.exporter { $0.logs.protocol = .httpJSON }
        let observations = ExporterObservations()
        #expect(
            Signal.allCases.map { observations.component(of: exporter, for: $0).type } == [
                "otlp_http_span_exporter", "otlp_http_json_log_exporter",
                "otlp_http_metric_exporter",
            ]
        )
        #expect(OTLPProtocol.grpc.componentType(for: .traces) == "otlp_grpc_span_exporter")
    }

    @Test("two destinations of one type are told apart by number")
    func componentNumbers() throws {
        let here = try self.exporter()
        let there = try self.exporter { $0.endpoint = "http://there.example:4318" }
        let observations = ExporterObservations()
        for (exporter, number) in [(here, 0), (there, 1), (here, 0)] {
            let component = observations.component(of: exporter, for: .traces)
            #expect(component.type == "otlp_http_span_exporter")
            #expect(component.number == number)
        }
        #expect(observations.component(of: there, for: .logs).number == 0)
    }

    @Test("whoever ends the exporter ends its connections")
    func shutdown() async throws {
        await (try self.exporter()).shutdown()
        #expect(await self.transport.isShutDown)
    }
}
