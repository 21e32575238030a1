import AzureIdentity
import TelemetryTransport

/// Where requests go, and which redirects are followed.
///
/// Only scheme, host and port of a redirect are used; path and prefix stay those of the connection
/// string. Where a redirect led is remembered once something was accepted there: for the life of
/// the process if every hop was permanent (308), otherwise for twelve hours at most, and only until
/// three tries in a row have failed there.
struct RedirectPolicy {
    /// What to do about a redirect.
    enum Answer: Hashable {
        /// Send the same to this address.
        case follow(EndpointURL)
        /// Do not; the reason names no secret.
        case refuse(String)
    }

    /// How many redirects one request follows at most.
    static let maximumHops = 10

    private static let maximumAge: UInt64 = 12 * 3_600 * 1_000_000_000
    private static let maximumFailures = 3

    private struct Memory {
        var endpoint: EndpointURL
        /// By the monotonic clock, in nanoseconds; `nil` for ever.
        var expiry: UInt64?
        var failures = 0
    }

    private let configured: EndpointURL
    private let cloud: AzureCloud
    private var memory: Memory?

    init(configured: EndpointURL, cloud: AzureCloud) {
        self.configured = configured
        self.cloud = cloud
    }

    /// Where the next request goes.
    ///
    /// - Parameter now: The monotonic clock's time in nanoseconds.
    mutating func endpoint(at now: UInt64) -> EndpointURL {
        if let expiry = self.memory?.expiry, now >= expiry { self.memory = nil }
        return self.memory?.endpoint ?? self.configured
    }

    /// Judges a redirect.
    ///
    /// - Parameters:
    ///   - endpoint: Who redirects.
    ///   - location: Where to, as the header field says.
    ///   - hops: How many redirects the request has followed before.
    func redirected(from endpoint: EndpointURL, to location: String?, hops: Int) -> Answer {
        guard hops < Self.maximumHops else {
            return .refuse("more than \(Self.maximumHops) redirects")
        }
        guard let location, !location.isEmpty else { return .refuse("it names no location") }
        var target: EndpointURL
        do {
            target = try Self.resolve(location, against: endpoint)
        } catch {
            return .refuse("its location \(error.explanation)")
        }
        target.path = self.configured.path
        // A query may be a secret of the configured host.
        target.query = target.host == self.configured.host ? self.configured.query : nil
        guard target.isSecure || !endpoint.isSecure else {
            return .refuse("it leads from https to http")
        }
        guard self.isTrusted(target) else {
            return .refuse("it leads to a host outside the configured cloud (\(self.cloud))")
        }
        return .follow(target)
    }

    /// Whether a token may be sent to an address: over https or to this machine, and to nobody but
    /// the configured host and its cloud.
    func mayReceiveToken(_ endpoint: EndpointURL) -> Bool {
        (endpoint.isSecure || endpoint.isLoopback) && self.isTrusted(endpoint)
    }

    /// Something was accepted.
    ///
    /// - Parameters:
    ///   - endpoint: By whom.
    ///   - hops: Whether each redirect on the way there was permanent.
    ///   - now: The monotonic clock's time in nanoseconds.
    mutating func delivered(to endpoint: EndpointURL, hops: [Bool], at now: UInt64) {
        guard !hops.isEmpty else {
            self.memory?.failures = 0
            return
        }
        guard endpoint != self.configured else {
            self.memory = nil
            return
        }
        // What began at a temporary address is temporary.
        let isPermanent =
            hops.allSatisfy { $0 } && (self.memory == nil || self.memory?.expiry == nil)
        let expiry = isPermanent ? nil : now.addingReportingOverflow(Self.maximumAge).partialValue
        self.memory = Memory(endpoint: endpoint, expiry: expiry)
    }

    /// A request got no useful answer.
    mutating func failed(at endpoint: EndpointURL) {
        guard let memory, memory.expiry != nil, memory.endpoint == endpoint else { return }
        self.memory?.failures += 1
        if memory.failures + 1 >= Self.maximumFailures { self.memory = nil }
    }

    private func isTrusted(_ endpoint: EndpointURL) -> Bool {
        endpoint.host == self.configured.host
            || self.cloud.owns(monitorHost: endpoint.host)
            || (endpoint.isLoopback && self.configured.isLoopback)
    }

    private static func resolve(
        _ location: String,
        against base: EndpointURL
    ) throws(EndpointURL.Problem) -> EndpointURL {
        if location.hasPrefix("//") {
            return try EndpointURL((base.isSecure ? "https:" : "http:") + location)
        }
        if location.hasPrefix("/") || location.hasPrefix("?") { return base }
        return try EndpointURL(location)
    }
}
