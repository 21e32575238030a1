private import Synchronization
package import TelemetryModel
internal import Tracing

/// A span that is recorded: the one object that it costs.
///
/// Users hold it inside a ``TracedSpan``. After its end it travels through the channel to the span
/// processor's actor, which makes an `EndedSpan` of it. It holds no `ServiceContext` and no
/// `SpanLink`, whose context would hold the next span: a chain of spans, each started inside the
/// one before, is freed link by link. The one recording that it may hold is its local root.
package final class SpanRecording: Sendable {
    /// What is known at the start and stays.
    struct Origin: Sendable {
        var parentSpanID: SpanID?
        var hasRemoteParent = false
        var kind: EndedSpan.Kind
        var fileID: String
        var start: SpanStart
        /// Whether the recording is a local root; it cannot refer to itself.
        var isLocalRoot: Bool
        /// The request that the span belongs to, unless it is that request.
        var localRoot: SpanRecording?
    }

    let core: TracerCore
    let trace: TraceIdentity
    let origin: Origin

    /// The span's own id.
    package let spanID: SpanID

    private let state: Locked<State>

    /// What the channel charges, so that it need not lock the recording.
    private let charge = Atomic<Int>(SpanRecording.chargePerSpan)

    init(
        core: TracerCore,
        trace: TraceIdentity,
        spanID: SpanID,
        origin: Origin,
        name: String,
        initialAttributes: Attributes? = nil
    ) {
        self.core = core
        self.trace = trace
        self.spanID = spanID
        self.origin = origin
        self.state = Locked(State(name: name, initialAttributes: initialAttributes))
    }

    /// Whether the span is to be exported; otherwise only processors are to see it.
    package var isSampled: Bool { self.trace.isSampled }

    /// How the span relates to its callers and callees.
    package var kind: EndedSpan.Kind { self.origin.kind }

    /// The request of this process that the span belongs to, itself included.
    package var localRoot: SpanRecording? {
        self.origin.isLocalRoot ? self : self.origin.localRoot
    }

    // MARK: What the public span does

    var isRecording: Bool { self.state.withLock { $0.isRecording } }

    var name: String {
        get { self.state.withLock { $0.name } }
        set { self.state.withLock { $0.rename(to: newValue) } }
    }

    var attributes: SpanAttributes { self.state.withLock { $0.attributes } }

    func setStatus(_ status: SpanStatus) {
        self.state.withLock { $0.setStatus(status) }
    }

    func add(_ event: RecordedEvent) {
        var event = event
        let limit = self.core.limits.attributesPerEvent
        if event.attributes.count > limit {
            event.droppedAttributes = event.attributes.count - limit
            event.attributes = event.attributes.limited(to: limit)
        }
        let (accepted, mostEvents) = (event, self.core.limits.events)
        self.state.withLock { $0.add(accepted, limit: mostEvents) }
    }

    func addLink(to context: SpanContext, attributes: SpanAttributes) {
        let (converted, dropped) = Attributes.converting(
            attributes,
            limit: self.core.limits.attributesPerLink,
            valueLength: self.core.limits.attributeValueLength
        )
        let link = EndedSpan.Link(
            context: context,
            attributes: converted,
            droppedAttributesCount: dropped
        )
        let limit = self.core.limits.links
        self.state.withLock { $0.add(link, limit: limit) }
    }

    func beginAccess() -> AttributeAccess {
        let limit = self.core.limits.attributes
        return self.state.withLock { $0.beginAccess(limit: limit) }
    }

    func finishAccess(_ access: inout AttributeAccess) {
        while true {
            let dropped = access.settle(limit: self.core.limits.attributes)
            let action = self.state.withLock { state in
                let action = state.finishAccess(&access, dropped: dropped)
                if action == .deliver {
                    self.charge.store(Self.charge(of: state), ordering: .relaxed)
                }
                return action
            }
            switch action {
            case .none: return
            case .merge: continue
            case .deliver: return self.core.channel.send(self)
            }
        }
    }

    func replaceAttributes(with attributes: SpanAttributes) {
        var attributes = attributes
        var dropped = 0
        let limit = self.core.limits.attributes
        if attributes.count > limit {
            dropped = attributes.count - limit
            attributes = attributes.limited(to: limit, preferring: self.attributes)
        }
        let (accepted, surplus) = (attributes, dropped)
        // Released after the lock: a value's deinit is foreign code.
        _ = self.state.withLock { $0.replaceAttributes(with: accepted, dropped: surplus) }
    }

    func end(at instant: UInt64) {
        let start = self.origin.start
        let time = Swift.max(self.core.clock.time(of: instant, since: start), start.wall)
        let action = self.state.withLock { state in
            let action = state.end(at: time)
            if action == .deliver {
                self.charge.store(Self.charge(of: state), ordering: .relaxed)
            }
            return action
        }
        switch action {
        case .deliver: self.core.channel.send(self)
        case .wait: break
        case .countSecondEnd: self.core.counters.countEndedTwice()
        }
    }

    // MARK: What is handed down

    /// The attributes set on the span and those it started with; `nil` if, as it was found before,
    /// there is nothing among them to be handed down.
    func attributesToHandDown() -> (set: SpanAttributes, initial: Attributes)? {
        self.state.withLock { state in
            let initial = state.rarity?.initialAttributes ?? [:]
            let set = state.attributes
            guard !initial.isEmpty || set.count != state.countWithoutHeirlooms else { return nil }
            return (set, initial)
        }
    }

    /// Notes that of so many attributes none is to be handed down.
    func noteWithoutHeirlooms(count: Int) {
        self.state.withLock { $0.countWithoutHeirlooms = count }
    }

    // MARK: What the span processor's actor does

    /// Makes what exporters receive; called once, after the end, off the caller's path.
    package func makeEndedSpan(using caches: inout SpanConversionCaches) -> EndedSpan {
        self.span(of: self.state.withLock { $0.content }, using: &caches)
    }

    private func span(
        of content: State.Content,
        using caches: inout SpanConversionCaches
    ) -> EndedSpan {
        let limits = self.core.limits
        let (attributes, dropped) = self.attributes(of: content)
        return EndedSpan(
            context: self.trace.spanContext(of: self.spanID),
            parentSpanID: self.origin.parentSpanID,
            hasRemoteParent: self.origin.hasRemoteParent,
            name: content.name,
            kind: self.origin.kind,
            startTime: Timestamp(nanosecondsSinceEpoch: self.origin.start.wall),
            endTime: Timestamp(
                nanosecondsSinceEpoch: Swift.max(content.endTime, self.origin.start.wall)
            ),
            attributes: attributes,
            droppedAttributesCount: content.droppedAttributes + dropped,
            events: content.events.map { $0.converted(limits: limits, using: &caches) },
            droppedEventsCount: content.droppedEvents,
            links: content.links,
            droppedLinksCount: content.droppedLinks,
            status: content.status,
            scope: caches.scopes.scope(forFileID: self.origin.fileID),
            sampleRate: self.trace.sampleRate,
            localRoot: self.localRoot
        )
    }

    private func attributes(of content: State.Content) -> (attributes: Attributes, dropped: Int) {
        Attributes.converting(
            content.attributes,
            over: content.initialAttributes,
            limit: self.core.limits.attributes,
            valueLength: self.core.limits.attributeValueLength
        )
    }

    /// Writes back what processors made of a local root, so that others of its request see it.
    ///
    /// From then on ``snapshot`` says that the root has ended.
    package func settle(name: String, attributes: Attributes) {
        self.state.withLock { $0.settle(name: name, attributes: attributes) }
    }
}

