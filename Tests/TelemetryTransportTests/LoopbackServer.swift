import Foundation
import Synchronization

/// A server on the loopback interface that reads requests and does what a closure says.
///
/// It has one thread for accepting and one for each connection.
final class LoopbackServer: Sendable {
    /// A request as it stood on the wire.
    struct Request: Sendable {
        var line: String
        var headers: [String: String]
        var body: [UInt8]
        /// The connection it came on, counted from 1.
        var connection: Int
        /// Its place among all requests, counted from 1.
        var number: Int
    }

    /// What is done after a request.
    enum Step: Sendable {
        /// Sends bytes.
        case send([UInt8])
        /// Closes the connection in order.
        case close
        /// Closes the connection with a reset.
        case reset
        /// Waits until the peer closes.
        case hang

        static func send(_ text: String) -> Step { .send(Array(text.utf8)) }

        static func respond(
            _ status: Int,
            _ body: [UInt8] = [],
            headers: String = ""
        ) -> Step {
            let head = "HTTP/1.1 \(status) Any\r\ncontent-length: \(body.count)\r\n\(headers)\r\n"
            return .send(Array(head.utf8) + body)
        }
    }

    struct Log: Sendable {
        var requests: [Request] = []
        var connections = 0
        var open = 0
        var closedByPeer = 0
        var lastClosedByPeer: ContinuousClock.Instant?
        var isStopping = false
    }

    private struct State {
        var log = Log()
        var sockets: Set<Int32> = []
        var observers: [(@Sendable (Log) -> Bool, CheckedContinuation<Log, Never>)] = []
    }

    let port: UInt16
    private let listener: Int32
    private let handler: @Sendable (Request) -> [Step]
    private let state = Mutex(State())

    init(_ handler: @escaping @Sendable (Request) -> [Step]) throws {
        self.handler = handler
        self.listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = self.listener
        let isListening = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe bind(listener, pointer, length) == 0 && listen(listener, 128) == 0
                    && getsockname(listener, pointer, &length) == 0
            }
        }
        guard isListening else { throw POSIXError(.EADDRNOTAVAIL) }
        self.port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread { self.accept() }
    }

    var url: String { "http://127.0.0.1:\(self.port)" }

    var log: Log { self.state.withLock { $0.log } }

    /// Waits until the log satisfies a condition.
    @discardableResult
    func log(_ condition: @escaping @Sendable (Log) -> Bool) async -> Log {
        await withCheckedContinuation { continuation in
            let log = self.state.withLock { state -> Log? in
                if condition(state.log) { return state.log }
                state.observers.append((condition, continuation))
                return nil
            }
            if let log { continuation.resume(returning: log) }
        }
    }

    /// Closes all sockets and waits until no thread works on them.
    func stop() async {
        let sockets = self.state.withLock { state in
            state.log.isStopping = true
            return state.sockets
        }
        shutdown(self.listener, Int32(SHUT_RDWR))
        for socket in sockets { shutdown(socket, Int32(SHUT_RDWR)) }
        await self.log { $0.open == 0 }
        close(self.listener)
    }

    private func change(_ body: (inout State) -> Void) {
        let ready = self.state.withLock { state in
            body(&state)
            let log = state.log
            let ready = state.observers.filter { $0.0(log) }.map { ($0.1, log) }
            state.observers.removeAll { $0.0(log) }
            return ready
        }
        for (continuation, log) in ready { continuation.resume(returning: log) }
    }

    private func accept() {
        while true {
            let socket = Glibc.accept(self.listener, nil, nil)
            guard socket >= 0 else { return }
            var number = 0
            self.change { state in
                state.log.connections += 1
                state.log.open += 1
                state.sockets.insert(socket)
                number = state.log.connections
            }
            Thread.detachNewThread { [number] in
                var connection = Connection(socket: socket)
                self.serve(&connection, number)
                self.change { state in
                    state.sockets.remove(socket)
                    state.log.open -= 1
                    if connection.isClosedByPeer {
                        state.log.closedByPeer += 1
                        state.log.lastClosedByPeer = .now
                    }
                }
                close(socket)
            }
        }
    }

    private func serve(_ connection: inout Connection, _ number: Int) {
        while var request = connection.readRequest() {
            request.connection = number
            self.change { state in
                state.log.requests.append(request)
                request.number = state.log.requests.count
            }
            for step in self.handler(request) {
                switch step {
                case .send(let bytes): guard connection.write(bytes) else { return }
                case .close: return
                case .reset:
                    var option = linger(l_onoff: 1, l_linger: 0)
                    let size = socklen_t(MemoryLayout<linger>.size)
                    unsafe setsockopt(connection.socket, SOL_SOCKET, SO_LINGER, &option, size)
                    return
                case .hang:
                    connection.drain()
                    return
                }
            }
        }
    }

    private struct Connection {
        let socket: Int32
        var buffer: [UInt8] = []
        var isClosedByPeer = false

        mutating func readMore() -> Bool {
            var chunk = [UInt8](repeating: 0, count: 65536)
            let count = unsafe recv(self.socket, &chunk, chunk.count, 0)
            guard count > 0 else {
                self.isClosedByPeer = true
                return false
            }
            self.buffer += chunk.prefix(count)
            return true
        }

        mutating func drain() {
            while self.readMore() { self.buffer = [] }
        }

        mutating func readRequest() -> Request? {
            var end: Int?
            while end == nil {
                end = self.buffer.indices.dropLast(3).first {
                    self.buffer[$0] == 13 && self.buffer[$0...].starts(with: [13, 10, 13, 10])
                }
                if end == nil, !self.readMore() { return nil }
            }
            guard let end else { return nil }
            let head = String(decoding: self.buffer[..<end], as: UTF8.self)
            var lines = head.components(separatedBy: "\r\n")
            let line = lines.removeFirst()
            var headers: [String: String] = [:]
            for line in lines {
                guard let colon = line.firstIndex(of: ":") else { continue }
                headers[line[..<colon].lowercased()] =
                    line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            }
            let length = headers["content-length"].flatMap { Int($0) } ?? 0
            while self.buffer.count < end + 4 + length {
                if !self.readMore() { return nil }
            }
            let body = Array(self.buffer[(end + 4)...].prefix(length))
            self.buffer.removeFirst(end + 4 + length)
            return Request(line: line, headers: headers, body: body, connection: 0, number: 0)
        }

        func write(_ bytes: [UInt8]) -> Bool {
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = unsafe rest.withUnsafeBytes {
                    unsafe send(self.socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { return false }
                rest = rest.dropFirst(count)
            }
            return true
        }
    }
}
