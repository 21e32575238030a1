import Foundation
import HTTPTypes
import Synchronization
import TelemetryTransport

/// Passes requests on, and remembers what came back.
final class WatchedTransport: HTTPTransport {
    /// An answer.
    struct Answer: Sendable {
        /// Whom it is from, without the path.
        var origin: String
        var status: Int
        /// The `Date` header.
        var date: Date?
        /// When it came.
        var arrival: Date
        var body: [UInt8]
    }

    private let base: any HTTPTransport
    private let state = Mutex<[Answer]>([])

    init(_ base: any HTTPTransport) {
        self.base = base
    }

    /// All answers, in the order in which they came.
    var answers: [Answer] { self.state.withLock { $0 } }

    func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse {
        let response = try await self.base.send(request)
        let parts = URLComponents(string: request.url)
        let port = parts?.port.map { ":\($0)" } ?? ""
        let answer = Answer(
            origin: "\(parts?.scheme ?? "")://\(parts?.host ?? "")\(port)",
            status: response.status,
            date: response.headers[.date].flatMap(Self.date),
            arrival: Date(),
            body: response.body
        )
        self.state.withLock { $0.append(answer) }
        return response
    }

    /// Closes nothing: the connections are used for the next check, too.
    func shutdown() async {}

    /// Reads a date as HTTP writes it.
    private static func date(_ text: String) -> Date? {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "UTC")
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return formatter.date(from: text)
    }
}
