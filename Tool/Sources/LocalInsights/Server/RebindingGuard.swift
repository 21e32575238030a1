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
        guard self.admits(host: request.head.authority, origin: request.headers[.origin]) else {
            return JSONReply.make(
                .forbidden,
                JSONReply.error("requests from other sites are refused")
            )
        }
        return try await next(request, context)
    }

    /// Whether a request with these headers comes from the server's own pages or from no page.
    func admits(host: String?, origin: String?) -> Bool {
        if self.isLoopback, let host, !HostName.isLoopback(HostName.withoutPort(host)) {
            return false
        }
        // A browser names the origin of everything but plain reading.
        guard let origin else { return true }
        return origin == "http://\(host ?? "")" || origin == "https://\(host ?? "")"
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
