import TelemetryEngine
import TelemetryTransport

/// What the network said to the requests of one try, for whoever counts answers.
///
/// A try may take several requests, for redirects and new tokens; the last one decides.
final class IngestionAnswer: Sendable {
    /// What came back.
    enum Reply: Sendable {
        /// Nothing: no request was made.
        case none
        /// A response.
        case status(Int, body: [UInt8])
        /// No response.
        case error(TransportError.Code)
    }

    /// The record of the try that the task is part of.
    @TaskLocal static var current: IngestionAnswer?

    private let state = Locked(Reply.none)

    var reply: Reply {
        get { self.state.withLock { $0 } }
        set { self.state.withLock { $0 = newValue } }
    }
}

/// A transport that notes what comes back.
struct AnsweringTransport: HTTPTransport {
    let transport: any HTTPTransport

    func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse {
        do throws(TransportError) {
            let response = try await self.transport.send(request)
            IngestionAnswer.current?.reply = .status(response.status, body: response.body)
            return response
        } catch {
            IngestionAnswer.current?.reply = .error(error.code)
            throw error
        }
    }

    func shutdown() async {
        await self.transport.shutdown()
    }
}
