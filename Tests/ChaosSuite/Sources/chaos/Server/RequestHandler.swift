import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import TelemetryTransport

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// One connection of a scripted server.
final class RequestHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let server: ScriptedServer
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []
    /// What the last request spoke.
    private var wire = Wire.azure

    init(server: ScriptedServer) { self.server = server }

    func channelActive(context: ChannelHandlerContext) {
        self.server.opened(context.channel)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.server.closed(context.channel)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Clients that leave in the middle of something are what this is about.
        context.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            self.body = []
        case .body(let buffer):
            self.body += buffer.readableBytesView
        case .end:
            guard let head = self.head else { return }
            self.head = nil
            self.handle(head, context: context)
        }
    }

    private func handle(_ head: HTTPRequestHead, context: ChannelHandlerContext) {
        let ledger = self.server.ledger
        let path = head.uri.split(separator: "?").first ?? ""
        let signal = OTLPRequest.signal(of: path)
        self.wire = signal == nil ? .azure : .otlp
        guard path.hasSuffix("/track") || signal != nil else {
            ledger.receivedElsewhere()
            self.send(.refused(404, body: .empty), itemCount: 0, context: context) {}
            return
        }
        let isCompressed = head.headers.first(name: "content-encoding") == "gzip"
        let bytes =
            isCompressed ? try? Gzip.decompress(self.body, maximumSize: 64 << 20) : self.body
        self.body = []
        guard let bytes, var request = Self.request(head, body: bytes, signal) else {
            ledger.receivedUnreadable()
            self.send(.refused(400, body: .empty), itemCount: 0, context: context) {}
            return
        }
        request.time = MonotonicTime.now
        guard let reply = self.server.reply(to: request, on: context.channel) else {
            context.close(promise: nil)
            return
        }
        let number = ledger.received(request)
        let taken = Self.taken(of: request.keys, by: reply.acceptance)
        ledger.accept(taken)
        let carryOut = { (context: ChannelHandlerContext) in
            self.carryOut(
                reply,
                number: number,
                taken: taken,
                itemCount: request.keys.count,
                context: context
            )
        }
        guard reply.delay > 0 else { return carryOut(context) }
        let bound = NIOLoopBound((context, carryOut), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: .milliseconds(Int64(reply.delay))) {
            let (context, carryOut) = bound.value
            carryOut(context)
        }
    }

    private func carryOut(
        _ reply: ScriptedReply,
        number: Int,
        taken: [Ledger.Key],
        itemCount: Int,
        context: ChannelHandlerContext
    ) {
        let ledger = self.server.ledger
        switch reply.course {
        case .reset:
            // Without lingering, a close is a reset.
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            let provider = context.channel as? any SocketOptionProvider
            let prepared = provider?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
            (prepared ?? context.eventLoop.makeSucceededVoidFuture()).whenComplete { _ in
                bound.value.channel.close(promise: nil)
            }
            _ = self.server.finished(on: context.channel)
        case .silence:
            _ = self.server.finished(on: context.channel)
        case .answer, .drip:
            ledger.answered(number, status: reply.status)
            guard context.channel.isActive else { return }
            ledger.said(taken)
            self.send(reply, itemCount: itemCount, context: context) {
                // The client left before it had read the answer.
                ledger.unsaid(taken)
            }
        }
    }

    private func send(
        _ reply: ScriptedReply,
        itemCount: Int,
        context: ChannelHandlerContext,
        whenUnheard: @escaping @Sendable () -> Void
    ) {
        let content = reply.content(itemCount: itemCount, wire: self.wire)
        var headers = HTTPHeaders(reply.headers.map { ($0.name, $0.value) })
        if let type = content.type { headers.add(name: "Content-Type", value: type) }
        if content.isCompressed { headers.add(name: "Content-Encoding", value: "gzip") }
        let mayHaveBody = reply.status != 204 && reply.status != 304
        if mayHaveBody { headers.add(name: "Content-Length", value: String(content.length)) }
        let isTruncated = content.length != content.bytes.count && mayHaveBody
        let head = HTTPResponseHead(
            version: .http1_1,
            status: HTTPResponseStatus(statusCode: reply.status),
            headers: headers
        )
        context.write(self.wrapOutboundOut(.head(head)), promise: nil)
        let bytes = mayHaveBody ? content.bytes : []
        if case .drip(let milliseconds) = reply.course {
            context.flush()
            self.drip(
                bytes[...],
                every: max(1, milliseconds / max(1, bytes.count)),
                context,
                whenUnheard
            )
            return
        }
        if !bytes.isEmpty {
            let buffer = context.channel.allocator.buffer(bytes: bytes)
            context.write(self.wrapOutboundOut(.body(.byteBuffer(buffer))), promise: nil)
        }
        if isTruncated {
            context.flush()
            _ = self.server.finished(on: context.channel)
            context.close(promise: nil)
        } else {
            self.end(context, whenUnheard)
        }
    }

    private func drip(
        _ bytes: ArraySlice<UInt8>,
        every milliseconds: Int,
        _ context: ChannelHandlerContext,
        _ whenUnheard: @escaping @Sendable () -> Void
    ) {
        guard context.channel.isActive else { return whenUnheard() }
        guard let byte = bytes.first else { return self.end(context, whenUnheard) }
        let buffer = context.channel.allocator.buffer(bytes: [byte])
        let part = self.wrapOutboundOut(.body(.byteBuffer(buffer)))
        guard bytes.count > 1 else {
            // With the last byte the client knows that this is all, and may leave: the end goes
            // with it, or it might find nobody.
            context.write(part, promise: nil)
            return self.end(context, whenUnheard)
        }
        context.writeAndFlush(part, promise: nil)
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: .milliseconds(Int64(milliseconds))) {
            let (handler, context) = bound.value
            handler.drip(bytes.dropFirst(), every: milliseconds, context, whenUnheard)
        }
    }

    private func end(
        _ context: ChannelHandlerContext,
        _ whenUnheard: @escaping @Sendable () -> Void
    ) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.writeAndFlush(self.wrapOutboundOut(.end(nil))).whenComplete { result in
            let (handler, context) = bound.value
            if case .failure = result { whenUnheard() }
            if handler.server.finished(on: context.channel) { context.close(promise: nil) }
        }
    }

    private static func taken(
        of keys: [Ledger.Key?],
        by acceptance: ScriptedReply.Acceptance
    ) -> [Ledger.Key] {
        switch acceptance {
        case .all: keys.compactMap(\.self)
        case .none: []
        case .allBut(let refused):
            keys.enumerated().compactMap { refused.contains($0.offset) ? nil : $0.element }
        }
    }

    private static func request(
        _ head: HTTPRequestHead,
        body: [UInt8],
        _ signal: Ledger.Key.Signal?
    ) -> Ledger.Request? {
        var request = Ledger.Request(
            time: 0,
            path: head.uri,
            authorization: head.headers.first(name: "authorization"),
            keys: [],
            durations: []
        )
        if let signal {
            guard let keys = OTLPRequest.keys(in: body, signal: signal) else { return nil }
            request.keys = keys
            return request
        }
        guard
            let json = try? JSONSerialization.jsonObject(with: Data(body)),
            let items = json as? [[String: Any]]
        else { return nil }
        for item in items {
            let data = item["data"] as? [String: Any]
            let base = data?["baseData"] as? [String: Any]
            let properties = base?["properties"] as? [String: Any]
            let signal: Ledger.Key.Signal? =
                switch data?["baseType"] as? String {
                case "RequestData": .span
                case "MessageData": .log
                default: nil
                }
            if let text = base?["duration"] as? String, signal == .span {
                request.durations.append(Self.seconds(text) ?? .nan)
            }
            if let signal, let run = properties?["run"] as? String,
                let sequence = (properties?["seq"] as? String).flatMap({ Int($0) })
            {
                request.keys.append(Ledger.Key(run: run, signal: signal, sequence: sequence))
            } else {
                request.keys.append(nil)
            }
        }
        return request
    }

    /// Reads `d.hh:mm:ss.ffffff`.
    private static func seconds(_ text: String) -> Double? {
        let parts = text.split(separator: ":")
        guard parts.count == 3, let minutes = Double(parts[1]), let seconds = Double(parts[2])
        else {
            return nil
        }
        let hours = parts[0].split(separator: ".").compactMap { Double($0) }
        guard (1...2).contains(hours.count) else { return nil }
        let days = hours.count == 2 ? hours[0] : 0
        return ((days * 24 + hours[hours.count - 1]) * 60 + minutes) * 60 + seconds
    }
}
