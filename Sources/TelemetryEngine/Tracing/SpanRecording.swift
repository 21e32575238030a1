internal import Synchronization
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

    let core: TracerCoreReference
    let origin: Origin

    let state: Locked<State>

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

    // Belongs to whoever changed `lending` from `resting`, until it is `resting` again; while it is
    // `ending`, others may read it, too. Swapped with something else and never changed in place, so
    // that no access needs to be checked.
    private var ownAttributes = SpanAttributes(Dictionary())

    /// What the channel charges, so that it need not lock the recording.
    let charge = Atomic<Int>(SpanRecording.chargePerSpan)

    let hasFollower = Atomic<Bool>(false)

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
    func withAttributes<Result: Sendable>(_ body: (inout State) -> Result) -> Result {
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

    /// Changes `lending`, unless somebody else has.
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

    var limits: SpanLimits { self.core.withCore { $0.limits } }

    private var attributeLimit: Int { self.core.withCore { $0.limits.attributes } }

    /// Whether errors are recorded with where that happened.
    var recordsBacktraces: Bool { self.core.withCore { $0.recordsBacktraces } }

    /// The time of something said to happen at `instant`.
    func time(of instant: UInt64) -> UInt64 {
        self.core.withCore { $0.clock.time(of: instant, since: self.origin.start) }
    }
}
