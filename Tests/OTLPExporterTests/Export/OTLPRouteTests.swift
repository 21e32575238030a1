import HTTPTypes
import TelemetryModel
import TelemetryTransport
import Testing

@testable import OTLPExporter

@Suite("Routes of OTLP")
struct OTLPRouteTests {
    private func route(
        _ signal: Signal = .traces,
        _ change: (inout OTLPConfiguration) -> Void
    ) throws(OTLPError) -> OTLPRoute {
        var configuration = OTLPConfiguration(environment: [:])
        change(&configuration)
        return try configuration.route(of: signal, transport: TransportConfiguration())
    }

    @Test(
        "the address of a signal is appended to the base's path",
        arguments: [
            (nil, "http://localhost:4318/v1/traces"),
            ("http://host:4318", "http://host:4318/v1/traces"),
            ("http://host:4318/", "http://host:4318/v1/traces"),
            ("HTTPS://Host", "https://host/v1/traces"),
            ("https://host:443/otlp", "https://host/otlp/v1/traces"),
            ("https://host/otlp/", "https://host/otlp/v1/traces"),
            ("https://host/a//", "https://host/a/v1/traces"),
            ("https://host/otlp?key=1", "https://host/otlp/v1/traces?key=1"),
            ("http://[::1]:4318", "http://[::1]:4318/v1/traces"),
        ] as [(String?, String)]
    )
    func base(endpoint: String?, url: String) throws {
        #expect(try self.route { $0.endpoint = endpoint }.url == url)
    }

    @Test(
        "the address of one signal is used as it is",
        arguments: [
            ("http://host:4318", "http://host:4318/"), ("http://host:4318/", "http://host:4318/"),
            ("https://host/in", "https://host/in"), ("https://host/in/", "https://host/in/"),
            ("https://host/in/?a=b#c", "https://host/in/?a=b"),
            ("https://host?a=b", "https://host/?a=b"),
            ("https://host/v1/traces", "https://host/v1/traces"),
        ]
    )
    func ofSignal(endpoint: String, url: String) throws {
        let route = try self.route {
            $0.endpoint = "http://ignored"
            $0.traces.endpoint = endpoint
        }
        #expect(route.url == url)
    }

    @Test("the signal is the last part of the path", arguments: Signal.allCases)
    func signals(signal: Signal) throws {
        let route = try self.route(signal) { _ in }
        #expect(route.url == "http://localhost:4318/v1/\(signal.rawValue)")
    }

    @Test(
        "gRPC takes a target, with TLS unless it is insecure",
        arguments: [
            (nil, false, "http://localhost:4317"),
            ("collector:4317", false, "https://collector:4317"),
            ("collector:4317", true, "http://collector:4317"),
            ("https://collector", true, "https://collector"),
            ("http://collector:1", false, "http://collector:1"),
        ] as [(String?, Bool, String)]
    )
    func grpc(endpoint: String?, isInsecure: Bool, origin: String) throws {
        let route = try self.route {
            $0.protocol = .grpc
            $0.endpoint = endpoint
            $0.isInsecure = isInsecure
        }
        #expect(route.endpoint.origin == origin)
    }

