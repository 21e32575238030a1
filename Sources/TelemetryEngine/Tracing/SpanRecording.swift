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
        /// The attributes that the span has from its sampler and its parent, if there are any.
        var initialAttributes: Attributes?
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
        /// In ``ownAttributes``, and somebody reads them who is going to end the span.
        static let ending: UInt8 = 2
        /// In the state's ledger, for ever: it can tell several who change and read.
        static let shared: UInt8 = 3
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
        name: String
    ) {
        self.core = core
        self.origin = origin
        self.state = Locked(State(name: name))
        super.init(trace: trace, spanID: spanID, isRemote: false)
    }

    override var recording: SpanRecording? { self }

    /// Whether the span is to be exported; otherwise only processors are to see it.
    package var isSampled: Bool { self.trace.isSampled }

    /// How the span relates to its callers and callees.
    package var kind: EndedSpan.Kind { self.origin.kind }

    /// Whether the span is a request of this process.
    package var isLocalRoot: Bool { self.origin.isLocalRoot }

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
            guard self.pass(from: standing, to: Lending.shared) else { continue }
            switch standing {
            case Lending.resting: state.adoptAttributes(self.takeOwnAttributes())
            case Lending.ending: state.adoptAttributes(self.ownAttributes)
            default: state.adoptLentAttributes()
            }
            return
        }
    }

    @inline(__always)
    private func pass(from standing: UInt8, to next: UInt8) -> Bool {
        self.lending.compareExchange(
            expected: standing,
            desired: next,
            ordering: .acquiringAndReleasing
        ).exchanged
    }

    private func takeOwnAttributes() -> SpanAttributes {
        var attributes = SpanAttributes(Dictionary())
        swap(&self.ownAttributes, &attributes)
        return attributes
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
        if self.pass(from: Lending.resting, to: Lending.lent) {
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
            if self.pass(from: Lending.lent, to: Lending.resting) { return }
            // Others came meanwhile, and the ledger knows of this access, too.
            swap(&self.ownAttributes, &access.attributes)
        }
        while true {
            let action = self.withAttributes { state in
                let action = state.finishAccess(&access, dropped: dropped)
                if action == .deliver {
                    self.charge.store(Self.charge(of: state), ordering: .relaxed)
                }
                return action
            }
            switch action {
            case .none: return
            case .merge: dropped = access.settle(limit: limit)
            case .deliver: return self.deliver()
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
        guard !self.endAlone(at: time) else { return self.deliver() }
        let action = self.withAttributes { state in
            let action = state.end(at: time)
            if action == .deliver {
                self.charge.store(Self.charge(of: state), ordering: .relaxed)
            }
            return action
        }
        switch action {
        case .deliver: self.deliver()
        case .wait: break
        case .countSecondEnd: self.core.withCore { $0.counters.countEndedTwice() }
        }
    }

    /// Ends the span, and makes its attributes what exporters receive, if nobody else is at them.
    ///
    /// Here, and not off the caller's path: they lie in the cache of this core, and what another
    /// one has to fetch line by line takes longer than to convert it. The dictionary is freed where
    /// the next one will be allocated.
    private func endAlone(at time: UInt64) -> Bool {
        guard self.pass(from: Lending.resting, to: Lending.ending) else { return false }
        // What has none needs no list of none.
        let hasAttributes = !self.ownAttributes.isEmpty || self.origin.initialAttributes != nil
        let final = hasAttributes ? self.converted(self.ownAttributes) : nil
        // Released after the lock: a value's deinit is foreign code.
        var spent = SpanAttributes(Dictionary())
        let isAlone = self.state.withLock { state in
            guard self.pass(from: Lending.ending, to: Lending.shared) else { return false }
            state.end(at: time, attributes: final?.attributes, dropped: final?.dropped ?? 0)
            self.charge.store(Self.charge(of: state), ordering: .relaxed)
            if hasAttributes { swap(&self.ownAttributes, &spent) }
            return true
        }
        _ = spent
        return isAlone
    }

    private func deliver() {
        self.core.withCore { $0.channel.send(self) }
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
            let initial = state.finalAttributes ?? self.origin.initialAttributes ?? [:]
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
        return self.converted(content.attributes)
    }

    private func converted(_ attributes: SpanAttributes) -> (attributes: Attributes, dropped: Int) {
        let limits = self.limits
        return Attributes.converting(
            attributes,
            over: self.origin.initialAttributes,
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

    private static func charge(of state: borrowing State) -> Int {
        let attributes = state.finalAttributes?.count ?? state.attributes.count
        var charge = Self.chargePerSpan + attributes * Self.chargePerAttribute
        if let rare = state.rare {
            charge += (rare.events.count + rare.links.count) * Self.chargePerEventOrLink
        }
        return charge
    }

    package func measuredCharge() -> Int {
        let content = self.withAttributes { $0.content }
        var charge = Self.chargePerSpan + content.name.utf8.count
        charge += Self.charge(of: content.attributes)
        if let attributes = content.finalAttributes { charge += Self.charge(of: attributes) }
        guard let rare = content.rare else { return charge }
        charge += (rare.events.count + rare.links.count) * Self.chargePerEventOrLink
        for event in rare.events {
            charge += event.name.utf8.count + Self.charge(of: event.attributes)
        }
        return charge
    }

    private static func charge(of attributes: Attributes) -> Int {
        attributes.elements.reduce(0) { charge, element in
            charge + Self.chargePerAttribute + element.key.utf8.count
                + Self.charge(of: element.value)
        }
    }

    /// What a value takes beyond its place in the list.
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
