import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// A server on the loopback interface that does to each request what a script says.
final class ScriptedServer: Sendable {
    /// Decides what to do with a request.
    ///
    /// Called with the number of the request, from 0, and what is in it; on one thread.
    typealias Script = @Sendable (Int, Ledger.Request) -> ScriptedReply

    private struct State {
        var script: Script
        var listener: (any Channel)?
        var connections: [ObjectIdentifier: any Channel] = [:]
        var busy: Set<ObjectIdentifier> = []
        var isDown = true
        var requests = 0
    }

    let ledger: Ledger
    let address: String
    private let group: MultiThreadedEventLoopGroup
    private let tls: NIOSSLContext?
    private let state: Mutex<State>
    private let portBox = Mutex(0)

    /// The port, which stays the same when the server goes down and comes back.
    var port: Int { self.portBox.withLock { $0 } }

    /// Where clients find it.
    var url: String {
        let host = self.address.contains(":") ? "[\(self.address)]" : self.address
        return "\(self.tls == nil ? "http" : "https")://\(host):\(self.port)"
    }

    init(
        group: MultiThreadedEventLoopGroup,
        ledger: Ledger = Ledger(),
        address: String = "127.0.0.1",
        port: Int = 0,
        tls: NIOSSLContext? = nil,
        script: @escaping Script = { _, _ in .accepted }
    ) {
        self.group = group
        self.ledger = ledger
        self.address = address
        self.tls = tls
        self.state = Mutex(State(script: script))
        self.portBox.withLock { $0 = port }
    }

    /// Makes it do something else from now on; requests are counted from 0 again.
    ///
    /// All connections are closed first, and nobody who waits is let in: what processes that have
    /// ended left in them, and a busy machine has not read yet, is not to be taken now.
    func follow(_ script: @escaping Script) async throws {
        let wasUp = self.state.withLock { !$0.isDown }
        await self.goDown()
        for channel in self.state.withLock({ Array($0.connections.values) }) {
            // It fails if the connection is closed already.
            try? await channel.close().get()
        }
        self.state.withLock { state in
            state.script = script
            state.requests = 0
        }
        if wasUp { try await self.goUp() }
    }

    /// Listens.
    func goUp() async throws {
        let bootstrap = ServerBootstrap(group: self.group)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls = self.tls {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLServerHandler(context: tls)
                        )
                    }
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline(
                        withPipeliningAssistance: false,
                        withErrorHandling: false
                    )
                    try channel.pipeline.syncOperations.addHandler(RequestHandler(server: self))
                }
            }
        var lastError: (any Error)?
        for _ in 0..<50 {
            // Not a port that the system hands out: a server that comes back wants its own again, and
            // a client that asks for a port where nobody listens may be given that very port.
            let port = self.port == 0 ? Int.random(in: 12_000...30_000) : self.port
            do {
                let listener = try await bootstrap.bind(host: self.address, port: port).get()
                self.portBox.withLock { $0 = port }
                self.state.withLock { state in
                    state.listener = listener
                    state.isDown = false
                }
                return
            } catch {
                lastError = error
                if self.port != 0 { try await Task.sleep(for: .milliseconds(100)) }
            }
        }
        throw ChaosError(
            "no server on \(self.address):\(self.port): \(String(describing: lastError))"
        )
    }

    /// Listens no more, and closes what is open; whoever is being answered gets the answer.
    func goDown() async {
        let (listener, idle) = self.state.withLock { state in
            state.isDown = true
            let listener = state.listener
            state.listener = nil
            let idle = state.connections.filter { !state.busy.contains($0.key) }.map(\.value)
            return (listener, idle)
        }
        try? await listener?.close().get()
        for channel in idle { channel.close(promise: nil) }
    }

    // MARK: What connections say

    func opened(_ channel: any Channel) {
        self.state.withLock { $0.connections[ObjectIdentifier(channel)] = channel }
    }

    func closed(_ channel: any Channel) {
        self.state.withLock { state in
            state.connections[ObjectIdentifier(channel)] = nil
            state.busy.remove(ObjectIdentifier(channel))
        }
    }

    /// A request is complete; `nil` if the server went down in the meantime.
    func reply(to request: Ledger.Request, on channel: any Channel) -> ScriptedReply? {
        self.state.withLock { state in
            guard !state.isDown else { return nil }
            state.busy.insert(ObjectIdentifier(channel))
            state.requests += 1
            return state.script(state.requests - 1, request)
        }
    }

    /// A request is done with; `true` if the connection is to be closed.
    func finished(on channel: any Channel) -> Bool {
        self.state.withLock { state in
            state.busy.remove(ObjectIdentifier(channel))
            return state.isDown
        }
    }
}
