import AzureIdentity
import TelemetryEngine
import TelemetryTransport
import Testing

@testable import AzureMonitorExporter

@Suite struct ConnectionStringTests {
    private static let key = "12345678-90ab-cdef-1234-567890abcdef"
    private static let ikey = "InstrumentationKey=\(key)"

    // MARK: What is read

    @Test(arguments: [
        "\(ikey)", "\(ikey);", ";;\(ikey);;", "  InstrumentationKey =  \(key)  ; ",
        "instrumentationkey=\(key.uppercased())", "INSTRUMENTATIONKEY=\(key)\n",
        "InstrumentationKey=00000000-0000-0000-0000-000000000000;\(ikey)",
        "Unknown=a=b;\(ikey);Other=", "\(ikey);Authorization=IKEY",
        "\(ikey);IngestionEndpoint=;LiveEndpoint= ;EndpointSuffix=;Location=westus",
    ])
    func lenientFormsMeanTheSame(text: String) throws {
        let string = try ConnectionString(text)
        #expect(string.instrumentationKey.value == Self.key)
        #expect(string.ingestionEndpoint == "https://dc.services.visualstudio.com")
        #expect(string.liveEndpoint == "https://rt.services.visualstudio.com")
        #expect(string.audience == nil)
        #expect(string.applicationID == nil)
        #expect(string.region == nil)
        #expect(string.cloud == .public)
        #expect(string.tokenScope == "https://monitor.azure.com/.default")
        #expect(string.source == .code)
    }

    @Test(arguments: [
        (
            "IngestionEndpoint=https://westeurope-5.in.applicationinsights.azure.com/",
            "https://westeurope-5.in.applicationinsights.azure.com/v2.1/track"
        ),
        ("IngestionEndpoint=https://h//", "https://h/v2.1/track"),
        ("IngestionEndpoint=https://H.Example.:443/base/", "https://h.example/base/v2.1/track"),
        ("IngestionEndpoint=HTTP://127.0.0.1:4318", "http://127.0.0.1:4318/v2.1/track"),
        ("IngestionEndpoint=http://h:80/a=b", "http://h/a=b/v2.1/track"),
        (
            "IngestionEndpoint=https://[2001:DB8::1]:8443/p",
            "https://[2001:db8::1]:8443/p/v2.1/track"
        ),
        ("IngestionEndpoint=https://h/p/?sig=a=b#f", "https://h/p/v2.1/track?sig=a=b"),
        (
            "EndpointSuffix=ai.contoso.com;Location=westus2",
            "https://westus2.dc.ai.contoso.com/v2.1/track"
        ),
        ("EndpointSuffix=ai.contoso.com", "https://dc.ai.contoso.com/v2.1/track"),
        ("EndpointSuffix=ai.contoso.com;Location=", "https://dc.ai.contoso.com/v2.1/track"),
        ("EndpointSuffix=x.com;IngestionEndpoint=https://y.com", "https://y.com/v2.1/track"),
        ("Location=westus2", "https://dc.services.visualstudio.com/v2.1/track"),
    ])
    func theAddressIsMadeFromTheEndpoint(parts: String, url: String) throws {
        #expect(try ConnectionString("\(Self.ikey);\(parts)").trackURL == url)
    }

    @Test func theLiveEndpointIsBuiltOrGiven() throws {
        let built = try ConnectionString("\(Self.ikey);EndpointSuffix=x.com;Location=w")
        #expect(built.liveEndpoint == "https://w.live.x.com")
        let given = try ConnectionString("\(Self.ikey);LiveEndpoint=http://l:1/")
        #expect(given.liveEndpoint == "http://l:1")
    }

    @Test(
        arguments: [
            ("https://westeurope-5.in.applicationinsights.azure.com/", "westeurope"),
            ("https://westeurope.in.applicationinsights.azure.com", "westeurope"),
            ("https://WESTEUROPE-12.in.applicationinsights.azure.com", "westeurope"),
            ("https://usgovvirginia-1.in.applicationinsights.azure.us", "usgovvirginia"),
            ("https://east-us-1.in.applicationinsights.azure.com", nil),
            ("https://west-x.in.applicationinsights.azure.com", nil),
            ("https://westeurope-5.in.applicationinsights.azure.com.evil.com", nil),
            ("https://a.b.in.applicationinsights.azure.com", nil),
            ("https://dc.services.visualstudio.com", nil),
        ] as [(String, String?)]
    )
    func theRegionIsReadFromTheHost(endpoint: String, region: String?) throws {
        let text = "\(Self.ikey);IngestionEndpoint=\(endpoint)"
        #expect(try ConnectionString(text).region == region)
    }

