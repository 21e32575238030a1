/// A log record, as exporters receive it.
public struct LogRecord: Sendable {
    /// How serious a record is, as OpenTelemetry numbers it: 1 is the finest trace, 24 the worst
    /// fatal error, 0 unspecified.
    public struct Severity: RawRepresentable, Hashable, Comparable, Sendable {
        /// The number, 0 to 24 when valid.
        public var rawValue: Int

        /// Creates a severity from its number.
        public init(rawValue: Int) { self.rawValue = rawValue }

        /// Nobody said.
        public static let unspecified = Severity(rawValue: 0)
        /// swift-log's `trace`.
        public static let trace = Severity(rawValue: 1)
        /// swift-log's `debug`.
        public static let debug = Severity(rawValue: 5)
        /// swift-log's `info`.
        public static let info = Severity(rawValue: 9)
        /// swift-log's `notice`.
        public static let notice = Severity(rawValue: 10)
        /// swift-log's `warning`.
        public static let warning = Severity(rawValue: 13)
        /// swift-log's `error`.
        public static let error = Severity(rawValue: 17)
        /// swift-log's `critical`.
        public static let critical = Severity(rawValue: 21)

        /// Whether `lhs` is less serious than `rhs`.
        public static func < (lhs: Severity, rhs: Severity) -> Bool { lhs.rawValue < rhs.rawValue }
    }

    /// What somebody said that a record is.
    package enum TrackedKind: Sendable {
        /// Something that happened.
        case event
        /// The result of a test of availability.
        case availability
        /// An error.
        case exception
    }

    // Optionals are spelled out: what is `nil` by itself is stored twice by the initialiser, for which
    // the compiler copies the whole record.

    /// When it happened; the epoch if unknown.
    public var time: Timestamp
    /// When the engine saw it; the epoch if unknown.
    public var observedTime: Timestamp
    /// How serious it is.
    public var severity: Severity
    /// The severity in the words of its source, if it has any.
    public var severityText: Optional<String>
    /// The message.
    public var body: Optional<AttributeValue>
    /// What is known about the record.
    public var attributes: Attributes
    /// How many attributes the limits cost it.
    public var droppedAttributesCount: Int
    /// The name of the event that the record describes, if it is one.
    public var eventName: Optional<String>
    /// The trace that was current, if any.
    public var traceID: Optional<TraceID>
    /// The span that was current, if any.
    public var spanID: Optional<SpanID>
    /// The flags of that trace.
    public var traceFlags: TraceFlags
    /// Who logged: the label of the logger.
    public var scope: InstrumentationScope
    /// The percentage of traces that the sampler kept when it kept the current one; `nil` if it
    /// kept all, did not say, or there is none.
    public var sampleRate: Optional<Double>
    /// The request in this process that was current, if any.
    public var localRoot: Optional<any LocalRoot>
    /// What the record was tracked as; `nil` if it was logged, and only its attributes can tell.
    package var tracked: Optional<TrackedKind>

    /// Creates a record; everything but its time may be left out.
    public init(
        time: Timestamp,
        observedTime: Timestamp = .epoch,
        severity: Severity = .unspecified,
        severityText: String? = nil,
        body: AttributeValue? = nil,
        attributes: Attributes = [:],
        droppedAttributesCount: Int = 0,
        eventName: String? = nil,
        traceID: TraceID? = nil,
        spanID: SpanID? = nil,
        traceFlags: TraceFlags = [],
        scope: InstrumentationScope = InstrumentationScope(name: ""),
        sampleRate: Double? = nil,
        localRoot: (any LocalRoot)? = nil
    ) {
        self.time = time
        self.observedTime = observedTime
        self.severity = severity
        self.severityText = severityText
        self.body = body
        self.attributes = attributes
        self.droppedAttributesCount = droppedAttributesCount
        self.eventName = eventName
        self.traceID = traceID
        self.spanID = spanID
        self.traceFlags = traceFlags
        self.scope = scope
        self.sampleRate = sampleRate
        self.localRoot = localRoot
        self.tracked = nil
    }
}