    @Test(
        "an endpoint that is none is refused with the remedy, and not shown",
        arguments: [
            "localhost:4318", "ftp://host", "http://", "http://user:secret@host", "http://ho st",
            "http://host:0", "http://host:99999",
        ]
    )
    func invalidEndpoint(endpoint: String) {
        let error = #expect(throws: OTLPError.self) {
            _ = try self.route { $0.endpoint = endpoint }
        }
        #expect(error?.code == .invalidEndpoint)
        #expect(error?.message.contains("OTEL_EXPORTER_OTLP_ENDPOINT") == true)
        #expect(error?.message.contains("https://collector.example:4318") == true)
        #expect(error?.message.contains("secret") == false)
        let ofSignal = #expect(throws: OTLPError.self) {
            _ = try self.route { $0.traces.endpoint = endpoint }
        }
        #expect(ofSignal?.message.contains("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") == true)
    }

    @Test("settings of a signal come before those of all")
    func precedence() throws {
        func change(_ configuration: inout OTLPConfiguration) {
            configuration.headers = ["a": "1", "b": "2"]
            configuration.timeout = .seconds(3)
            configuration.tls = TLSConfiguration()
            configuration.tls?.trustRoots = .file("/all.pem")
            configuration.logs.headers = ["b": "3"]
            configuration.logs.timeout = .seconds(4)
            configuration.logs.compression = OTLPCompression.none
            configuration.logs.protocol = .httpJSON
            configuration.logs.tls = TLSConfiguration()
            configuration.logs.tls?.trustRoots = .file("/logs.pem")
        }
        let traces = try self.route(.traces, change)
        #expect(traces.headers.count == 2)
        #expect(traces.timeout == .seconds(3))
        #expect(traces.isCompressed)
        #expect(traces.protocol == .httpProtobuf)
        #expect(traces.transport.tls.trustRoots == .file("/all.pem"))
        let logs = try self.route(.logs, change)
        #expect(logs.headers == [HTTPField.Name("b")!: "3"])
        #expect(logs.timeout == .seconds(4))
        #expect(!logs.isCompressed)
        #expect(logs.protocol == .httpJSON)
        #expect(logs.transport.tls.trustRoots == .file("/logs.pem"))
    }

    @Test("connections are made as the pipeline says, unless the configuration does")
    func connections() throws {
        var ofPipeline = TransportConfiguration()
        ofPipeline.userAgent = "pipeline"
        var configuration = OTLPConfiguration(environment: [:])
        #expect(
            try configuration.route(of: .logs, transport: ofPipeline).transport == ofPipeline
        )
        configuration.transport = TransportConfiguration()
        #expect(
            try configuration.route(of: .logs, transport: ofPipeline).transport
                == TransportConfiguration()
        )
    }

    @Test("a server of this machine is reached without a proxy, unless code says otherwise")
    func loopback() throws {
        let environment = ["HTTP_PROXY": "http://proxy:3128"]
        let ofPipeline = TransportConfiguration(environment: environment)
        var configuration = OTLPConfiguration(environment: [:])
        func proxy() throws -> String? {
            let route = try configuration.route(of: .logs, transport: ofPipeline)
            return route.transport.proxy.proxy(scheme: "http", host: "h", port: 80)?.host
        }
        #expect(try proxy() == nil)
        configuration.endpoint = "http://collector:4318"
        #expect(try proxy() == "proxy")
        configuration.endpoint = nil
        configuration.transport = ofPipeline
        #expect(try proxy() == "proxy")
    }

    @Test(
        "a header that cannot be sent is refused, and its value not shown",
        arguments: [("", "v"), ("na me", "v"), ("key", "secret\r\nx: y"), ("key", "a\u{0}secret")]
    )
    func invalidHeader(name: String, value: String) {
        let error = #expect(throws: OTLPError.self) {
            _ = try self.route { $0.headers = [name: value] }
        }
        #expect(error?.code == .invalidHeader)
        #expect(error?.message.contains("secret") == false)
    }

    @Test("headers about the body are left out")
    func ownHeaders() throws {
        let route = try self.route {
            $0.headers = ["Content-Type": "text/html", "Content-Length": "7", "X-Key": "1"]
        }
        #expect(route.headers == [HTTPField.Name("x-key")!: "1"])
    }

    @Test("printing a configuration shows no secret")
    func printing() {
        var configuration = OTLPConfiguration(environment: [:])
        configuration.endpoint = "https://host/in?key=secret"
        configuration.headers = ["x-key": "secret"]
        configuration.logs.headers = ["y-key": "secret"]
        configuration.logs.endpoint = "https://me:secret@host"
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped] {
            #expect(!text.contains("secret"))
            #expect(text.contains("x-key"))
            #expect(text.contains("https://host/in"))
        }
        var settings = ""
        dump(configuration.logs, to: &settings)
        #expect(!settings.contains("secret"))
        let authorization = OTLPAuthorization(value: "Bearer secret", source: "me")
        #expect(!"\(authorization)\(String(reflecting: authorization))".contains("secret"))
    }
}
