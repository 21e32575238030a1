private import Synchronization
package import TelemetryModel
internal import Tracing

/// A span that is recorded: the one object that it costs.
///
/// Users hold it inside a ``TracedSpan``. After its end it travels through the channel to the span
/// processor's actor, which makes an `EndedSpan` of it. It holds no `ServiceContext` and no
/// `SpanLink`, whose context would hold the next span: a chain of spans, each started inside the
/// one before, is freed link by link. The one recording that it may hold is its local root.
package final class SpanRecording: TracePosition, @unchecked Sendable {
    // As in the base class: every property is a constant, an atomic, or a locked value; but for
    // the attributes, which the one has that `lending` says.

    /// What is known at the start and stays.
    struct Origin: Sendable {
        var kind: EndedSpan.Kind
        var fileID: String
        var start: SpanStart
        var parentSpanID: SpanID?
        var hasRemoteParent = false
        /// Whether the recording is a local root; it cannot refer to itself.
        var isLocalRoot = false
        /// The request that the span belongs to, unless it is that request.
        var localRoot: SpanRecording?
    }

    private let core: TracerCoreReference
    let origin: Origin

    private let state: Locked<State>

    /// Where the attributes are, as long as nobody but those who change them asks for them.
    ///
    /// Nearly always a span's attributes are changed one after the other, and read when it has
    /// ended: that takes two atomic operations each, where a lock takes four.
    private let lending = Atomic<UInt8>(Lending.resting)

    private enum Lending {
        /// In ``ownAttributes``, and nobody is changing them.
        static let resting: UInt8 = 0
        /// With somebody who changes them.
        static let lent: UInt8 = 1
        /// In the state's ledger, for ever: it can tell several who change and read.
        static let shared: UInt8 = 2
    }

    // Belongs to whoever changed `lending` from `resting`, until it is `resting` again. Swapped with
    // something else and never changed in place, so that no access needs to be checked.
    private var ownAttributes = SpanAttributes(Dictionary())

    /// What the channel charges, so that it need not lock the recording.
    private let charge = Atomic<Int>(SpanRecording.chargePerSpan)

    private let hasFollower = Atomic<Bool>(false)

    init(
        core: TracerCoreReference,
        trace: TraceIdentity,
        spanID: SpanID,
        origin: Origin,
        name: String,
        initialAttributes: Attributes? = nil
    ) {
        self.core = core
        self.origin = origin
        self.state = Locked(State(name: name, initialAttributes: initialAttributes))
        super.init(trace: trace, spanID: spanID, isRemote: false)
    }

    override var recording: SpanRecording? { self }

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

    var attributes: SpanAttributes { self.withAttributes { $0.visibleAttributes } }

    /// Does something with the state and all attributes in it.
    @inline(__always)
    private func withAttributes<Result: Sendable>(_ body: (inout State) -> Result) -> Result {
        self.state.withLock { state in
            if self.lending.load(ordering: .acquiring) != Lending.shared { self.share(&state) }
            return body(&state)
        }
    }

    /// Gives the attributes to the ledger; the state is locked.
    @inline(never)
    private func share(_ state: inout State) {
        while true {
            let standing = self.lending.load(ordering: .acquiring)
            guard standing != Lending.shared else { return }
            let (exchanged, _) = self.lending.compareExchange(
                expected: standing,
                desired: Lending.shared,
                ordering: .acquiringAndReleasing
            )
            guard exchanged else { continue }
            if standing == Lending.resting {
                var attributes = SpanAttributes(Dictionary())
                swap(&self.ownAttributes, &attributes)
                state.adoptAttributes(attributes)
            } else {
                state.adoptLentAttributes()
            }
            return
        }
    }

    func setStatus(_ status: SpanStatus) {
        self.state.withLock { $0.setStatus(status) }
    }

    func add(_ event: RecordedEvent) {
        var event = event
        let limits = self.limits
        let limit = limits.attributesPerEvent
        if event.attributes.count > limit {
            event.droppedAttributes = event.attributes.count - limit
            event.attributes = event.attributes.limited(to: limit)
        }
        let (accepted, mostEvents) = (event, limits.events)
        self.state.withLock { $0.add(accepted, limit: mostEvents) }
    }

    func addLink(to context: SpanContext, attributes: SpanAttributes) {
        let limits = self.limits
        let (converted, dropped) = Attributes.converting(
            attributes,
            limit: limits.attributesPerLink,
            valueLength: limits.attributeValueLength
        )
        let link = EndedSpan.Link(
            context: context,
            attributes: converted,
            droppedAttributesCount: dropped
        )
        let limit = limits.links
        self.state.withLock { $0.add(link, limit: limit) }
    }

    func beginAccess() -> AttributeAccess {
        let limit = self.attributeLimit
        var access: AttributeAccess
        let (isMine, _) = self.lending.compareExchange(
            expected: Lending.resting,
            desired: Lending.lent,
            ordering: .acquiring
        )
        if isMine {
            access = AttributeAccess(role: .sole)
            swap(&self.ownAttributes, &access.attributes)
            if access.attributes.count >= limit { access.previous = access.attributes }
        } else {
            access = self.withAttributes { $0.beginAccess(limit: limit) }
        }
        if access.attributes.isEmpty {
            // Made here, where its type is known: to reserve room in the API's costs twice as much.
            access.attributes = SpanAttributes(Dictionary(minimumCapacity: Self.usualCount))
        }
        return access
    }

    private static let usualCount = 6

    func finishAccess(_ access: inout AttributeAccess) {
        let limit = self.attributeLimit
        var dropped = access.isSettled(limit: limit) ? 0 : access.settle(limit: limit)
        if access.isSole, dropped == 0 {
            swap(&self.ownAttributes, &access.attributes)
            let (isDone, _) = self.lending.compareExchange(
                expected: Lending.lent,
                desired: Lending.resting,
                ordering: .releasing
            )
            if isDone { return }
            // Others came meanwhile, and the ledger knows of this access, too.
            swap(&self.ownAttributes, &access.attributes)
        }
        while true {
            let (action, gathered) = self.withAttributes { state in
                let action = state.finishAccess(&access, dropped: dropped)
                return (action, action == .deliver ? state.gathered : nil)
            }
            switch action {
            case .none: return
            case .merge: dropped = access.settle(limit: limit)
            case .deliver: return self.deliver(gathered)
            }
        }
    }

    func replaceAttributes(with attributes: SpanAttributes) {
        var attributes = attributes
        var dropped = 0
        let limit = self.attributeLimit
        if attributes.count > limit {
            dropped = attributes.count - limit
            attributes = attributes.limited(to: limit, preferring: self.attributes)
        }
        let (accepted, surplus) = (attributes, dropped)
        // Released after the lock: a value's deinit is foreign code.
        _ = self.withAttributes { $0.replaceAttributes(with: accepted, dropped: surplus) }
    }

    func end(at instant: UInt64) {
        let time = Swift.max(self.time(of: instant), self.origin.start.wall)
        let (action, gathered) = self.withAttributes { state in
            let action = state.end(at: time)
            return (action, action == .deliver ? state.gathered : nil)
        }
        switch action {
        case .deliver: self.deliver(gathered)
        case .wait: break
        case .countSecondEnd: self.core.withCore { $0.counters.countEndedTwice() }
        }
    }

    /// Makes the attributes what exporters receive, and sends the recording on its way.
    ///
    /// Here, and not by the actor: they lie in the cache of this thread, and what another core has
    /// to fetch line by line costs more than to convert it. The dictionary is freed where the next
    /// one will be allocated.
    private func deliver(_ gathered: State.Gathered?) {
        if let gathered { self.convert(gathered) }
        self.core.withCore { $0.channel.send(self) }
    }

    private func convert(_ gathered: State.Gathered) {
        let limits = self.limits
        let (attributes, dropped) = Attributes.converting(
            gathered.attributes,
            over: gathered.initialAttributes,
            limit: limits.attributes,
            valueLength: limits.attributeValueLength
        )
        // Released after the lock: a value's deinit is foreign code.
        _ = self.state.withLock { $0.replaceAttributes(by: attributes, dropped: dropped) }
        self.charge.store(
            Self.chargePerSpan + attributes.count * Self.chargePerAttribute
                + gathered.countOfEventsAndLinks * Self.chargePerEventOrLink,
            ordering: .relaxed
        )
    }

    // MARK: What the tracer knows

    private var limits: SpanLimits { self.core.withCore { $0.limits } }

    private var attributeLimit: Int { self.core.withCore { $0.limits.attributes } }

    /// Whether errors are recorded with where that happened.
    var recordsBacktraces: Bool { self.core.withCore { $0.recordsBacktraces } }

    /// The time of something said to happen at `instant`.
    func time(of instant: UInt64) -> UInt64 {
        self.core.withCore { $0.clock.time(of: instant, since: self.origin.start) }
    }

    // MARK: What is handed down

    /// The attributes set on the span and those it started with; `nil` if, as it was found before,
    /// there is nothing among them to be handed down.
    func attributesToHandDown() -> (set: SpanAttributes, initial: Attributes)? {
        self.withAttributes { state in
            let set = state.attributes
            let initial = state.finalAttributes ?? state.rare?.initialAttributes ?? [:]
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
        self.span(of: self.withAttributes { $0.content }, using: &caches)
    }

    private func span(
        of content: State.Content,
        using caches: inout SpanConversionCaches
    ) -> EndedSpan {
        let (attributes, dropped) = self.attributes(of: content)
        let rare = content.rare
        return EndedSpan(
            context: self.spanContext,
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
            events: rare.map { self.events(of: $0, using: &caches) } ?? [],
            droppedEventsCount: rare?.droppedEvents ?? 0,
            links: rare?.links ?? [],
            droppedLinksCount: rare?.droppedLinks ?? 0,
            status: rare?.status ?? .unset,
            scope: caches.scopes.scope(forFileID: self.origin.fileID),
            sampleRate: self.trace.sampleRate,
            localRoot: self.origin.localRoot
        )
    }

    private func events(
        of rare: State.Rarity,
        using caches: inout SpanConversionCaches
    ) -> [EndedSpan.Event] {
        let limits = self.limits
        return rare.events.map { $0.converted(limits: limits, using: &caches) }
    }

    private func attributes(of content: State.Content) -> (attributes: Attributes, dropped: Int) {
        if let attributes = content.finalAttributes { return (attributes, 0) }
        let limits = self.limits
        return Attributes.converting(
            content.attributes,
            over: content.rare?.initialAttributes,
            limit: limits.attributes,
            valueLength: limits.attributeValueLength
        )
    }

    /// Notes that there is a span or log record which inherits from this one.
    func noteFollower() {
        // Read first: most roots have several, and some are read by many threads.
        if !self.hasFollower.load(ordering: .relaxed) {
            self.hasFollower.store(true, ordering: .relaxed)
        }
    }

    /// Whether others of its request are going to ask for its ``snapshot``; those that come later
    /// may do so, too.
    var isFollowed: Bool { self.hasFollower.load(ordering: .relaxed) }

    /// Writes back what processors made of a local root, so that others of its request see it.
    ///
    /// Needed where the processors may have changed it, and else only to spare the others the work.
    package func settle(name: String, attributes: Attributes) {
        self.state.withLock { $0.settle(name: name, attributes: attributes) }
    }
}

extension SpanRecording: LocalRoot {
    package var snapshot: LocalRootSnapshot {
        enum Standing: Sendable {
            case settled(name: String, attributes: Attributes)
            case open(State.Content)
        }
        let standing: Standing = self.withAttributes { state in
            if let settled = state.settled {
                return .settled(name: settled.name, attributes: settled.attributes)
            }
            return .open(state.content)
        }
        let inherited: (name: String, attributes: Attributes)
        let hasEnded: Bool
        switch standing {
        case .settled(let name, let attributes):
            inherited = (name, attributes)
            hasEnded = true
        case .open(let content):
            inherited = self.inheritance(of: content)
            // What has ended and was not processed yet is called what the processors are going to
            // call it, unless nobody knows what that is.
            hasEnded = content.hasEnded && self.core.withCore { $0.foresight.isKnown }
        }
        return LocalRootSnapshot(
            hasEnded: hasEnded,
            spanID: self.spanID,
            name: inherited.name,
            kind: self.origin.kind,
            attributes: inherited.attributes
        )
    }

    /// What the processors are going to leave of what is known so far.
    private func inheritance(of content: State.Content) -> (name: String, attributes: Attributes) {
        let foresight = self.core.withCore { $0.foresight }
        guard !foresight.isClear else {
            var attributes = self.attributes(of: content).attributes
            self.complete(&attributes, of: content)
            return (content.name, attributes)
        }
        var content = content
        // To find the names of functions is for those who send them.
        content.rare?.forgetBacktraces()
        var caches = SpanConversionCaches()
        var span = self.span(of: content, using: &caches)
        self.complete(&span.attributes, of: content)
        return foresight.inheritance(from: span)
    }

    /// Does what is done to a span after its end, before processors see it.
    private func complete(_ attributes: inout Attributes, of content: State.Content) {
        if content.hasEnded { self.core.withCore { $0.inheritance }?.complete(&attributes) }
    }
}

extension SpanRecording: ChargedRecord {
    // Roughly what malloc hands out for them, dictionary slots and short texts included.
    private static let chargePerSpan = 512
    private static let chargePerAttribute = 96
    private static let chargePerEventOrLink = 160

    package var estimatedCharge: Int { self.charge.load(ordering: .relaxed) }

    package func measuredCharge() -> Int {
        let content: (Attributes, [RecordedEvent], Int) = self.state.withLock { state in
            let rare = state.rare
            return (
                state.finalAttributes ?? [:], rare?.events ?? [],
                state.name.utf8.count + (rare?.links.count ?? 0) * Self.chargePerEventOrLink
            )
        }
        var charge = Self.chargePerSpan + content.2
        for element in content.0.elements {
            charge += Self.chargePerAttribute + element.key.utf8.count
            charge += Self.charge(of: element.value)
        }
        for event in content.1 {
            charge += Self.chargePerEventOrLink + event.name.utf8.count
            charge += Self.charge(of: event.attributes)
        }
        return charge
    }

    private static func charge(of value: AttributeValue) -> Int {
        switch value {
        case .string(let text): text.utf8.count
        case .array(let values): values.reduce(0) { $0 + 40 + self.charge(of: $1) }
        default: 0
        }
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
