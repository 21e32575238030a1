import HTTPTypes
import TelemetryEngine
import TelemetryModel
import TelemetryTransport
import Testing

@testable import OTLPExporter

@Suite("Environment variables of OTLP")
struct OTLPEnvironmentTests {
    private static let signals: [(prefix: String, signal: Signal)] = [
        ("TRACES_", .traces), ("METRICS_", .metrics), ("LOGS_", .logs),
    ]

    private func configuration(_ variables: [String: String]) -> OTLPConfiguration {
        OTLPConfiguration(
            environment: [String: String](
                uniqueKeysWithValues: variables.map { ("OTEL_EXPORTER_OTLP_\($0.key)", $0.value) }
            )
        )
    }

    @Test("an empty environment gives the defaults")
    func defaults() throws {
        let configuration = self.configuration([:])
        #expect(configuration.signals == Set(Signal.allCases))
        #expect(configuration.endpoint == nil)
        #expect(configuration.protocol == .httpProtobuf)
        #expect(configuration.headers.isEmpty)
        #expect(configuration.compression == .gzip)
        #expect(configuration.timeout == .seconds(10))
        #expect(configuration.tls == nil)
        #expect(!configuration.isInsecure)
        #expect(configuration.metricPreference.temporality == .cumulative)
        #expect(configuration.metricPreference.histogramAggregation == .explicitBucket)
        #expect(configuration.maximumRequestSize == 4_194_304)
        #expect(configuration.notices.isEmpty)
    }

    @Test("an empty variable is an unset one")
    func empty() {
        let all = [String: String](
            uniqueKeysWithValues: OTLPConfiguration.variables.map { ($0, " \t") }
        )
        let configuration = OTLPConfiguration(environment: all)
        #expect(all.count == 38)
        #expect(configuration.endpoint == nil)
        #expect(configuration.traces.endpoint == nil)
        #expect(configuration.protocol == .httpProtobuf)
        #expect(configuration.headers.isEmpty)
        #expect(configuration.traces.headers == nil)
        #expect(configuration.compression == .gzip)
        #expect(configuration.timeout == .seconds(10))
        #expect(configuration.tls == nil)
        #expect(configuration.logs.tls == nil)
        #expect(configuration.metricPreference.temporality == .cumulative)
        #expect(configuration.notices.isEmpty)
    }

