package import TelemetryModel
package import Tracing

/// What is recorded of one span: one object from its start until it is exported.
///
/// It is what goes through the channel. It never holds a `ServiceContext`, which would hold the
/// parent's recording and so the whole chain of spans before it.
package final class SpanRecording: ChargedRecord, LocalRoot {
    /// What never changes.
    struct Birth: Sendable {
        var traceID: TraceID
        var spanID: SpanID
        var parentSpanID: SpanID?
        var hasRemoteParent: Bool
        var traceFlags: TraceFlags
        var traceState: TraceState
        var sampleRate: Double?
        var kind: SpanKind
        var wallStart: UInt64
        var monotonicStart: UInt64
        /// A literal of the caller's; its module is the scope.
        var fileID: String
    }

    private struct State {
        var name: String
        var attributes = AttributeStore()
        /// What few spans have, allocated when first used.
        var rare: Rare?
        /// When the span ended; it is under way without.
        var end: UInt64?
        /// What processors made of name and attributes, for those who read them from here.
        var settled: (name: String, attributes: Attributes)?
    }

    /// Status, events and links.
    private final class Rare {
        var status: EndedSpan.Status = .unset
        var events: [SpanEvent] = []
        var droppedEvents = 0
        var links: [(context: SpanContext, attributes: SpanAttributes)] = []
        var droppedLinks = 0
    }

    let birth: Birth
    private let core: TracerCore
    /// The request that the span belongs to; `nil` if there is none, or it is the span itself.
    private let outerRoot: SpanRecording?
    private let state: Locked<State>

    init(birth: Birth, name: String, outerRoot: SpanRecording?, core: TracerCore) {
        self.birth = birth
        self.core = core
        self.outerRoot = outerRoot
        self.state = Locked(State(name: name))
    }

    /// Whether the span is to be exported; if not, it was recorded for measuring only.
    package var isSampled: Bool { self.birth.traceFlags.contains(.sampled) }

    private var isRequest: Bool { self.birth.kind == .server || self.birth.kind == .consumer }

    /// The request that the span belongs to, itself included.
    var localRoot: SpanRecording? { self.outerRoot ?? (self.isRequest ? self : nil) }

    // MARK: Under way

    var name: String {
        get { self.state.withLock { $0.name } }
        set {
            var old = newValue
            self.state.withLock { state in
                guard state.end == nil else { return }
                swap(&state.name, &old)
            }
        }
    }

    var isRecording: Bool { self.state.withLock { $0.end == nil } }

    var attributes: SpanAttributes { self.state.withLock { $0.attributes.current } }

    /// Takes the attributes out; without access, the span has ended and they are a copy.
    func beginAccess() -> (SpanAttributes, AttributeStore.Access?) {
        let limit = self.core.limits.attributeCount
        return self.state.withLock { state in
            guard state.end == nil else { return (state.attributes.current, nil) }
            return state.attributes.begin(limit: limit)
        }
    }

    func endAccess(_ access: AttributeStore.Access?, _ attributes: consuming SpanAttributes) {
        guard let access else { return }
        let limit = self.core.limits.attributeCount
        let changed = attributes
        let mustDeliver = self.state.withLock { state in
            state.attributes.end(access, changed, limit: limit)
            return state.end != nil && state.attributes.isAtRest
        }
        if mustDeliver { self.core.channel.send(self) }
    }

    func setStatus(_ status: SpanStatus) {
        self.change { state, _ in
            let rare = state.rareState
            // Once declared a success, a span stays one.
            guard rare.status != .ok else { return }
            switch status.code {
            case .ok: rare.status = .ok
            case .error: rare.status = .error(message: status.message ?? "")
            @unknown default: break
            }
        }
    }

    func add(_ event: SpanEvent) {
        self.change { state, limits in
            let rare = state.rareState
            guard rare.events.count < limits.eventCount else {
                rare.droppedEvents += 1
                return
            }
            rare.events.append(event)
        }
    }

    func addLink(to context: SpanContext, attributes: SpanAttributes) {
        self.change { state, limits in
            let rare = state.rareState
            guard rare.links.count < limits.linkCount else {
                rare.droppedLinks += 1
                return
            }
            rare.links.append((context, attributes))
        }
    }

    private func change(_ body: (inout State, SpanLimits) -> Void) {
        let limits = self.core.limits
        self.state.withLock { state in
            guard state.end == nil else { return }
            body(&state, limits)
        }
    }

    // MARK: The end

    /// Ends the span and hands it over, once.
    ///
    /// While somebody is still changing an attribute, the last of them hands it over.
    func end(at instant: UInt64) {
        let end = self.endTime(instant)
        let (isFirst, mustDeliver) = self.state.withLock { state in
            guard state.end == nil else { return (false, false) }
            state.end = end
            return (true, state.attributes.isAtRest)
        }
        if mustDeliver {
            self.core.channel.send(self)
        } else if !isFirst {
            self.core.counters.spanEndedTwice()
        }
    }

    /// The end in wall-clock time: the start plus what has passed by the monotonic clock, so that
    /// a clock that was stepped cannot spoil a duration, unless the caller means another moment.
    ///
    /// The API gives a moment in either case. One that is close to the expected is the present; so
    /// is one that is close to what the wall clock says now, stepped though it may be.
    private func endTime(_ instant: UInt64) -> UInt64 {
        let tolerance: UInt64 = 1_000_000
        let time = self.core.time
        let now = time.monotonicNow()
        let passed = now > self.birth.monotonicStart ? now - self.birth.monotonicStart : 0
        let (expected, overflow) = self.birth.wallStart.addingReportingOverflow(passed)
        if overflow || instant.distance(from: expected) <= tolerance { return expected }
        let wall = time.wallNow().nanosecondsSinceEpoch
        if instant.distance(from: wall) <= tolerance { return expected }
        return max(instant, self.birth.wallStart)
    }

    // MARK: Afterwards

    /// What the recording costs, roughly.
    package var estimatedCharge: Int {
        self.state.withLock { state in
            var charge = 512 + 96 * state.attributes.count
            if let rare = state.rare { charge += 256 * (rare.events.count + rare.links.count) }
            return charge
        }
    }

    /// What the recording costs, texts counted.
    package func measuredCharge() -> Int {
        self.state.withLock { state in
            var charge = 512 + state.name.utf8.count + state.attributes.current.charge
            if let rare = state.rare {
                for event in rare.events { charge += 128 + event.attributes.charge }
                for link in rare.links { charge += 128 + link.attributes.charge }
            }
            return charge
        }
    }

    /// The span as exporters get it.
    package func makeEndedSpan() -> EndedSpan {
        let limits = self.core.limits
        return self.state.withLock { state in
            var span = EndedSpan(
                context: SpanContext(
                    traceID: self.birth.traceID,
                    spanID: self.birth.spanID,
                    traceFlags: self.birth.traceFlags,
                    traceState: self.birth.traceState
                ),
                parentSpanID: self.birth.parentSpanID,
                hasRemoteParent: self.birth.hasRemoteParent,
                name: state.name,
                kind: EndedSpan.Kind(self.birth.kind),
                startTime: Timestamp(nanosecondsSinceEpoch: self.birth.wallStart),
                endTime: Timestamp(
                    nanosecondsSinceEpoch: state.end ?? self.birth.wallStart),
                attributes: Attributes(
                    state.attributes.current, valueLength: limits.attributeValueLength),
                droppedAttributesCount: state.attributes.droppedCount,
                scope: InstrumentationScope(fileID: self.birth.fileID),
                sampleRate: self.birth.sampleRate,
                localRoot: self.localRoot
            )
            if let rare = state.rare { rare.complete(&span, limits: limits) }
            return span
        }
    }

    /// Notes what processors made of the span, for the items that belong to it.
    package func settle(name: String, attributes: Attributes) {
        guard self.isRequest else { return }
        self.state.withLock { $0.settled = (name, attributes) }
    }

    /// The request as it stands now.
    package var snapshot: LocalRootSnapshot {
        self.state.withLock { state in
            LocalRootSnapshot(
                hasEnded: state.end != nil,
                spanID: self.birth.spanID,
                name: state.settled?.name ?? state.name,
                kind: EndedSpan.Kind(self.birth.kind),
                attributes: state.settled?.attributes
                    ?? Attributes(state.attributes.current, valueLength: nil)
            )
        }
    }
}

