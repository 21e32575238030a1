internal import TelemetryModel
internal import Tracing

extension SpanRecording {
    /// What changes while a span is recorded: a state machine without locks, clocks and channels.
    ///
    /// Not copyable: what is copied by mistake counts references up and down.
    struct State: ~Copyable, Sendable {
        /// Where the recording is; nothing but `settle` changes a recording that has ended.
        enum Phase {
            /// Under way; from here to `ending` or `ended`.
            case recording
            /// `end` was called while attributes were being changed; from here to `ended`.
            case ending
            /// Delivered.
            case ended
        }

        /// What is to be done after a possible end.
        enum EndAction: Hashable {
            /// The recording goes into the channel.
            case deliver
            /// An access to the attributes is under way; the last one to finish delivers.
            case wait
            /// The span had ended before; this is counted.
            case countSecondEnd
        }

        /// What an access has to do next.
        enum AccessAction: Hashable {
            /// Nothing.
            case none
            /// Merge what others wrote, and finish again.
            case merge
            /// Deliver the recording, whose end waited for this access.
            case deliver
        }

        /// What few spans have.
        struct Rarity: Sendable {
            var status = EndedSpan.Status.unset
            var events: [RecordedEvent] = []
            var droppedEvents = 0
            var links: [EndedSpan.Link] = []
            var droppedLinks = 0
            var settled: (name: String, attributes: Attributes)?

            mutating func forgetBacktraces() {
                for index in self.events.indices { self.events[index].backtrace = nil }
            }
        }

        // Unchecked: it belongs to one state, and whoever has that locked.
        private final class RarityBox: @unchecked Sendable {
            var value = Rarity()
        }

        /// All that is known at one moment.
        struct Content: Sendable {
            var name: String
            var attributes: SpanAttributes
            var finalAttributes: Attributes?
            var endTime: UInt64
            var droppedAttributes: Int
            var hasEnded: Bool
            var rare: Rarity?
        }

        private(set) var name: String
        private(set) var endTime: UInt64 = 0
        private(set) var droppedAttributes = 0
        private var box: RarityBox?
        private var ledger = AttributeLedger()

        /// All attributes as exporters receive them, from the end on, if they were converted there.
        private(set) var finalAttributes: Attributes?
        private(set) var phase = Phase.recording

        /// How many attributes there were when none of them was to be handed down to other spans;
        /// until there are more, nobody need look again.
        var countWithoutHeirlooms = 0

        init(name: String) {
            self.name = name
        }

        var isRecording: Bool {
            if case .recording = self.phase { true } else { false }
        }

        /// The attributes that were set through the API, unless they were converted; without those
        /// under way in an access.
        var attributes: SpanAttributes { self.ledger.current }

        /// The attributes as the API shows them, also after the end.
        var visibleAttributes: SpanAttributes {
            self.finalAttributes.map { SpanAttributes($0) } ?? self.ledger.current
        }

        /// What few spans have, if this one has it.
        var rare: Rarity? { self.box?.value }

        /// What processors made of a local root, if they saw it.
        var settled: (name: String, attributes: Attributes)? { self.box?.value.settled }

        var content: Content {
            let hasEnded = if case .ended = self.phase { true } else { false }
            return Content(
                name: self.name,
                attributes: self.attributes,
                finalAttributes: self.finalAttributes,
                endTime: self.endTime,
                droppedAttributes: self.droppedAttributes,
                hasEnded: hasEnded,
                rare: self.box?.value
            )
        }

        private mutating func makeBox() -> RarityBox {
            if let box { return box }
            let box = RarityBox()
            self.box = box
            return box
        }

        // MARK: Events

        mutating func rename(to name: String) {
            guard self.isRecording else { return }
            self.name = name
        }

        /// Ok is final; an error without a message keeps the message of the one before.
        mutating func setStatus(_ status: SpanStatus) {
            guard self.isRecording else { return }
            let box = self.makeBox()
            switch (box.value.status, status.code) {
            case (.ok, _):
                break
            case (_, .ok):
                box.value.status = .ok
            case (.error(let earlier), .error):
                // `withSpan` sets the status without a message when its body throws, after the body
                // may have said more.
                box.value.status = .error(message: status.message ?? earlier)
            case (.unset, .error):
                box.value.status = .error(message: status.message ?? "")
            }
        }

        mutating func add(_ event: RecordedEvent, limit: Int) {
            guard self.isRecording else { return }
            let box = self.makeBox()
            if box.value.events.count < limit {
                box.value.events.append(event)
            } else {
                box.value.droppedEvents += 1
            }
        }

        mutating func add(_ link: EndedSpan.Link, limit: Int) {
            guard self.isRecording else { return }
            let box = self.makeBox()
            if box.value.links.count < limit {
                box.value.links.append(link)
            } else {
                box.value.droppedLinks += 1
            }
        }

        mutating func beginAccess(limit: Int) -> AttributeAccess {
            guard self.isRecording else {
                return AttributeAccess(attributes: self.visibleAttributes, role: .forgotten)
            }
            return self.ledger.begin(limit: limit)
        }

        mutating func finishAccess(_ access: inout AttributeAccess, dropped: Int) -> AccessAction {
            if dropped > 0 {
                self.droppedAttributes += dropped
            }
            guard self.ledger.finish(&access) else { return .merge }
            if case .ending = self.phase, self.ledger.accessCount == 0 {
                self.phase = .ended
                return .deliver
            }
            return .none
        }

        /// Takes over the attributes from the recording, where nobody is changing them.
        mutating func adoptAttributes(_ attributes: SpanAttributes) {
            self.ledger.adopt(attributes)
        }

        /// Takes over the attributes, which are with somebody who changes them.
        mutating func adoptLentAttributes() {
            self.ledger.adoptLent()
        }

        /// Replaces the attributes; returns what is to be released after the lock.
        mutating func replaceAttributes(
            with attributes: SpanAttributes,
            dropped: Int
        ) -> SpanAttributes {
            guard self.isRecording else { return [:] }
            self.droppedAttributes += dropped
            return self.ledger.replace(with: attributes)
        }

        mutating func end(at time: UInt64) -> EndAction {
            guard self.isRecording else { return .countSecondEnd }
            self.endTime = time
            guard self.ledger.accessCount == 0 else {
                self.phase = .ending
                return .wait
            }
            self.phase = .ended
            return .deliver
        }

        /// Ends a recording whose attributes nobody else has.
        mutating func end(at time: UInt64, attributes: Attributes?, dropped: Int) {
            self.endTime = time
            self.finalAttributes = attributes
            self.droppedAttributes += dropped
            self.phase = .ended
        }

        mutating func settle(name: String, attributes: Attributes) {
            self.makeBox().value.settled = (name, attributes)
        }
    }
}

/// An event as it was recorded; converted off the caller's path.
struct RecordedEvent: Sendable {
    var name: String
    var time: UInt64
    var attributes: SpanAttributes
    var droppedAttributes = 0

    /// Where an error was recorded, if that was asked for.
    var backtrace: RecordedBacktrace?
}