    @Test(arguments: [
        ("", AzureCloud.public, "https://monitor.azure.com/.default"),
        ("AADAudience=https://monitor.azure.com/", .public, "https://monitor.azure.com/.default"),
        (
            "IngestionEndpoint=https://gateway.example;AADAudience=https://monitor.azure.us//",
            .usGovernment,
            "https://monitor.azure.us/.default"
        ),
        (
            "IngestionEndpoint=https://gateway.example;AADAudience=https://monitor.azure.cn",
            .china, "https://monitor.azure.cn/.default"
        ),
        ("AADAudience=api://own", .public, "api://own/.default"),
        (
            "IngestionEndpoint=https://x.in.applicationinsights.azure.us", .usGovernment,
            "https://monitor.azure.us/.default"
        ),
        (
            "IngestionEndpoint=https://x.in.applicationinsights.azure.cn/", .china,
            "https://monitor.azure.cn/.default"
        ),
        ("IngestionEndpoint=http://localhost:1", .public, "https://monitor.azure.com/.default"),
    ])
    func cloudAndScopeFollowFromEndpointAndAudience(
        parts: String,
        cloud: AzureCloud,
        scope: String
    ) throws {
        let string = try ConnectionString("\(Self.ikey);\(parts)")
        #expect(string.cloud == cloud)
        #expect(string.tokenScope == scope)
    }

    // MARK: What is refused

    @Test(arguments: [
        ("IngestionEndpoint=https://h", AzureMonitorError.Code.invalidInstrumentationKey),
        ("InstrumentationKey=", .invalidInstrumentationKey),
        ("InstrumentationKey=secret-secret", .invalidInstrumentationKey),
        ("InstrumentationKey=secretse-90ab-cdef-1234-567890abcdef", .invalidInstrumentationKey),
        ("\(ikey)0", .invalidInstrumentationKey),
        ("InstrumentationKey=1234567890abcdef1234567890abcdef", .invalidInstrumentationKey),
        ("InstrumentationKey=１2345678-90ab-cdef-1234-567890abcdef", .invalidInstrumentationKey),
        ("secret", .malformedConnectionString),
        ("\(ikey);secret", .malformedConnectionString),
        ("\(ikey);=secret", .malformedConnectionString),
        ("\(ikey);Authorization=AAD", .unsupportedAuthorization),
        ("\(ikey);Authorization=", .unsupportedAuthorization),
        ("\(ikey);IngestionEndpoint=secret", .invalidEndpoint),
        ("\(ikey);IngestionEndpoint=ftp://secret", .invalidEndpoint),
        ("\(ikey);IngestionEndpoint=https://", .invalidEndpoint),
        ("\(ikey);IngestionEndpoint=https:///secret", .invalidEndpoint),
        ("\(ikey);IngestionEndpoint=https://:443", .invalidEndpoint),
        ("\(ikey);IngestionEndpoint=https://user:secret@h", .invalidEndpoint),
        ("\(ikey);IngestionEndpoint=https://h:0", .invalidEndpoint),
        ("\(ikey);IngestionEndpoint=https://h:65536", .invalidEndpoint),
        ("\(ikey);IngestionEndpoint=https://h:secret", .invalidEndpoint),
        ("\(ikey);IngestionEndpoint=https://h:+80", .invalidEndpoint),
        ("\(ikey);IngestionEndpoint=https://[::1", .invalidEndpoint),
        ("\(ikey);IngestionEndpoint=https://[secret]", .invalidEndpoint),
        ("\(ikey);IngestionEndpoint=https://sec ret/", .invalidEndpoint),
        ("\(ikey);IngestionEndpoint=https://h/secret\\", .invalidEndpoint),
        ("\(ikey);IngestionEndpoint=https://sécret", .invalidEndpoint),
        ("\(ikey);LiveEndpoint=secret", .invalidEndpoint),
        ("\(ikey);EndpointSuffix=secret secret", .invalidEndpoint),
    ])
    func aMistakeIsNamedWithoutTheValue(text: String, code: AzureMonitorError.Code) {
        let error = #expect(throws: AzureMonitorError.self) { try ConnectionString(text) }
        #expect(error?.code == code)
        #expect(error?.message.contains("secret") == false)
        #expect(error?.message.contains(Self.key) == false)
        #expect(error?.message.contains("code") == true)
    }

    // MARK: Sources

