import Foundation
import Synchronization
import TelemetryTransport

/// An ingestion endpoint on the loopback interface that accepts everything it can read, unless it
/// is told to be something else.
///
/// It has one thread for accepting and one for each connection.
final class IngestionServer: Sendable {
    struct Request: Sendable {
        var line: String
        var headers: [String: String]
        var body: [UInt8]
    }

    /// What is answered.
    enum Role: Sendable {
        /// What was read.
        case ingestion
        /// Always the same.
        case text(String)
        /// This status, without a text.
        case status(Int)
        /// Nothing, ever.
        case silence
    }

    private struct State {
        var requests: [Request] = []
        var sockets: Set<Int32> = []
        /// That which accepts included: the number of its socket is somebody else's once it is closed.
        var threads = 1
        var observers: [(@Sendable (Int, Int) -> Bool, CheckedContinuation<Void, Never>)] = []
    }

    let port: UInt16
    private let listener: Int32
    private let role: Role
    private let state = Mutex(State())

    /// Listens on a port; 0 for any that is free.
    init(port: UInt16 = 0, as role: Role = .ingestion) throws {
        self.role = role
        self.listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        var option: Int32 = 1
        unsafe setsockopt(
            self.listener,
            SOL_SOCKET,
            SO_REUSEADDR,
            &option,
            socklen_t(MemoryLayout<Int32>.size)
        )
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = self.listener
        let isListening = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe bind(listener, pointer, length) == 0 && listen(listener, 16) == 0
                    && getsockname(listener, pointer, &length) == 0
            }
        }
        guard isListening else { throw POSIXError(.EADDRNOTAVAIL) }
        self.port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread { self.accept() }
    }

    var connectionString: String {
        "InstrumentationKey=\(SentItem.key);IngestionEndpoint=http://127.0.0.1:\(self.port)/"
    }

    var requests: [Request] { self.state.withLock { $0.requests } }

    /// What has arrived.
    var items: [SentItem] {
        get throws {
            try self.requests.flatMap { request in
                try SentItem.items(of: Gzip.decompress(request.body, maximumSize: 1 << 24))
            }
        }
    }

    /// Waits until so many requests have arrived.
    func waitForRequests(_ count: Int) async {
        await self.wait { requests, _ in requests >= count }
    }

    /// Closes all sockets, and returns when nobody listens on the port any more.
    func stop() async {
        shutdown(self.listener, Int32(SHUT_RDWR))
        for socket in self.state.withLock({ $0.sockets }) { shutdown(socket, Int32(SHUT_RDWR)) }
        await self.wait { _, threads in threads == 0 }
        close(self.listener)
    }

    private func wait(until condition: @escaping @Sendable (Int, Int) -> Bool) async {
        await withCheckedContinuation { continuation in
            self.change { $0.observers.append((condition, continuation)) }
        }
    }

    private func change(_ body: (inout State) -> Void) {
        let ready = self.state.withLock { state in
            body(&state)
            let (requests, threads) = (state.requests.count, state.threads)
            let ready = state.observers.filter { $0.0(requests, threads) }.map(\.1)
            state.observers.removeAll { $0.0(requests, threads) }
            return ready
        }
        for continuation in ready { continuation.resume() }
    }

    private func accept() {
        defer { self.change { $0.threads -= 1 } }
        while true {
            let socket = Glibc.accept(self.listener, nil, nil)
            guard socket >= 0 else { return }
            self.change { state in
                state.threads += 1
                state.sockets.insert(socket)
            }
            Thread.detachNewThread {
                var buffer: [UInt8] = []
                while let request = Self.readRequest(from: socket, &buffer) {
                    self.change { $0.requests.append(request) }
                    guard self.answer(request, to: socket) else { break }
                }
                self.change { state in
                    state.sockets.remove(socket)
                    state.threads -= 1
                }
                close(socket)
            }
        }
    }

    private static func readRequest(from socket: Int32, _ buffer: inout [UInt8]) -> Request? {
        func readMore() -> Bool {
            var chunk = [UInt8](repeating: 0, count: 65_536)
            let count = unsafe recv(socket, &chunk, chunk.count, 0)
            buffer += chunk.prefix(max(0, count))
            return count > 0
        }
        let separator: [UInt8] = [13, 10, 13, 10]
        var head = buffer.firstRange(of: separator)
        while head == nil {
            guard readMore() else { return nil }
            head = buffer.firstRange(of: separator)
        }
        guard let head else { return nil }
        var lines = String(decoding: buffer[..<head.lowerBound], as: UTF8.self)
            .components(separatedBy: "\r\n")
        let line = lines.removeFirst()
        var headers: [String: String] = [:]
        for line in lines {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard let name = parts.first, let value = parts.last else { continue }
            headers[name.lowercased()] = value.trimmingCharacters(in: .whitespaces)
        }
        let end = head.upperBound + (headers["content-length"].flatMap { Int($0) } ?? 0)
        while buffer.count < end {
            guard readMore() else { return nil }
        }
        let body = Array(buffer[head.upperBound..<end])
        buffer.removeFirst(end)
        return Request(line: line, headers: headers, body: body)
    }

    private func answer(_ request: Request, to socket: Int32) -> Bool {
        let status: Int
        let text: String
        switch self.role {
        case .ingestion:
            let body = try? Gzip.decompress(request.body, maximumSize: 1 << 24)
            let items = body.flatMap { try? SentItem.items(of: $0).count }
            text =
                items.map { #"{"itemsReceived":\#($0),"itemsAccepted":\#($0),"errors":[]}"# } ?? ""
            status = items == nil ? 400 : 200
        case .text(let answer):
            (status, text) = (200, answer)
        case .status(let number):
            (status, text) = (number, "")
        case .silence:
            return true
        }
        let answer = Array(
            """
            HTTP/1.1 \(status) Any\r
            content-type: application/json\r
            content-length: \(text.utf8.count)\r
            \r
            \(text)
            """.utf8
        )
        let sent = unsafe answer.withUnsafeBytes { bytes in
            unsafe send(socket, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
        }
        return sent == answer.count
    }
}
