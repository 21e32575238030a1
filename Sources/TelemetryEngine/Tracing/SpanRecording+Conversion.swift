private import Synchronization
package import TelemetryModel
internal import Tracing

extension SpanRecording {
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

    func converted(_ attributes: SpanAttributes) -> (attributes: Attributes, dropped: Int) {
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