    private static let envString = "APPLICATIONINSIGHTS_CONNECTION_STRING"
    private static let envKey = "APPINSIGHTS_INSTRUMENTATIONKEY"

    @Test func theFirstSourceCountsAsAWhole() throws {
        let other = "InstrumentationKey=00000000-0000-0000-0000-000000000001"
        let environment = [
            Self.envString: "\(other);IngestionEndpoint=https://env/", Self.envKey: "broken",
        ]
        let explicit = try ConnectionString(explicit: Self.ikey, environment: environment)
        #expect(explicit.source == .code)
        #expect(explicit.ingestionEndpoint == "https://dc.services.visualstudio.com")

        for blank in [nil, "", " \n"] as [String?] {
            let found = try ConnectionString(explicit: blank, environment: environment)
            #expect(found.source == .connectionStringVariable)
            #expect(found.ingestionEndpoint == "https://env")
        }

        let bare = try ConnectionString(
            explicit: nil,
            environment: [Self.envString: " ", Self.envKey: " \(Self.key.uppercased())\n"]
        )
        #expect(bare.source == .instrumentationKeyVariable)
        #expect(bare.instrumentationKey.value == Self.key)
    }

    @Test func aMalformedSourceThatIsNotNeededIsNotRead() throws {
        let environment = [Self.envString: "nonsense", Self.envKey: "nonsense"]
        #expect(throws: Never.self) {
            try ConnectionString(explicit: Self.ikey, environment: environment)
        }
    }

    @Test(arguments: [
        ([:], AzureMonitorError.Code.missingConnectionString, "pass one in code"),
        ([envString: "", envKey: ""], .missingConnectionString, envString),
        ([envString: "x"], .malformedConnectionString, envString),
        ([envKey: "secret"], .invalidInstrumentationKey, envKey),
    ])
    func anErrorNamesItsSource(
        environment: [String: String],
        code: AzureMonitorError.Code,
        mention: String
    ) {
        let error = #expect(throws: AzureMonitorError.self) {
            try ConnectionString(explicit: nil, environment: environment)
        }
        #expect(error?.code == code)
        #expect(error?.message.contains(mention) == true)
        #expect(error?.message.contains("secret") == false)
    }

    // MARK: Secrets

    @Test func printingShowsTheBeginningOfTheKeyAlone() throws {
        let string = try ConnectionString(
            "\(Self.ikey);IngestionEndpoint=https://h/p?sig=secret;ApplicationId=app"
        )
        var dumped = ""
        dump(string, to: &dumped)
        for text in [
            string.description, String(reflecting: string), string.instrumentationKey.description,
        ] {
            #expect(text.contains("12345678…"))
            #expect(!text.contains("90ab"))
            #expect(!text.contains("secret"))
        }
        #expect(!dumped.contains("90ab-cdef"))
        #expect(!dumped.contains("secret"))
    }

    @Test func theDestinationTellsKeysApartButNotTheKey() throws {
        let one = try ConnectionString("\(Self.ikey);IngestionEndpoint=https://h/p/?q=secret")
        let same = try ConnectionString("\(Self.ikey.uppercased());IngestionEndpoint=https://H/p")
        let other = try ConnectionString(
            "InstrumentationKey=00000000-0000-0000-0000-000000000001;IngestionEndpoint=https://h/p"
        )
        #expect(one.destination == same.destination)
        #expect(one.destination != other.destination)
        #expect(one.destination.name == "azure")
        #expect(one.destination.identity.hasPrefix("https://h/p/v2.1/track#"))
        #expect(!one.destination.identity.contains("12345678"))
        #expect(!one.destination.identity.contains("secret"))
    }

    @Test(arguments: [
        ("http://localhost", true), ("http://127.0.0.1:8", true), ("http://127.9.9.9", true),
        ("http://[::1]:1", true), ("http://a.localhost", true), ("http://128.0.0.1", false),
        ("http://127.0.0.1.evil.com", false), ("http://localhost.evil.com", false),
        ("http://127.evil.0.1", false), ("http://[::2]", false),
    ])
    func loopbackIsThisMachineAlone(url: String, isLoopback: Bool) throws {
        #expect(try EndpointURL(url).isLoopback == isLoopback)
    }

    @Test(arguments: [
        "", "\0", ";", "=", "==", ";=;", String(repeating: "=;", count: 500_000),
        String(repeating: "a", count: 1_000_000), "InstrumentationKey=\u{0}", "İ=ß",
    ])
    func anyTextIsReadOrRefused(text: String) {
        #expect(throws: AzureMonitorError.self) { try ConnectionString(text) }
    }
}
