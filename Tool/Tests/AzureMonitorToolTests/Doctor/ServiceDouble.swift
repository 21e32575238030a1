import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A server on the loopback interface that answers as a closure says.
final class ServiceDouble: Sendable {
    struct Request: Sendable {
        var method: String
        var path: String
        var headers: HTTPHeaders
        var body: [UInt8]
    }

    struct Answer: Sendable {
        var status: Int
        var headers: [String: String] = [:]
        var body = ""
        /// How far the `Date` header is ahead; `nil` for none.
        var clock: TimeInterval? = 0
        /// Whether nothing is answered at all.
        var isSilent = false

        static let accepted = Answer(
            status: 200,
            body: #"{"itemsReceived":1,"itemsAccepted":1,"errors":[]}"#
        )
    }

    private let channel: any Channel
    private let log: Log

    let port: Int

    var url: String { "http://127.0.0.1:\(self.port)" }

    /// A connection string that leads here.
    var connectionString: String {
        "InstrumentationKey=\(Self.key);IngestionEndpoint=\(self.url)/"
    }

    static let key = "12345678-aaaa-bbbb-cccc-0123456789ab"

    /// What came in.
    var requests: [Request] { self.log.requests.withLock { $0 } }

    init(_ answer: @escaping @Sendable (Request) -> Answer) async throws {
        let log = Log()
        self.log = log
        self.channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.configureHTTPServerPipeline()
                    try pipeline.addHandler(Handler(answer, log))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        self.port = self.channel.localAddress?.port ?? 0
    }

    func stop() async {
        try? await self.channel.close()
    }

    /// A port that nobody listens at.
    static func deadPort() async throws -> Int {
        let double = try await ServiceDouble { _ in .accepted }
        await double.stop()
        return double.port
    }

    private final class Log: Sendable {
        let requests = Mutex<[Request]>([])
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let answer: @Sendable (Request) -> Answer
        private let log: Log
        private var request: Request?

        init(_ answer: @escaping @Sendable (Request) -> Answer, _ log: Log) {
            self.answer = answer
            self.log = log
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch self.unwrapInboundIn(data) {
            case .head(let head):
                self.request = Request(
                    method: head.method.rawValue,
                    path: head.uri,
                    headers: head.headers,
                    body: []
                )
            case .body(let buffer):
                self.request?.body += Array(buffer.readableBytesView)
            case .end:
                guard let request else { return }
                self.log.requests.withLock { $0.append(request) }
                let answer = self.answer(request)
                guard !answer.isSilent else { return }
                var headers = HTTPHeaders(answer.headers.map { ($0.key, $0.value) })
                headers.add(name: "Content-Length", value: "\(answer.body.utf8.count)")
                if let clock = answer.clock {
                    headers.add(name: "Date", value: Self.date(Date() + clock))
                }
                let head = HTTPResponseHead(
                    version: .http1_1,
                    status: HTTPResponseStatus(statusCode: answer.status),
                    headers: headers
                )
                context.write(self.wrapOutboundOut(.head(head)), promise: nil)
                let body = ByteBuffer(string: answer.body)
                context.write(self.wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
                context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil)
            }
        }

        private static func date(_ date: Date) -> String {
            let formatter = DateFormatter()
            formatter.locale = Locale(identifier: "en_US_POSIX")
            formatter.timeZone = TimeZone(identifier: "UTC")
            formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
            return formatter.string(from: date)
        }
    }
}
