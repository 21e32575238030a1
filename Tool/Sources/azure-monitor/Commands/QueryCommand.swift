import ArgumentParser
import AsyncHTTPClient
import LocalInsights
import NIOCore
import NIOHTTP1

/// `azure-monitor query`.
struct QueryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query",
        abstract: "Runs a read-only SQL query against a running `azure-monitor local`.",
        discussion: """
            Tables are named as in Application Insights: \
            \(TelemetryTable.allCases.map(\.rawValue).joined(separator: ", ")). \
            `SELECT name FROM pragma_table_info('requests')` lists the columns of one.
            """
    )

    @Argument(help: "One SELECT statement.")
    var sql: String

    @Option(help: "The address that `local` listens on.")
    var endpoint = "http://127.0.0.1:4318"

    @Flag(help: "Print one JSON array of objects.")
    var json = false

    func validate() throws {
        guard Endpoint(self.endpoint) != nil else {
            throw ValidationError("--endpoint is an http or https address.")
        }
    }

    func run() async throws {
        guard let endpoint = Endpoint(self.endpoint) else {
            throw ToolFailure(message: "--endpoint is not an address", status: 64)
        }
        let rows = try await Self.rows(of: self.sql, from: endpoint)
        if self.json {
            Console.print(rows)
        } else if let table = TextTable(rows: rows) {
            for line in table.lines { Console.print(line) }
        } else {
            throw ToolFailure(message: "\(endpoint) answers something else than rows")
        }
    }

    private static func rows(of sql: String, from endpoint: Endpoint) async throws -> [UInt8] {
        var request = HTTPClientRequest(url: endpoint.url + "/v1/query")
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        var body = Array(#"{"sql":"#.utf8)
        JSONText.append(sql, to: &body)
        body.append(UInt8(ascii: "}"))
        request.body = .bytes(ByteBuffer(bytes: body))
        var configuration = HTTPClient.Configuration()
        configuration.tracing.tracer = nil
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let answer: (status: UInt, body: [UInt8])
        do {
            // Longer than a query may take on the other side.
            let response = try await client.execute(request, timeout: .seconds(60))
            let buffer = try await response.body.collect(upTo: 1 << 30)
            answer = (response.status.code, Array(buffer.readableBytesView))
        } catch {
            try? await client.shutdown()
            throw ToolFailure(
                message: "\(endpoint) is not reachable; is `azure-monitor local` running?"
            )
        }
        try await client.shutdown()
        guard answer.status != 200 else { return answer.body }
        throw ToolFailure(message: Self.message(of: answer.body) ?? "HTTP status \(answer.status)")
    }

    private static func message(of body: [UInt8]) -> String? {
        var tape = JSONTape(body)
        guard let root = try? tape.readValue(at: 0, upTo: body.count),
            tape.kind(of: root.node) == .object,
            let error = tape.member("error", of: root.node), tape.kind(of: error) == .string
        else { return nil }
        return tape.text(error)
    }
}

/// The address of a server, without the user information that must not be printed.
struct Endpoint: CustomStringConvertible {
    /// The address as it was given, without slashes at its end.
    let url: String
    /// The address without user information.
    let description: String

    init?(_ text: String) {
        guard
            let scheme = ["http://", "https://"].first(where: { text.lowercased().hasPrefix($0) })
        else { return nil }
        var url = text[...]
        while url.hasSuffix("/") { url = url.dropLast() }
        let rest = url.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" }
        let path = rest.dropFirst(authority.count)
        let host = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
        guard !host.isEmpty, !rest.contains(where: { $0 == "?" || $0 == "#" || $0.isWhitespace })
        else { return nil }
        self.url = String(url)
        self.description = scheme + host + path
    }
}
