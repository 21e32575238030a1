import HTTPTypes
package import Hummingbird
package import Logging
import NIOCore
import TelemetryModel
import TelemetryTransport

/// Application Insights on your own machine: one server for ingestion, queries and pages.
///
/// | Request                                      | Answer                                      |
/// | -------------------------------------------- | ------------------------------------------- |
/// | `POST /v2.1/track`, `POST /v2/track`         | 200, 206 or 400 with a ``TrackReply``       |
/// | `POST /QuickPulseService.svc/ping`, `…/post` | 200, `x-ms-qps-subscribed: false`           |
/// | `POST /v1/traces`, `/v1/metrics`, `/v1/logs` | 200 or 400 with an ``OTLPReply``            |
/// | any other method there                       | 405 with an ``OTLPReply``                   |
/// | `POST /v1/query`                             | 200 with rows, 400 with `{"error":…}`       |
/// | `GET /api/state`                             | how much has arrived                        |
/// | `GET /`                                      | the page                                    |
package struct LocalInsightsServer: Sendable {
    /// Where the server listens.
    package struct Configuration: Sendable {
        /// The name or address to bind to; everything but loopback opens the server to others.
        package var host = "127.0.0.1"

        /// The port; 0 takes a free one.
        package var port = 4318

        /// How many bytes a body may have, before and after decompression.
        package var maximumBodySize = 64 * 1024 * 1024

        /// The name of this machine, for what is sent by those who do not name their instance;
        /// empty if there is none.
        ///
        /// Used only while nobody but this machine can send.
        package var hostName = ""

        /// Creates a configuration with the defaults.
        package init() {}

        /// Whether only this machine can reach the server.
        var isLoopback: Bool { HostName.isLoopback(self.host) }
    }

    /// The instrumentation key in the connection string; any other UUID is taken as well.
    package static let instrumentationKey = "00000000-0000-0000-0000-000000000001"

    private let configuration: Configuration
    private let store: TelemetryStore
    private let receiver: OTLPReceiver
    private let logger: Logger

    /// Creates a server that keeps what it receives in a store.
    package init(configuration: Configuration = .init(), store: TelemetryStore, logger: Logger) {
        self.configuration = configuration
        self.store = store
        self.receiver = OTLPReceiver(
            instrumentationKey: Self.instrumentationKey,
            hostName: configuration.isLoopback ? configuration.hostName : ""
        )
        self.logger = logger
    }

    /// The address of the page on the port that was taken.
    package func pageAddress(port: Int) -> String {
        let host = self.configuration.host
        return "http://\(host.contains(":") ? "[\(host)]" : host):\(port)/"
    }

    /// The connection string that makes an exporter send here.
    package func connectionString(port: Int) -> String {
        let address = self.pageAddress(port: port)
        return "InstrumentationKey=\(Self.instrumentationKey);IngestionEndpoint=\(address)"
            + ";LiveEndpoint=\(address)"
    }

    /// Makes the application; `onListening` is told the port once connections are accepted.
    package func makeApplication(
        onListening: @escaping @Sendable (Int) async -> Void = { _ in }
    ) -> some ApplicationProtocol {
        let configuration = self.configuration
        return Application(
            router: self.makeRouter(),
            configuration: .init(
                address: .hostname(configuration.host, port: configuration.port),
                backlog: 1024
            ),
            onServerRunning: { channel in
                await onListening(channel.localAddress?.port ?? configuration.port)
            },
            logger: self.logger
        )
    }

    private func makeRouter() -> Router<BasicRequestContext> {
        let router = Router()
        for path: RouterPath in ["/v2.1/track", "/v2/track"] {
            router.post(path) { request, _ in try await self.track(request) }
        }
        for path: RouterPath in ["/QuickPulseService.svc/ping", "/QuickPulseService.svc/post"] {
            router.post(path) { request, _ in try await self.answerLiveMetrics(request) }
        }
        for signal in Signal.allCases {
            router.post("/v1/\(signal.rawValue)") { request, _ in
                try await self.receive(signal, in: request)
            }
            for method in Self.unusedMethods {
                router.on("/v1/\(signal.rawValue)", method: method) { request, _ in
                    Self.refuseMethod(of: request, for: signal)
                }
            }
        }
        let guarded = router.group().add(
            middleware: RebindingGuard(isLoopback: configuration.isLoopback)
        )
        guarded.post("/v1/query") { request, _ in try await self.query(request) }
        guarded.get("/api/state") { _, _ in
            let place = self.store.configuration.path == nil ? "in memory" : "in a file"
            return JSONReply.make(
                .ok,
                Array(#"{"sequence":\#(self.store.sequence),"store":"\#(place)"}"#.utf8)
            )
        }
        for page in Page.all {
            guarded.get(RouterPath(page.path)) { _, _ in page.response }
        }
        return router
    }

    // MARK: Ingestion

    private func track(_ request: Request) async throws -> Response {
        let bytes: [UInt8]
        switch try await self.body(of: request) {
        case .success(let body): bytes = body
        case .failure(let refusal): return refusal.response
        }
        let body = TrackBody(bytes)
        do {
            try await self.store.insert(body.batch)
        } catch {
            self.logger.error("Telemetry could not be stored.", metadata: ["error": "\(error)"])
            return JSONReply.make(.serviceUnavailable, JSONReply.error("the store failed"))
        }
        return JSONReply.make(.init(code: body.reply.status), body.reply.json)
    }

    /// A body that is not read to its end, and the answer to it.
    private struct Refusal: Error {
        var status: HTTPResponse.Status
        var message: String

        var response: Response {
            var reply = TrackReply()
            reply.errors.append(.init(index: 0, message: self.message))
            var response = JSONReply.make(self.status, reply.json)
            // The rest of the body is not read, so nothing can follow it.
            response.headers[.connection] = "close"
            return response
        }
    }

    private func body(of request: Request) async throws -> Result<[UInt8], Refusal> {
        let limit = self.configuration.maximumBodySize
        let tooLarge = Refusal(
            status: .contentTooLarge,
            message: "The body is larger than \(limit) bytes."
        )
        let encoding = request.headers[.contentEncoding]?.lowercased() ?? "identity"
        guard ["identity", "", "gzip", "x-gzip"].contains(encoding) else {
            return .failure(
                Refusal(
                    status: .unsupportedMediaType,
                    message: "The content encoding is not known; gzip is."
                )
            )
        }
        var body: [UInt8] = []
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length <= limit {
            body.reserveCapacity(length)
        }
        for try await part in request.body {
            guard body.count + part.readableBytes <= limit else { return .failure(tooLarge) }
            body.append(contentsOf: part.readableBytesView)
        }
        guard encoding.hasSuffix("gzip") else { return .success(body) }
        do {
            return .success(try Gzip.decompress(body, maximumSize: limit))
        } catch {
            guard error.code != .tooLarge else { return .failure(tooLarge) }
            return .failure(
                Refusal(status: .badRequest, message: "The body cannot be decompressed.")
            )
        }
    }

    // MARK: OTLP

    private func receive(_ signal: Signal, in request: Request) async throws -> Response {
        let encoding = OTLPEncoding(contentType: request.headers[.contentType])
        let bytes: [UInt8]
        switch try await self.body(of: request) {
        case .success(let body):
            bytes = body
        case .failure(let refusal):
            let reply = OTLPReply(status: refusal.status.code, message: refusal.message)
            var response = Self.response(reply, to: signal, in: encoding ?? .json)
            // The rest of the body is not read, so nothing can follow it.
            response.headers[.connection] = "close"
            return response
        }
        guard let encoding else {
            let types = OTLPEncoding.allCases.map(\.rawValue).joined(separator: " or ")
            return Self.response(
                OTLPReply(status: 415, message: "The content type must be \(types)."),
                to: signal,
                in: .json
            )
        }
        let result = self.receiver.receive(bytes, of: signal, in: encoding)
        do {
            for rows in result.rows { try await self.store.insert(rows) }
        } catch {
            self.logger.error("Telemetry could not be stored.", metadata: ["error": "\(error)"])
            return Self.response(
                OTLPReply(status: 503, message: "The store failed."),
                to: signal,
                in: encoding
            )
        }
        return Self.response(result.reply, to: signal, in: encoding)
    }

    /// The methods that somebody may try where only `POST` does something.
    private static let unusedMethods: [HTTPRequest.Method] = [
        .get, .head, .put, .patch, .delete, .options,
    ]

    private static func refuseMethod(of request: Request, for signal: Signal) -> Response {
        var response = Self.response(
            OTLPReply(status: 405, message: "Telemetry is sent with POST."),
            to: signal,
            in: OTLPEncoding(contentType: request.headers[.contentType]) ?? .json
        )
        response.headers[.allow] = "POST"
        return response
    }

    private static func response(
        _ reply: OTLPReply,
        to signal: Signal,
        in encoding: OTLPEncoding
    ) -> Response {
        Response(
            status: .init(code: reply.status),
            headers: [
                .contentType: encoding.rawValue,
                .cacheControl: "no-store",
                .xContentTypeOptions: "nosniff",
            ],
            body: .init(byteBuffer: ByteBuffer(bytes: reply.body(of: signal, in: encoding)))
        )
    }

    // MARK: Live metrics

    private func answerLiveMetrics(_ request: Request) async throws -> Response {
        guard case .success = try await self.body(of: request) else {
            return JSONReply.make(.badRequest, JSONReply.error("the body cannot be read"))
        }
        var response = JSONReply.make(.ok, Array("{}".utf8))
        if let name = HTTPField.Name("x-ms-qps-subscribed") { response.headers[name] = "false" }
        return response
    }

    // MARK: Queries

    private func query(_ request: Request) async throws -> Response {
        // A page of another origin cannot send this type without asking first.
        guard request.headers[.contentType]?.lowercased().hasPrefix("application/json") == true
        else {
            return JSONReply.make(
                .unsupportedMediaType,
                JSONReply.error("the content type must be application/json")
            )
        }
        var bytes: [UInt8] = []
        for try await part in request.body {
            guard bytes.count + part.readableBytes <= 1 << 20 else {
                return JSONReply.make(.contentTooLarge, JSONReply.error("the query is too long"))
            }
            bytes.append(contentsOf: part.readableBytesView)
        }
        do throws(TelemetryStore.QueryError) {
            let query = try QueryRequest(bytes)
            let rows = try await self.store.query(query.sql, arguments: query.arguments)
            return JSONReply.make(.ok, rows)
        } catch {
            return JSONReply.make(.badRequest, JSONReply.error(error.message))
        }
    }
}

/// What the query endpoint is asked: `{"sql": text, "arguments": [value…]}`.
struct QueryRequest {
    /// One SQL statement.
    let sql: String
    /// The values of its parameters.
    let arguments: [TelemetryStore.Argument]

    init(_ bytes: [UInt8]) throws(TelemetryStore.QueryError) {
        var tape = JSONTape(bytes)
        guard let root = try? tape.readValue(at: 0, upTo: bytes.count),
            tape.skippingBlanks(from: root.end, upTo: bytes.count) == bytes.count,
            tape.kind(of: root.node) == .object,
            let sql = tape.member("sql", of: root.node), tape.kind(of: sql) == .string
        else {
            throw .init(message: #"the body must be {"sql": text, "arguments": [value…]}"#)
        }
        self.sql = tape.text(sql)
        var arguments: [TelemetryStore.Argument] = []
        if let list = tape.member("arguments", of: root.node), tape.kind(of: list) == .array {
            for node in tape.elements(of: list) {
                switch tape.kind(of: node) {
                case .null: arguments.append(.null)
                case .bool: arguments.append(.integer(tape.isTrue(node) ? 1 : 0))
                case .string: arguments.append(.text(tape.text(node)))
                case .number:
                    if let integer = tape.integer(node) {
                        arguments.append(.integer(integer))
                    } else if let double = tape.double(node) {
                        arguments.append(.real(double))
                    } else {
                        throw .init(message: "an argument does not fit a double")
                    }
                case .array, .object:
                    throw .init(message: "an argument is an array or an object")
                }
            }
        }
        self.arguments = arguments
    }
}

/// Responses with a JSON body.
enum JSONReply {
    /// `{"error": message}`.
    static func error(_ message: String) -> [UInt8] {
        var body = Array(#"{"error":"#.utf8)
        JSONText.append(message, to: &body)
        body.append(UInt8(ascii: "}"))
        return body
    }

    /// A response with the given body.
    static func make(_ status: HTTPResponse.Status, _ body: [UInt8]) -> Response {
        Response(
            status: status,
            headers: [
                .contentType: "application/json; charset=utf-8",
                .cacheControl: "no-store",
                .xContentTypeOptions: "nosniff",
            ],
            body: .init(byteBuffer: ByteBuffer(bytes: body))
        )
    }
}

extension Page {
    /// The file with headers that keep everything foreign out of the page.
    fileprivate var response: Response {
        var headers: HTTPFields = [
            .contentType: self.contentType,
            .cacheControl: "no-cache",
            .xContentTypeOptions: "nosniff",
            .contentSecurityPolicy:
                "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
                + "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ]
        if let name = HTTPField.Name("Referrer-Policy") { headers[name] = "no-referrer" }
        return Response(
            status: .ok,
            headers: headers,
            body: .init(byteBuffer: ByteBuffer(string: self.text))
        )
    }
}
