import AzureIdentity
import TelemetryTransport
import Testing

@testable import AzureMonitorExporter

@Suite struct RedirectPolicyTests {
    private static let global = "https://dc.services.visualstudio.com"
    private static let stamp = "https://westeurope-5.in.applicationinsights.azure.com"
    private static let hour: UInt64 = 3_600_000_000_000

    private func policy(_ endpoint: String, cloud: AzureCloud = .public) throws -> RedirectPolicy {
        RedirectPolicy(configured: try EndpointURL(endpoint), cloud: cloud)
    }

    @Test(arguments: [
        // Between suffixes of one cloud, with the path of the connection string.
        (global, "\(stamp)/v2.1/track", "\(stamp)"),
        (
            "\(stamp)/a/b", "https://x.monitor.azure.com/other?x=1",
            "https://x.monitor.azure.com/a/b"
        ),
        ("https://gateway.example/p", "\(stamp)/v2.1/track", "\(stamp)/p"),
        // The same host with another port, or upgraded.
        ("https://h.example/p", "https://H.EXAMPLE.:8443/", "https://h.example:8443/p"),
        ("http://h.example/p", "https://h.example/v2.1/track", "https://h.example/p"),
        ("https://[2001:db8::1]/p", "https://[2001:DB8::1]:2/", "https://[2001:db8::1]:2/p"),
        // Relative ones lead to the same place again.
        ("https://h.example/p", "/v2.1/track", "https://h.example/p"),
        ("https://h.example/p", "//h.example:1/x", "https://h.example:1/p"),
        // On this machine, for tests and local tools.
        ("http://127.0.0.1:1", "http://127.0.0.1:2/v2.1/track", "http://127.0.0.1:2"),
        ("http://localhost:1", "http://[::1]:2/", "http://[::1]:2"),
        ("http://127.0.0.1:1", "\(stamp)/v2.1/track", "\(stamp)"),
    ])
    func aSafeRedirectIsFollowed(from: String, location: String, to: String) throws {
        let policy = try self.policy(from)
        let answer = policy.redirected(from: try EndpointURL(from), to: location, hops: 0)
        #expect(answer == .follow(try EndpointURL(to)))
    }

    @Test(
        arguments: [
            (stamp, nil), (stamp, ""), (stamp, "nonsense"), (stamp, "ftp://x.monitor.azure.com/"),
            (stamp, "https://"), (stamp, "https:///x"), (stamp, "mailto:x"), (stamp, "x/y"),
            // From https to http.
            (stamp, "http://westeurope-5.in.applicationinsights.azure.com/"),
            ("https://127.0.0.1:1", "http://127.0.0.1:1/"),
            // Elsewhere.
            (stamp, "https://evil.example/v2.1/track"),
            (stamp, "https://monitor.azure.com.evil.example/"),
            (stamp, "https://evilmonitor.azure.com/"),
            (stamp, "https://x.monitor.azure.us/"),
            (stamp, "https://user:s3cret@x.monitor.azure.com/"),
            (stamp, "https://x.monitor.azure.com@evil.example/"),
            (stamp, "https://x.monitor.azure.com\\.evil.example/"),
            (stamp, "https://127.0.0.1/"),
            ("https://[2001:db8::1]/", "https://[2001:bad::9]/"),
            ("http://127.0.0.1:1", "http://evil.example/"),
            ("https://h.example", "https://sub.h.example/"),
        ] as [(String, String?)]
    )
    func anUnsafeRedirectIsRefused(from: String, location: String?) throws {
        let policy = try self.policy(from)
        let answer = policy.redirected(from: try EndpointURL(from), to: location, hops: 0)
        guard case .refuse(let reason) = answer else {
            Issue.record("followed: \(answer)")
            return
        }
        #expect(!reason.isEmpty)
        #expect(!reason.contains("evil"))
        #expect(!reason.contains("s3cret"))
    }

    @Test func aCloudIsNotLeft() throws {
        let gov = "https://usgovvirginia-1.in.applicationinsights.azure.us"
        let policy = try self.policy(gov, cloud: .usGovernment)
        let from = try EndpointURL(gov)
        guard case .refuse = policy.redirected(from: from, to: "\(Self.stamp)/", hops: 0),
            case .follow = policy.redirected(
                from: from,
                to: "https://x.monitor.azure.us/",
                hops: 0
            )
        else {
            Issue.record("left, or not moved within")
            return
        }
    }

