import Testing

@testable import TelemetryTransport

@Suite("Proxies")
struct ProxyConfigurationTests {
    struct Choice: Sendable {
        var environment: [String: String]
        var scheme = "https"
        var host = "example.com"
        var port = 443
        var expected: String?
    }

    @Test(
        "the environment chooses the proxy",
        arguments: [
            Choice(environment: [:], expected: nil),
            Choice(environment: ["https_proxy": "http://p:1"], expected: "http://p:1"),
            Choice(environment: ["HTTPS_PROXY": "http://p:1"], expected: "http://p:1"),
            Choice(
                environment: ["HTTPS_PROXY": "http://upper:1", "https_proxy": "http://lower:2"],
                expected: "http://lower:2"
            ),
            Choice(environment: ["http_proxy": "http://p:1"], expected: nil),
            Choice(
                environment: ["http_proxy": "p:1"],
                scheme: "http",
                port: 80,
                expected: "http://p:1"
            ),
            Choice(
                environment: ["HTTP_PROXY": "p:1"],
                scheme: "http",
                port: 80,
                expected: "http://p:1"
            ),
            Choice(
                environment: ["HTTP_PROXY": "p:1", "REQUEST_METHOD": "GET"],
                scheme: "http",
                port: 80,
                expected: nil
            ),
            Choice(
                environment: ["http_proxy": "p:1", "REQUEST_METHOD": "GET"],
                scheme: "http",
                port: 80,
                expected: "http://p:1"
            ),
            Choice(
                environment: ["HTTPS_PROXY": "p:1", "REQUEST_METHOD": "GET"],
                expected: "http://p:1"
            ),
            Choice(environment: ["ALL_PROXY": "socks5h://s"], expected: "socks5h://s:1080"),
            Choice(
                environment: ["all_proxy": "a:1", "https_proxy": "b:2"],
                expected: "http://b:2"
            ),
            Choice(environment: ["all_proxy": "a:1", "https_proxy": ""], expected: nil),
            Choice(environment: ["https_proxy": "p:1", "no_proxy": "*"], expected: nil),
            Choice(
                environment: ["https_proxy": "p:1", "NO_PROXY": "example.com", "no_proxy": ""],
                expected: "http://p:1"
            ),
            Choice(environment: ["https_proxy": "p:x"], expected: nil),
            Choice(
                environment: ["https_proxy": "p:1"],
                host: "127.0.0.1",
                expected: "http://p:1"
            ),
            Choice(
                environment: ["https_proxy": "p:1"],
                host: "localhost",
                expected: "http://p:1"
            ),
        ]
    )
    func choice(_ choice: Choice) {
        let configuration = ProxyConfiguration(environment: choice.environment)
        let proxy = configuration.proxy(
            scheme: choice.scheme,
            host: choice.host,
            port: choice.port
        )
        #expect(proxy?.address == choice.expected)
    }

    static let exclusions: [(list: String, host: String, port: Int, isDirect: Bool)] = [
        ("*", "anything", 443, true),
        ("example.com", "example.com", 443, true),
        ("example.com", "EXAMPLE.com.", 443, true),
        ("example.com", "a.b.example.com", 443, true),
        ("example.com", "badexample.com", 443, false),
        ("example.com", "example.com.org", 443, false),
        (".example.com", "a.example.com", 443, true),
        (".example.com", "example.com", 443, true),
        ("*.example.com", "a.example.com", 443, true),
        ("Example.COM", "example.com", 443, true),
        ("one.org, example.com", "example.com", 443, true),
        ("one.org example.com", "example.com", 443, true),
        ("example.com:443", "example.com", 443, true),
        ("example.com:8443", "example.com", 443, false),
        ("127.0.0.1", "127.0.0.1", 443, true),
        ("127.0.0.1", "127.0.0.10", 443, false),
        ("0.0.1", "127.0.0.1", 443, false),
        ("127.0.0.1:80", "127.0.0.1", 443, false),
        ("127.0.0.1:443", "127.0.0.1", 443, true),
        ("10.0.0.0/8", "10.200.3.4", 443, true),
        ("10.0.0.0/8", "11.0.0.1", 443, false),
        ("10.0.0.0/8", "host10.0.0.1", 443, false),
        ("192.168.4.0/22", "192.168.7.255", 443, true),
        ("192.168.4.0/22", "192.168.8.0", 443, false),
        ("0.0.0.0/0", "8.8.8.8", 443, true),
        ("0.0.0.0/0", "::1", 443, false),
        ("::1", "[::1]", 443, true),
        ("[::1]", "[0:0:0:0:0:0:0:1]", 443, true),
        ("[::1]:443", "[::1]", 443, true),
        ("[::1]:80", "[::1]", 443, false),
        ("fd00::/8", "[fd12:3456::1]", 443, true),
        ("fd00::/8", "[fe80::1]", 443, false),
        ("fe80::/10", "fe80::1%eth0", 443, true),
        ("10.0.0.1", "::ffff:10.0.0.1", 443, true),
        ("", "example.com", 443, false),
        (",, ,", "example.com", 443, false),
    ]

