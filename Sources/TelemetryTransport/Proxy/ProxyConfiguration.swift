/// Which proxy a request takes, by the scheme and the host of its URL.
///
/// We choose ourselves and tell libcurl the result, so the process's environment matters only
/// where ``init(environment:)`` was given it.
public struct ProxyConfiguration: Hashable, Sendable {
    /// The proxy for `http` URLs.
    public var http: Proxy?

    /// The proxy for `https` URLs.
    public var https: Proxy?

    /// Entries of the environment that could not be understood and were ignored.
    ///
    /// They are described without their values, which may hold a password.
    public private(set) var problems: [String]

    private var exclusions: [ProxyExclusion]

    /// Creates a configuration without a proxy.
    public init() {
        self.http = nil
        self.https = nil
        self.problems = []
        self.exclusions = []
    }

    /// Creates a configuration from the variables that most programs understand.
    ///
    /// | Variable                     | Meaning                                            |
    /// | ---------------------------- | -------------------------------------------------- |
    /// | `http_proxy`, `HTTP_PROXY`   | proxy for `http` URLs                              |
    /// | `https_proxy`, `HTTPS_PROXY` | proxy for `https` URLs                             |
    /// | `all_proxy`, `ALL_PROXY`     | proxy where the one above is absent                |
    /// | `no_proxy`, `NO_PROXY`       | what to connect to directly, see ``exclude(_:)``   |
    ///
    /// If a variable is set in both cases, the lower case wins. An empty proxy variable means no
    /// proxy for that scheme, whatever `all_proxy` says. `HTTP_PROXY` in upper case is ignored
    /// where `REQUEST_METHOD` is set: there it may come from a client's `Proxy` header (CGI).
    /// Loopback addresses are proxied like others unless `no_proxy` names them.
    ///
    /// - Parameter environment: The variables, usually those of the process.
    public init(environment: [String: String]) {
        self.init()
        let isCGI = environment["REQUEST_METHOD"] != nil
        let all = Self.variable("all_proxy", in: environment)
        let http = Self.variable("http_proxy", in: environment, lowerCaseOnly: isCGI)
        let https = Self.variable("https_proxy", in: environment)
        self.http = self.read(http ?? all)
        self.https = self.read(https ?? all)
        if let list = Self.variable("no_proxy", in: environment) {
            self.problems += self.exclude(list.value).map { "\(list.name): entry \($0) ignored" }
        }
    }

    /// Adds hosts to connect to directly.
    ///
    /// The entries are separated by commas or white space:
    ///
    /// | Entry                        | Matches                                       |
    /// | ---------------------------- | --------------------------------------------- |
    /// | `*`                          | everything                                    |
    /// | `example.com`                | that host and all below it                    |
    /// | `.example.com`, `*.example.com` | the same                                   |
    /// | `192.0.2.1`, `::1`, `[::1]`  | that address, however it is written           |
    /// | `10.0.0.0/8`, `fd00::/8`     | addresses in that range                       |
    /// | any but a range with `:port` | only connections to that port                 |
    ///
    /// Names are compared without regard to case and are never resolved.
    ///
    /// - Parameter list: The entries.
    /// - Returns: The positions, counted from 1, of entries in no such form.
    @discardableResult
    public mutating func exclude(_ list: String) -> [Int] {
        var malformed: [Int] = []
        let entries = list.split { $0 == "," || $0.isWhitespace }
        for (index, entry) in entries.enumerated() {
            if let exclusion = ProxyExclusion(entry) {
                self.exclusions.append(exclusion)
            } else {
                malformed.append(index + 1)
            }
        }
        return malformed
    }

    /// The proxy for a connection, if it takes one.
    ///
    /// - Parameters:
    ///   - scheme: The URL's scheme, `http` or `https`.
    ///   - host: The URL's host; brackets around IPv6 addresses do not matter.
    ///   - port: The URL's port, or the scheme's own if it has none.
    /// - Returns: `nil` to connect directly.
    public func proxy(scheme: String, host: String, port: Int) -> Proxy? {
        guard let proxy = scheme.lowercased() == "https" ? self.https : self.http else {
            return nil
        }
        guard !self.exclusions.isEmpty else {
            return proxy
        }
        var name = host.lowercased()[...]
        if name.hasPrefix("["), name.hasSuffix("]") {
            name = name.dropFirst().dropLast()
        }
        if name.hasSuffix(".") {
            name = name.dropLast()
        }
        let address = IPAddress(name)
        let isExcluded = self.exclusions.contains {
            $0.matches(host: String(name), address: address, port: port)
        }
        return isExcluded ? nil : proxy
    }

    private typealias Variable = (name: String, value: String)

    private static func variable(
        _ name: String,
        in environment: [String: String],
        lowerCaseOnly: Bool = false
    ) -> Variable? {
        if let value = environment[name] {
            return (name, value)
        }
        let upperCase = name.uppercased()
        guard !lowerCaseOnly, let value = environment[upperCase] else {
            return nil
        }
        return (upperCase, value)
    }

    private mutating func read(_ variable: Variable?) -> Proxy? {
        guard let variable else {
            return nil
        }
        let text = variable.value.drop { $0.isWhitespace }.prefix { !$0.isWhitespace }
        guard !text.isEmpty else {
            return nil
        }
        guard let proxy = Proxy(String(text)) else {
            let problem = "\(variable.name): not the address of a proxy, ignored"
            if !self.problems.contains(problem) {
                self.problems.append(problem)
            }
            return nil
        }
        return proxy
    }
}
