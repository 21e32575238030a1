/// How connections are made.
public struct TransportConfiguration: Hashable, Sendable {
    /// Which proxy, if any, each request takes.
    ///
    /// The default is none; ``init(environment:)`` reads the usual variables.
    public var proxy: ProxyConfiguration

    /// Whom to trust, and who we are.
    ///
    /// The default is the system's trust store and no client certificate.
    public var tls: TLSConfiguration

    /// How long name resolution, connecting and the TLS handshake may take together.
    ///
    /// The default is 10 seconds. The time counts towards ``timeout``, too.
    public var connectTimeout: Duration

    /// How long a request may take in all when it does not say so itself.
    ///
    /// The default is 30 seconds.
    public var timeout: Duration

    /// The value of `User-Agent` where a request has none.
    ///
    /// The default is `swift-azure-monitor`. If empty, no such field is sent.
    public var userAgent: String

    /// How many connections to one host may be open at a time.
    ///
    /// The default is 6. Further requests wait for one of them, within their own timeout. Over
    /// HTTP/2 requests share a connection, whatever this says.
    public var maximumConnectionsPerHost: Int

    /// Creates a configuration that depends on nothing but these defaults.
    public init() {
        self.proxy = ProxyConfiguration()
        self.tls = TLSConfiguration()
        self.connectTimeout = .seconds(10)
        self.timeout = .seconds(30)
        self.userAgent = "swift-azure-monitor"
        self.maximumConnectionsPerHost = 6
    }

    /// Creates a configuration with proxy and trust store as the environment says.
    ///
    /// - Parameter environment: The variables, usually those of the process.
    /// - SeeAlso: ``ProxyConfiguration/init(environment:)``, ``TLSConfiguration/init(environment:)``
    public init(environment: [String: String]) {
        self.init()
        self.proxy = ProxyConfiguration(environment: environment)
        self.tls = TLSConfiguration(environment: environment)
    }
}