    @Test func tenHopsAreFollowedAndNoEleventh() throws {
        let policy = try self.policy(Self.global)
        let from = try EndpointURL(Self.global)
        guard case .follow = policy.redirected(from: from, to: Self.stamp, hops: 9),
            case .refuse = policy.redirected(from: from, to: Self.stamp, hops: 10)
        else {
            Issue.record("wrong number of hops")
            return
        }
    }

    @Test func aSecretQueryStaysWithItsHost() throws {
        let policy = try self.policy("https://h.example/p?code=secret")
        let from = try EndpointURL("https://h.example/p?code=secret")
        let elsewhere = policy.redirected(from: from, to: "\(Self.stamp)/x?y=z", hops: 0)
        #expect(elsewhere == .follow(try EndpointURL("\(Self.stamp)/p")))
        let same = policy.redirected(from: from, to: "https://h.example:2/?y=z", hops: 0)
        #expect(same == .follow(try EndpointURL("https://h.example:2/p?code=secret")))
    }

    @Test(arguments: [
        ("https://h.example", "https://h.example:1", true), ("https://h.example", stamp, true),
        ("https://h.example", "https://x.example", false),
        ("https://h.example", "http://h.example", false),
        ("http://127.0.0.1:1", "http://[::1]:2", true), ("http://127.0.0.1:1", stamp, true),
        ("https://h.example", "https://127.0.0.1", false),
    ])
    func aTokenGoesToTrustedHostsOverSafeWays(
        configured: String,
        endpoint: String,
        expected: Bool
    ) throws {
        let policy = try self.policy(configured)
        #expect(policy.mayReceiveToken(try EndpointURL(endpoint)) == expected)
    }

    // MARK: Memory

    @Test func aPermanentRedirectIsRememberedForEver() throws {
        var policy = try self.policy(Self.global)
        let stamp = try EndpointURL(Self.stamp)
        policy.delivered(to: stamp, hops: [true], at: 0)
        for _ in 0..<10 { policy.failed(at: stamp) }
        #expect(policy.endpoint(at: 1_000 * Self.hour) == stamp)
    }

    @Test func aTemporaryRedirectIsRememberedForTwelveHours() throws {
        var policy = try self.policy(Self.global)
        let stamp = try EndpointURL(Self.stamp)
        policy.delivered(to: stamp, hops: [true, false], at: Self.hour)
        #expect(policy.endpoint(at: 13 * Self.hour - 1) == stamp)
        #expect(policy.endpoint(at: 13 * Self.hour) == (try EndpointURL(Self.global)))
    }

    @Test func threeFailuresInARowEndATemporaryMemory() throws {
        var policy = try self.policy(Self.global)
        let stamp = try EndpointURL(Self.stamp)
        policy.delivered(to: stamp, hops: [false], at: 0)
        policy.failed(at: stamp)
        policy.failed(at: stamp)
        policy.failed(at: try EndpointURL("https://other.monitor.azure.com"))
        policy.delivered(to: stamp, hops: [], at: 1)
        policy.failed(at: stamp)
        policy.failed(at: stamp)
        #expect(policy.endpoint(at: 2) == stamp)
        policy.failed(at: stamp)
        #expect(policy.endpoint(at: 2) == (try EndpointURL(Self.global)))
    }

    @Test func whatBeginsAtATemporaryAddressIsTemporary() throws {
        var policy = try self.policy(Self.global)
        policy.delivered(to: try EndpointURL(Self.stamp), hops: [false], at: 0)
        policy.delivered(to: try EndpointURL("https://x.monitor.azure.com"), hops: [true], at: 1)
        #expect(policy.endpoint(at: 13 * Self.hour) == (try EndpointURL(Self.global)))
    }

    @Test func aWayBackHomeIsNoMemory() throws {
        var policy = try self.policy(Self.global)
        policy.delivered(to: try EndpointURL(Self.stamp), hops: [true], at: 0)
        policy.delivered(to: try EndpointURL(Self.global), hops: [true], at: 1)
        #expect(policy.endpoint(at: 2) == (try EndpointURL(Self.global)))
    }
}
