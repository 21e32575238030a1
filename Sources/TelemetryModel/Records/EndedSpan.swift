/// A span that has ended, as exporters receive it.
public struct EndedSpan: Sendable {
    /// How the span relates to its callers and callees.
    public enum Kind: Sendable, Hashable, CaseIterable {
        /// Work inside the process; also what an unknown kind is read as.
        case `internal`
        /// A request that was served.
        case server
        /// A call to somebody else.
        case client
        /// A message that was sent.
        case producer
        /// A message that was received.
        case consumer
    }

    /// Whether the work succeeded.
    public enum Status: Sendable, Hashable {
        /// Nobody said.
        case unset
        /// Declared a success.
        case ok
        /// Failed; `message` may be empty.
        case error(message: String)
    }

    /// Something that happened at one moment of the span.
    public struct Event: Sendable, Hashable {
        /// The event's name; `exception` for a recorded error.
        public var name: String
        /// When it happened.
        public var time: Timestamp
        /// What is known about it.
        public var attributes: Attributes
        /// How many attributes the limits cost it.
        public var droppedAttributesCount: Int

        /// Creates an event.
        public init(
            name: String,
            time: Timestamp,
            attributes: Attributes = [:],
            droppedAttributesCount: Int = 0
        ) {
            self.name = name
            self.time = time
            self.attributes = attributes
            self.droppedAttributesCount = droppedAttributesCount
        }
    }

    /// A reference to another span, in this trace or in another.
    public struct Link: Sendable, Hashable {
        /// The span referred to.
        public var context: SpanContext
        /// What is known about the relation.
        public var attributes: Attributes
        /// How many attributes the limits cost it.
        public var droppedAttributesCount: Int

        /// Creates a link.
        public init(
            context: SpanContext,
            attributes: Attributes = [:],
            droppedAttributesCount: Int = 0
        ) {
            self.context = context
            self.attributes = attributes
            self.droppedAttributesCount = droppedAttributesCount
        }
    }

    // Optionals are spelled out: what is `nil` by itself is stored twice by the initialiser, for which
    // the compiler copies the whole span.

    /// The span's own ids, flags and state.
    public var context: SpanContext
    /// The span that this one was started under, in this process or another.
    public var parentSpanID: Optional<SpanID>
    /// Whether the parent lives in another process.
    public var hasRemoteParent: Bool
    /// The name of the operation.
    public var name: String
    /// How the span relates to its callers and callees.
    public var kind: Kind
    /// When it started; the epoch if unknown.
    public var startTime: Timestamp
    /// When it ended; never before the start when the engine recorded it.
    public var endTime: Timestamp
    /// What is known about the span.
    public var attributes: Attributes
    /// How many attributes the limits cost it.
    public var droppedAttributesCount: Int
    /// What happened during the span, in the order of recording.
    public var events: [Event]
    /// How many events the limits cost it.
    public var droppedEventsCount: Int
    /// References to other spans.
    public var links: [Link]
    /// How many links the limits cost it.
    public var droppedLinksCount: Int
    /// Whether the work succeeded.
    public var status: Status
    /// Who recorded the span.
    public var scope: InstrumentationScope
    /// The percentage of traces that the sampler kept when it kept this one; `nil` if it kept all
    /// or did not say.
    public var sampleRate: Optional<Double>
    /// The request in this process that the span belongs to; `nil` if there is none, and for the
    /// request itself.
    public var localRoot: Optional<any LocalRoot>

    /// Creates a span; everything but its identity may be left out.
    public init(
        context: SpanContext,
        parentSpanID: SpanID? = nil,
        hasRemoteParent: Bool = false,
        name: String,
        kind: Kind = .internal,
        startTime: Timestamp = .epoch,
        endTime: Timestamp = .epoch,
        attributes: Attributes = [:],
        droppedAttributesCount: Int = 0,
        events: [Event] = [],
        droppedEventsCount: Int = 0,
        links: [Link] = [],
        droppedLinksCount: Int = 0,
        status: Status = .unset,
        scope: InstrumentationScope = InstrumentationScope(name: ""),
        sampleRate: Double? = nil,
        localRoot: (any LocalRoot)? = nil
    ) {
        self.context = context
        self.parentSpanID = parentSpanID
        self.hasRemoteParent = hasRemoteParent
        self.name = name
        self.kind = kind
        self.startTime = startTime
        self.endTime = endTime
        self.attributes = attributes
        self.droppedAttributesCount = droppedAttributesCount
        self.events = events
        self.droppedEventsCount = droppedEventsCount
        self.links = links
        self.droppedLinksCount = droppedLinksCount
        self.status = status
        self.scope = scope
        self.sampleRate = sampleRate
        self.localRoot = localRoot
    }
}