extension SpanRecording.State {
    fileprivate var rareState: SpanRecording.Rare {
        mutating get {
            if let rare = self.rare { return rare }
            let rare = SpanRecording.Rare()
            self.rare = rare
            return rare
        }
    }
}

extension SpanRecording.Rare {
    /// Adds what few spans have to a span that has it.
    fileprivate func complete(_ span: inout EndedSpan, limits: SpanLimits) {
        span.status = self.status
        span.events = self.events.map { event in
            var attributes = Attributes(
                event.attributes, valueLength: limits.attributeValueLength)
            let dropped = attributes.truncate(to: limits.attributeCountPerEvent)
            return EndedSpan.Event(
                name: event.name,
                time: Timestamp(nanosecondsSinceEpoch: event.nanosecondsSinceEpoch),
                attributes: attributes,
                droppedAttributesCount: dropped
            )
        }
        span.droppedEventsCount = self.droppedEvents
        span.links = self.links.map { link in
            var attributes = Attributes(link.attributes, valueLength: limits.attributeValueLength)
            let dropped = attributes.truncate(to: limits.attributeCountPerLink)
            return EndedSpan.Link(
                context: link.context, attributes: attributes, droppedAttributesCount: dropped)
        }
        span.droppedLinksCount = self.droppedLinks
    }
}

extension EndedSpan.Kind {
    fileprivate init(_ kind: SpanKind) {
        switch kind {
        case .server: self = .server
        case .client: self = .client
        case .producer: self = .producer
        case .consumer: self = .consumer
        case .internal: self = .internal
        }
    }
}

extension InstrumentationScope {
    /// The scope of a source file: its module, which is what stands before the slash.
    fileprivate init(fileID: String) {
        let module = fileID.prefix { $0 != "/" }
        self.init(name: String(module))
    }
}

extension UInt64 {
    fileprivate func distance(from other: UInt64) -> UInt64 {
        self > other ? self - other : other - self
    }
}
