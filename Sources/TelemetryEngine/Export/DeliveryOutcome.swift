/// What became of one try to send a payload.
public enum DeliveryOutcome: Sendable, Hashable {
    /// All items were accepted.
    case accepted

    /// All items were accepted but these, whose positions are unique, valid and ascending.
    case partiallyAccepted([ItemRefusal])

    /// None was accepted now; the payload is worth another try.
    case failed(DeliveryFailure)

    /// The payload is too large for the destination; its halves may not be.
    case payloadTooLarge

    /// None was accepted, and none ever will be.
    case refused(DropReason, explanation: String)
}

/// An item that was not accepted, while others of its payload were.
public struct ItemRefusal: Sendable, Hashable {
    /// What to do with the item.
    public enum Verdict: Sendable, Hashable {
        /// It is worth another try.
        case retry
        /// It is lost.
        case drop(DropReason)
    }

    /// The item's position in the payload, leading items counted.
    public var item: Int

    /// What to do with it.
    public var verdict: Verdict

    /// Creates a refusal.
    public init(item: Int, verdict: Verdict) {
        self.item = item
        self.verdict = verdict
    }
}

/// Why a payload could not be delivered now.
public struct DeliveryFailure: Sendable, Hashable {
    /// The kind of trouble, which decides how long to wait.
    public enum Kind: String, Sendable, Hashable {
        /// No answer: name resolution, connection, TLS, time-out.
        case network
        /// An answer that says the server is in trouble.
        case server
        /// The server asks for patience.
        case throttled
        /// No token, or one that was not accepted.
        case authentication
        /// A quota that the owner of the destination set is used up.
        case quota
    }

    /// The kind of trouble.
    public var kind: Kind

    /// How long the destination asks to be left alone, if it said so.
    public var retryAfter: Duration?

    /// Whether the destination may have accepted the payload without our learning it.
    public var mayHaveArrived: Bool

    /// What happened, for people; no secret, no payload.
    public var explanation: String

    /// Creates a failure.
    public init(
        kind: Kind,
        retryAfter: Duration? = nil,
        mayHaveArrived: Bool = false,
        explanation: String
    ) {
        self.kind = kind
        self.retryAfter = retryAfter
        self.mayHaveArrived = mayHaveArrived
        self.explanation = explanation
    }
}