    @Test("NO_PROXY excludes hosts", arguments: exclusions)
    func exclusion(_ row: (list: String, host: String, port: Int, isDirect: Bool)) {
        let configuration = ProxyConfiguration(
            environment: ["https_proxy": "p:1", "no_proxy": row.list]
        )
        #expect(configuration.problems == [])
        let proxy = configuration.proxy(scheme: "https", host: row.host, port: row.port)
        #expect((proxy == nil) == row.isDirect)
    }

    @Test("what is malformed is named without its value")
    func problems() {
        let configuration = ProxyConfiguration(environment: [
            "all_proxy": "ftp://user:secret@proxy", "no_proxy": "a, b:x, 10.0.0.0/99",
        ])
        #expect(
            configuration.problems == [
                "all_proxy: not the address of a proxy, ignored",
                "no_proxy: entry 2 ignored", "no_proxy: entry 3 ignored",
            ]
        )
    }

    @Test("user and password are read, and not printed")
    func credentials() throws {
        let proxy = try #require(Proxy("http://us%40er:s%3Ae:cr@et@[::1]:8080/"))
        #expect(proxy.user == "us@er")
        #expect(proxy.password == "s:e:cr@et")
        #expect(proxy.host == "::1")
        #expect(proxy.address == "http://[::1]:8080")
        var dumped = ""
        dump(proxy, to: &dumped)
        for text in ["\(proxy)", String(reflecting: proxy), dumped, "\([proxy])"] {
            #expect(!text.contains("cr@et") && !text.contains("us@er"))
        }
        var configuration = ProxyConfiguration()
        configuration.https = proxy
        #expect(!"\(configuration)".contains("cr@et"))
    }

    @Test(
        "the forms of a proxy's address",
        arguments: [
            ("proxy", "http://proxy:80"), ("proxy:3128", "http://proxy:3128"),
            ("https://proxy", "https://proxy:443"), ("HTTP://proxy:1/", "http://proxy:1"),
            ("socks5://proxy", "socks5://proxy:1080"), ("u:p@proxy:1", "http://proxy:1"),
            ("[::1]:1", "http://[::1]:1"), ("proxy:0", nil), ("proxy:65536", nil), ("", nil),
            ("http://", nil), ("ftp://proxy", nil), ("u%ZZ@proxy", nil), ("pro xy", nil),
        ]
    )
    func forms(_ text: String, _ address: String?) {
        #expect(Proxy(text)?.address == address)
    }

    @Test("SSL_CERT_FILE and SSL_CERT_DIR replace the system's trust store")
    func trustStore() {
        #expect(TLSConfiguration(environment: [:]).trustRoots == .system)
        #expect(TLSConfiguration(environment: ["SSL_CERT_FILE": ""]).trustRoots == .system)
        #expect(TLSConfiguration(environment: ["SSL_CERT_FILE": "/f"]).trustRoots == .file("/f"))
        #expect(
            TLSConfiguration(environment: ["SSL_CERT_DIR": "/d"]).trustRoots == .directory("/d")
        )
        let both = TransportConfiguration(environment: [
            "SSL_CERT_DIR": "/d", "SSL_CERT_FILE": "/f",
        ])
        #expect(both.tls.trustRoots == .file("/f", directory: "/d"))
    }
}
