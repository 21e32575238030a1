import HTTPTypes
import Hummingbird

/// Keeps pages of other sites away from what the server knows.
///
/// A site can point its own name at 127.0.0.1 after its page is loaded; the browser then takes
/// this server for that site. Such requests carry the site's name as host. They are refused while
/// the server is bound to loopback; bound to anything else it cannot know its own names.
struct RebindingGuard: RouterMiddleware {
    typealias Context = BasicRequestContext

    /// Whether only this machine can reach the server.
    let isLoopback: Bool

    func handle(
        _ request: Request,
        context: BasicRequestContext,
        next: @concurrent (Request, BasicRequestContext) async throws -> Response
    ) async throws -> Response {
        let host = request.head.authority
        if self.isLoopback, let host, !HostName.isLoopback(HostName.withoutPort(host)) {
            return Self.refusal
        }
        // A browser names the origin of everything but plain reading.
        if let origin = request.headers[.origin], origin != "http://\(host ?? "")",
            origin != "https://\(host ?? "")"
        {
            return Self.refusal
        }
        return try await next(request, context)
    }

    private static var refusal: Response {
        JSONReply.make(.forbidden, JSONReply.error("requests from other sites are refused"))
    }
}

/// Host names as they stand in a URL or after `--host`.
enum HostName {
    /// Whether the name or address can only mean this machine.
    static func isLoopback(_ host: String) -> Bool {
        let name = host.lowercased()
        if name == "localhost" || name.hasSuffix(".localhost") { return true }
        if name == "::1" || name == "[::1]" { return true }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    /// The host of an authority: `[::1]` of `[::1]:80`, `a.b` of `a.b:80`.
    static func withoutPort(_ authority: String) -> String {
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
            return String(authority[...end])
        }
        return String(authority.prefix { $0 != ":" })
    }
}
