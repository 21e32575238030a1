#if ClientCertificate
    import Crypto
    import HTTPTypes
    import NIOCore
    import NIOHTTP1
    import NIOPosix
    import NIOSSL
    import NIOTLS
    import TelemetryTransport

    #if canImport(FoundationEssentials)
        private import FoundationEssentials
    #else
        private import Foundation
    #endif

    /// Sends to a server that is known by the SHA-1 of its certificate, and by nothing else.
    ///
    /// A server with another certificate gets nothing: the handshake fails. Each request has a
    /// connection, and a thread, of its own; there is one about once an hour.
    struct PinnedTransport: HTTPTransport {
        /// The SHA-1 in hexadecimal digits, in letters of any case.
        let thumbprint: String

        private static let connectTimeout: TimeAmount = .seconds(2)

        func shutdown() async {}

        func send(
            _ request: TransportRequest
        ) async throws(TransportError) -> TransportResponse {
            guard let url = URL(string: request.url), url.scheme?.lowercased() == "https",
                let host = url.host()
            else {
                throw TransportError(code: .invalidRequest, message: "The URL is malformed.")
            }
            let timeout = request.timeout ?? .seconds(10)
            let result: Result<TransportResponse, TransportError> = await withTaskGroup(
                of: Result<TransportResponse, TransportError>.self
            ) { group in
                group.addTask {
                    do {
                        return .success(
                            try await self.exchange(
                                request,
                                host: host,
                                port: url.port ?? 443,
                                target: Self.target(of: url)
                            )
                        )
                    } catch {
                        return .failure(Self.error(error))
                    }
                }
                group.addTask {
                    try? await Task.sleep(for: timeout, tolerance: nil, clock: .continuous)
                    return .failure(
                        TransportError(
                            code: Task.isCancelled ? .cancelled : .timeout,
                            message: "There was no answer in time.",
                            requestWasSent: true
                        )
                    )
                }
                let first = await group.next()
                group.cancelAll()
                return first ?? .failure(TransportError(code: .other, message: "Nothing happened."))
            }
            return try result.get()
        }

        private func exchange(
            _ request: TransportRequest,
            host: String,
            port: Int,
            target: String
        ) async throws -> TransportResponse {
            let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
            let result: Result<TransportResponse, any Error>
            do {
                result = .success(
                    try await self.exchange(
                        request,
                        host: host,
                        port: port,
                        target: target,
                        on: group
                    )
                )
            } catch {
                result = .failure(error)
            }
            try await group.shutdownGracefully()
            return try result.get()
        }

        private func exchange(
            _ request: TransportRequest,
            host: String,
            port: Int,
            target: String,
            on group: MultiThreadedEventLoopGroup
        ) async throws -> TransportResponse {
            var configuration = NIOSSL.TLSConfiguration.makeClientConfiguration()
            configuration.minimumTLSVersion = .tlsv12
            // The certificate bears no name to compare; it is compared itself, below.
            configuration.certificateVerification = .noHostnameVerification
            let context = try NIOSSLContext(configuration: configuration)
            let thumbprint = self.thumbprint
            let (channel, handshake) = try await ClientBootstrap(group: group)
                .connectTimeout(Self.connectTimeout)
                .connect(host: host, port: port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        // Replaces all other verification, that of the name included.
                        let tls = try NIOSSLClientHandler(
                            context: context,
                            serverHostname: nil,
                            customVerificationCallback: { chain, promise in
                                promise.succeed(
                                    Self.matches(chain.first, thumbprint)
                                        ? .certificateVerified : .failed
                                )
                            }
                        )
                        let end = channel.eventLoop.makePromise(of: Void.self)
                        try channel.pipeline.syncOperations.addHandlers(
                            tls,
                            HandshakeObserver(end)
                        )
                        try channel.pipeline.syncOperations.addHTTPClientHandlers()
                        return (
                            try NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>(
                                wrappingChannelSynchronously: channel
                            ),
                            end.futureResult
                        )
                    }
                }
            return try await channel.executeThenClose { inbound, outbound in
                // A request that is written before would be held back until the handshake is done,
                // and if that failed, who learns of it first, the writer or the reader, would be
                // left to chance.
                try await Self.wait(for: handshake, on: channel.channel)
                var headers = HTTPHeaders(
                    request.headers.map { ($0.name.rawName, $0.value) }
                )
                headers.add(name: "Host", value: "\(host):\(port)")
                headers.add(name: "Connection", value: "close")
                try await outbound.write(
                    .head(
                        HTTPRequestHead(
                            version: .http1_1,
                            method: .GET,
                            uri: target,
                            headers: headers
                        )
                    )
                )
                try await outbound.write(.end(nil))
                return try await Self.response(
                    from: inbound,
                    maximumSize: request.maximumResponseBodySize
                )
            }
        }

        /// Waits until the server is known, or throws an error of TLS.
        private static func wait(
            for handshake: EventLoopFuture<Void>,
            on channel: any Channel
        ) async throws {
            do {
                try await withTaskCancellationHandler {
                    try await handshake.get()
                } onCancel: {
                    // Which ends the handshake.
                    channel.close(promise: nil)
                }
            } catch {
                try Task.checkCancellation()
                throw TransportError(
                    code: .tls,
                    message: "The TLS handshake failed; "
                        + "the server's certificate may not be the one that is expected."
                )
            }
        }

        private static func response(
            from parts: NIOAsyncChannelInboundStream<HTTPClientResponsePart>,
            maximumSize: Int
        ) async throws -> TransportResponse {
            var response: TransportResponse?
            for try await part in parts {
                switch part {
                case .head(let head):
                    var fields = HTTPFields()
                    for (name, value) in head.headers {
                        guard let name = HTTPField.Name(name) else { continue }
                        fields.append(HTTPField(name: name, value: value))
                    }
                    response = TransportResponse(status: Int(head.status.code), headers: fields)
                case .body(let buffer):
                    let room = maximumSize - (response?.body.count ?? 0)
                    response?.body.append(contentsOf: buffer.readableBytesView.prefix(room))
                    if buffer.readableBytes > room { response?.isBodyTruncated = true }
                case .end:
                    if let response { return response }
                }
            }
            throw TransportError(
                code: .reset,
                message: "The connection ended before the response did.",
                requestWasSent: true
            )
        }

        private static func matches(_ certificate: NIOSSLCertificate?, _ thumbprint: String) -> Bool
        {
            guard let bytes = try? certificate?.toDERBytes() else { return false }
            let digest = Insecure.SHA1.hash(data: bytes)
                .map { ($0 < 0x10 ? "0" : "") + String($0, radix: 16) }.joined()
            return digest == thumbprint.lowercased()
        }

        private static func target(of url: URL) -> String {
            let path = url.path(percentEncoded: true)
            return (path.isEmpty ? "/" : path)
                + (url.query(percentEncoded: true).map { "?\($0)" } ?? "")
        }

        private static func error(_ error: any Error) -> TransportError {
            if let error = error as? TransportError { return error }
            if error is NIOSSLError || error is NIOSSLExtraError {
                return TransportError(code: .tls, message: "The TLS connection failed.")
            }
            if let error = error as? NIOConnectionError {
                return TransportError(
                    code: error.connectionErrors.isEmpty ? .nameResolution : .connectionRefused,
                    message: "The connection could not be made."
                )
            }
            if error is CancellationError {
                return TransportError(code: .cancelled, message: "The request was cancelled.")
            }
            return TransportError(code: .connectionFailed, message: "The connection failed.")
        }
    }

    /// Tells how the handshake of the TLS handler in front of it ends.
    private final class HandshakeObserver: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let end: EventLoopPromise<Void>

        init(_ end: EventLoopPromise<Void>) {
            self.end = end
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case .handshakeCompleted = event as? TLSUserEvent { self.end.succeed() }
            context.fireUserInboundEventTriggered(event)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            self.end.fail(error)
            context.fireErrorCaught(error)
        }

        // However a connection ends, this comes last; it changes nothing if the end is known.
        func handlerRemoved(context: ChannelHandlerContext) {
            self.end.fail(ChannelError.eof)
        }
    }
#endif