    @Test("every variable of all signals has its effect")
    func general() throws {
        let configuration = self.configuration([
            "ENDPOINT": "https://host/in", "PROTOCOL": "HTTP/JSON", "HEADERS": "X-Key=1",
            "TIMEOUT": "2500", "COMPRESSION": "none", "CERTIFICATE": "/ca.pem",
            "CLIENT_KEY": "/key.pem", "CLIENT_CERTIFICATE": "/me.pem", "INSECURE": "True",
        ])
        #expect(configuration.isInsecure)
        for signal in Signal.allCases {
            let route = try configuration.route(of: signal, transport: TransportConfiguration())
            #expect(route.url == "https://host/in/v1/\(signal.rawValue)")
            #expect(route.protocol == .httpJSON)
            #expect(route.headers.map(\.value) == ["1"])
            #expect(route.timeout == .milliseconds(2_500))
            #expect(!route.isCompressed)
            #expect(route.transport.tls.trustRoots == .file("/ca.pem"))
            #expect(
                route.transport.tls.clientCertificate
                    == .init(certificatePath: "/me.pem", keyPath: "/key.pem")
            )
        }
        #expect(
            configuration.notices == [
                "OTEL_EXPORTER_OTLP_INSECURE is for gRPC endpoints without a scheme; https:// "
                    + "means TLS; it is ignored"
            ]
        )
    }

    @Test("every variable of one signal has its effect there and nowhere else", arguments: 0..<3)
    func ofSignal(index: Int) throws {
        let (prefix, signal) = Self.signals[index]
        let own = [
            "ENDPOINT": "http://own/in/", "PROTOCOL": "http/json", "HEADERS": "a=2,b=3",
            "TIMEOUT": "1500", "COMPRESSION": "none", "CERTIFICATE": "/own.pem",
            "CLIENT_KEY": "/own-key.pem", "CLIENT_CERTIFICATE": "/own-me.pem", "INSECURE": "true",
        ]
        var variables = [
            "ENDPOINT": "http://all", "PROTOCOL": "http/protobuf", "HEADERS": "a=1",
            "TIMEOUT": "900", "COMPRESSION": "gzip", "CERTIFICATE": "/all.pem",
            "CLIENT_KEY": "/all-key.pem", "CLIENT_CERTIFICATE": "/all-me.pem",
            "INSECURE": "false",
        ]
        for (name, value) in own { variables[prefix + name] = value }
        let configuration = self.configuration(variables)
        #expect(configuration.notices.isEmpty)
        for other in Signal.allCases {
            let isOwn = other == signal
            let route = try configuration.route(of: other, transport: TransportConfiguration())
            #expect(route.url == (isOwn ? "http://own/in/" : "http://all/v1/\(other.rawValue)"))
            #expect(route.protocol == (isOwn ? .httpJSON : .httpProtobuf))
            #expect(route.headers.map(\.value).sorted() == (isOwn ? ["2", "3"] : ["1"]))
            #expect(route.timeout == .milliseconds(isOwn ? 1_500 : 900))
            #expect(route.isCompressed == !isOwn)
            let name = isOwn ? "/own" : "/all"
            #expect(route.transport.tls.trustRoots == .file("\(name).pem"))
            #expect(
                route.transport.tls.clientCertificate
                    == .init(certificatePath: "\(name)-me.pem", keyPath: "\(name)-key.pem")
            )
            #expect((configuration[other].isInsecure ?? configuration.isInsecure) == isOwn)
        }
    }

    @Test("a part of the certificates of a signal is completed by those of all")
    func certificatesOfBoth() throws {
        let configuration = self.configuration([
            "CERTIFICATE": "/ca.pem", "CLIENT_KEY": "/key.pem", "CLIENT_CERTIFICATE": "/me.pem",
            "LOGS_CERTIFICATE": "/logs.pem", "TRACES_CLIENT_KEY": "/traces-key.pem",
        ])
        let logs = try #require(configuration.logs.tls)
        #expect(logs.trustRoots == .file("/logs.pem"))
        #expect(
            logs.clientCertificate == .init(certificatePath: "/me.pem", keyPath: "/key.pem")
        )
        let traces = try #require(configuration.traces.tls)
        #expect(traces.trustRoots == .file("/ca.pem"))
        #expect(
            traces.clientCertificate
                == .init(certificatePath: "/me.pem", keyPath: "/traces-key.pem")
        )
        #expect(configuration.metrics.tls == nil)
        #expect(configuration.notices.isEmpty)
    }

    @Test("the key of one signal is enough for a certificate of all, if that is meant")
    func keyOfSignal() throws {
        let configuration = self.configuration([
            "CLIENT_CERTIFICATE": "/me.pem", "TRACES_CLIENT_KEY": "/traces-key.pem",
        ])
        #expect(configuration.notices.isEmpty)
        #expect(configuration.traces.tls?.clientCertificate?.keyPath == "/traces-key.pem")
        #expect(configuration.tls?.clientCertificate == nil)
    }

    @Test("a time limit of zero is none")
    func noTimeLimit() throws {
        let configuration = self.configuration(["TIMEOUT": "0", "LOGS_TIMEOUT": "20"])
        #expect(configuration.notices.isEmpty)
        #expect(configuration.timeout > .seconds(86_400))
        #expect(configuration.logs.timeout == .milliseconds(20))
    }

    @Test("a client certificate alone leaves trust as the system has it")
    func clientCertificateAlone() throws {
        let environment = [
            "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": "/me.pem",
            "OTEL_EXPORTER_OTLP_CLIENT_KEY": "/key.pem", "SSL_CERT_FILE": "/company.pem",
        ]
        let tls = try #require(OTLPConfiguration(environment: environment).tls)
        #expect(tls.trustRoots == .file("/company.pem"))
        #expect(tls.clientCertificate?.certificatePath == "/me.pem")
    }

    @Test(
        "a value that cannot be understood is said once and ignored",
        arguments: [
            ["PROTOCOL": "http/xml"], ["TRACES_PROTOCOL": "grcp"], ["TIMEOUT": "-1"],
            ["TIMEOUT": "0.5"], ["METRICS_TIMEOUT": "ten"], ["COMPRESSION": "zstd"],
            ["LOGS_COMPRESSION": "deflate"], ["INSECURE": "1"], ["CLIENT_KEY": "/key.pem"],
            ["CLIENT_CERTIFICATE": "/me.pem"], ["TRACES_CLIENT_CERTIFICATE": "/me.pem"],
            ["METRICS_TEMPORALITY_PREFERENCE": "both"],
            ["METRICS_DEFAULT_HISTOGRAM_AGGREGATION": "exponential"], ["HEADERS": "secret"],
            ["LOGS_HEADERS": "na me=secret"], ["HEADERS": "a=secret%4"],
            ["HEADERS": "a=secret%0D%0Ab:c"], ["HEADERS": "content-type=secret"],
        ]
    )
    func malformed(variables: [String: String]) throws {
        let configuration = self.configuration(variables)
        let variable = try #require(variables.keys.first)
        #expect(configuration.notices.count == 1)
        let notice = try #require(configuration.notices.first)
        #expect(notice.hasPrefix("OTEL_EXPORTER_OTLP_\(variable) "))
        #expect(notice.hasSuffix("; it is ignored"))
        #expect(!notice.contains("secret"))
        let defaults = self.configuration([:])
        for signal in Signal.allCases {
            let route = try configuration.route(of: signal, transport: TransportConfiguration())
            let usual = try defaults.route(of: signal, transport: TransportConfiguration())
            #expect(route.url == usual.url)
            #expect(route.protocol == usual.protocol)
            #expect(route.timeout == usual.timeout)
            #expect(route.isCompressed == usual.isCompressed)
            #expect(route.headers == usual.headers)
            #expect(route.transport.tls.clientCertificate == nil)
        }
        #expect(configuration.metricPreference == defaults.metricPreference)
        #expect(!configuration.isInsecure)
    }

    @Test(
        "headers are read as a list, percent-decoded",
        arguments: [
            ("a=1", ["a": "1"]), ("a=1,b=2", ["a": "1", "b": "2"]),
            (" A = 1 , b=2 ,, ", ["a": "1", "b": "2"]),
            ("authorization=Basic%20dXNlcjpwYXNz==", ["authorization": "Basic dXNlcjpwYXNz=="]),
            ("a=b=c", ["a": "b=c"]), ("a=", ["a": ""]), ("a=%C3%A4", ["a": "ä"]),
            ("a=1,a=2", ["a": "2"]), ("a=1;p=2", ["a": "1;p=2"]), ("a=x%2Cy", ["a": "x,y"]),
        ]
    )
    func headers(text: String, expected: [String: String]) {
        let configuration = self.configuration(["HEADERS": text])
        #expect(configuration.headers == expected)
        #expect(configuration.notices.isEmpty)
    }

    @Test(
        "temporality and aggregation are read by name",
        arguments: [
            ("delta", MetricPreference.TemporalityPreference.delta),
            ("CUMULATIVE", .cumulative), ("LowMemory", .lowMemory),
        ]
    )
    func metrics(name: String, temporality: MetricPreference.TemporalityPreference) {
        let configuration = self.configuration([
            "METRICS_TEMPORALITY_PREFERENCE": name,
            "METRICS_DEFAULT_HISTOGRAM_AGGREGATION": "BASE2_exponential_bucket_histogram",
        ])
        #expect(configuration.metricPreference.temporality == temporality)
        #expect(configuration.metricPreference.histogramAggregation == .exponential)
        let explicit = self.configuration([
            "METRICS_DEFAULT_HISTOGRAM_AGGREGATION": "explicit_bucket_histogram"
        ])
        #expect(explicit.metricPreference.histogramAggregation == .explicitBucket)
    }
}
