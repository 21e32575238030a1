import TelemetryEngine
import TelemetryTransport

/// Why an item was lost or has to be sent again, in the words of the statistics.
struct StatisticCode: Hashable {
    /// The status code, or a name that begins with `CLIENT_`.
    var code: String
    /// The same for people.
    var reason: String

    private init(_ code: String, _ reason: String) {
        self.code = code
        self.reason = reason
    }

    /// No answer in time.
    static let timeout = Self("CLIENT_TIMEOUT", "Client timeout")
    /// No answer.
    static let network = Self("CLIENT_EXCEPTION", "Network exception")
    /// No request: there was no token.
    static let client = Self("CLIENT_EXCEPTION", "Client exception")

    /// What a status means.
    init(status: Int) {
        let reason =
            switch status {
            case 400: "Bad request"
            case 401: "Unauthorized"
            case 402: "Daily quota exceeded"
            case 403: "Forbidden"
            case 404: "Not found"
            case 408: "Request timeout"
            case 413: "Payload too large"
            case 429: "Too many requests"
            case 500: "Internal server error"
            case 502: "Bad gateway"
            case 503: "Service unavailable"
            case 504: "Gateway timeout"
            case 400..<500: "Client error 4xx"
            case 500..<600: "Server error 5xx"
            default: "status_\(status)"
            }
        self.init("\(status)", reason)
    }

    /// What an answer means.
    init(_ reply: IngestionAnswer.Reply) {
        switch reply {
        case .status(let status, _): self.init(status: status)
        case .error(.timeout): self = .timeout
        case .error: self = .network
        case .none: self = .client
        }
    }

    /// Why a record was lost that no answer was about; `nil` where an answer says it.
    init?(_ reason: DropReason, quotaStatus: Int) {
        switch reason {
        case .rejected, .tooLarge: return nil
        case .queueFull: self.init("CLIENT_QUEUE_FULL", "Client queue full")
        case .invalid: self = .client
        case .quota: self.init(status: quotaStatus)
        case .evicted: self.init("CLIENT_PERSISTENCE_CAPACITY", "Client persistence capacity")
        case .expired: self.init("CLIENT_EXPIRED", "Client expired")
        case .storageFailed: self.init("CLIENT_EXCEPTION", "Storage exception")
        case .unreachable:
            self.init("CLIENT_STORAGE_DISABLED", "Client local storage disabled")
        case .shutdown: self.init("CLIENT_SHUTDOWN", "Client shutdown")
        }
    }
}
