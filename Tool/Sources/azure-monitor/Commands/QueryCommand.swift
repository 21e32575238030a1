import ArgumentParser
import Foundation
import HTTPTypes
import LocalInsights
import TelemetryTransport

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
            throw ValidationError("--endpoint is http[s]://HOST[:PORT], without user name.")
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
        var body = Array(#"{"sql":"#.utf8)
        JSONText.append(sql, to: &body)
        body.append(UInt8(ascii: "}"))
        var configuration = TransportConfiguration(
            environment: ProcessInfo.processInfo.environment
        )
        // What runs on this machine is never behind a proxy.
        configuration.proxy.exclude("localhost,127.0.0.0/8,::1")
        let transport = CurlMultiplexer(configuration: configuration)
        let request = TransportRequest(
            url: endpoint.url + "/v1/query",
            headers: [.contentType: "application/json"],
            body: body,
            // Longer than a query may take on the other side.
            timeout: .seconds(60),
            maximumResponseBodySize: 1 << 29
        )
        let outcome: Result<TransportResponse, TransportError>
        do throws(TransportError) {
            outcome = .success(try await transport.send(request))
        } catch {
            outcome = .failure(error)
        }
        await transport.shutdown()
        switch outcome {
        case .failure:
            throw ToolFailure(
                message: "\(endpoint) is not reachable; is `azure-monitor local` running?"
            )
        case .success(let response):
            guard response.bodyError == nil, !response.isBodyTruncated else {
                throw ToolFailure(message: "the answer of \(endpoint) ends too early")
            }
            guard response.status == 200 else {
                throw ToolFailure(
                    message: Self.message(of: response.body) ?? "HTTP status \(response.status)"
                )
            }
            return response.body
        }
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

/// The address of a server.
struct Endpoint: CustomStringConvertible {
    /// The address as it was given, without slashes at its end.
    let url: String

    /// Reads an address of the form `http[s]://host[:port][/path]`.
    ///
    /// User names and passwords are refused: an address is printed.
    init?(_ text: String) {
        guard
            let scheme = ["http://", "https://"].first(where: { text.lowercased().hasPrefix($0) })
        else { return nil }
        var url = text[...]
        while url.hasSuffix("/") { url = url.dropLast() }
        let rest = url.dropFirst(scheme.count)
        guard let first = rest.first, first != "/",
            !rest.contains(where: { "@?#".contains($0) || $0.isWhitespace })
        else { return nil }
        self.url = String(url)
    }

    var description: String { self.url }
}