extension SpanRecording: LocalRoot {
    package var snapshot: LocalRootSnapshot {
        let (settled, content): ((name: String, attributes: Attributes)?, State.Content) =
            self.state.withLock { ($0.rarity?.settled, $0.content) }
        let inherited = settled ?? self.inheritance(of: content)
        return LocalRootSnapshot(
            // What has ended and was not processed yet is called what the processors are going to
            // call it, unless nobody knows what that is.
            hasEnded: settled != nil || content.hasEnded && self.core.foresight.isKnown,
            spanID: self.spanID,
            name: inherited.name,
            kind: self.origin.kind,
            attributes: inherited.attributes
        )
    }

    /// What the processors are going to leave of what is known so far.
    private func inheritance(of content: State.Content) -> (name: String, attributes: Attributes) {
        let foresight = self.core.foresight
        guard !foresight.isClear else {
            var attributes = self.attributes(of: content).attributes
            self.complete(&attributes, of: content)
            return (content.name, attributes)
        }
        var content = content
        // To find the names of functions is for those who send them.
        for index in content.events.indices { content.events[index].backtrace = nil }
        var caches = SpanConversionCaches()
        var span = self.span(of: content, using: &caches)
        self.complete(&span.attributes, of: content)
        return foresight.inheritance(from: span)
    }

    /// Does what is done to a span after its end, before processors see it.
    private func complete(_ attributes: inout Attributes, of content: State.Content) {
        if content.hasEnded { self.core.inheritance?.complete(&attributes) }
    }
}

extension SpanRecording: ChargedRecord {
    // Roughly what malloc hands out for them, dictionary slots and short texts included.
    private static let chargePerSpan = 512
    private static let chargePerAttribute = 96
    private static let chargePerEventOrLink = 160

    package var estimatedCharge: Int { self.charge.load(ordering: .relaxed) }

    private static func charge(of state: State) -> Int {
        var charge = Self.chargePerSpan + state.attributes.count * Self.chargePerAttribute
        if let rarity = state.rarity {
            charge += (rarity.events.count + rarity.links.count) * Self.chargePerEventOrLink
        }
        return charge
    }

    package func measuredCharge() -> Int {
        let content: (SpanAttributes, [RecordedEvent], Int) = self.state.withLock { state in
            let rarity = state.rarity
            return (
                state.attributes, rarity?.events ?? [],
                state.name.utf8.count + (rarity?.links.count ?? 0) * Self.chargePerEventOrLink
            )
        }
        var charge = Self.chargePerSpan + content.2 + Self.charge(of: content.0)
        for event in content.1 {
            charge += Self.chargePerEventOrLink + event.name.utf8.count
            charge += Self.charge(of: event.attributes)
        }
        return charge
    }

    private static func charge(of attributes: SpanAttributes) -> Int {
        var charge = 0
        // Calls nothing of a value's own: the channel's lock is held.
        // swift-format-ignore: ReplaceForEachWithForLoop
        attributes.forEach { key, value in
            charge += Self.chargePerAttribute + key.utf8.count
            switch value {
            case .string(let text): charge += text.utf8.count
            case .stringArray(let texts): charge += texts.reduce(0) { $0 + 16 + $1.utf8.count }
            case .boolArray(let values): charge += values.count
            case .int32Array(let values): charge += values.count * 4
            case .int64Array(let values): charge += values.count * 8
            case .doubleArray(let values): charge += values.count * 8
            case .stringConvertibleArray(let values): charge += values.count * 40
            default: break
            }
        }
        return charge
    }
}
