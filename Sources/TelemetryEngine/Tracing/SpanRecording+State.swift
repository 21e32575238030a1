internal import TelemetryModel
internal import Tracing

extension SpanRecording {
    /// What changes while a span is recorded: a state machine without locks, clocks and channels.
    struct State {
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
        final class Rarity {
            var initialAttributes: Attributes = [:]
            var status = EndedSpan.Status.unset
            var events: [RecordedEvent] = []
            var droppedEvents = 0
            var links: [EndedSpan.Link] = []
            var droppedLinks = 0
            var settled: (name: String, attributes: Attributes)?
        }

        /// All that is known at one moment.
        struct Content: Sendable {
            var hasEnded: Bool
            var name: String
            var endTime: UInt64
            var attributes: SpanAttributes
            var droppedAttributes: Int
            var initialAttributes: Attributes
            var status: EndedSpan.Status
            var events: [RecordedEvent]
            var droppedEvents: Int
            var links: [EndedSpan.Link]
            var droppedLinks: Int
        }

        private(set) var name: String
        private(set) var phase = Phase.recording
        private(set) var endTime: UInt64 = 0
        private(set) var droppedAttributes = 0
        private(set) var rarity: Rarity?
        private var ledger = AttributeLedger()

        /// How many attributes there were when none of them was to be handed down to other spans;
        /// until there are more, nobody need look again.
        var countWithoutHeirlooms = 0

        init(name: String, initialAttributes: Attributes? = nil) {
            self.name = name
            if let initialAttributes, !initialAttributes.isEmpty {
                self.rare.initialAttributes = initialAttributes
            }
        }

        var isRecording: Bool {
            if case .recording = self.phase { true } else { false }
        }

        /// The attributes that were set through the API; without those under way in an access.
        var attributes: SpanAttributes { self.ledger.current }

        var content: Content {
            let rarity = self.rarity
            let hasEnded = if case .ended = self.phase { true } else { false }
            return Content(
                hasEnded: hasEnded,
                name: self.name,
                endTime: self.endTime,
                attributes: self.attributes,
                droppedAttributes: self.droppedAttributes,
                initialAttributes: rarity?.initialAttributes ?? [:],
                status: rarity?.status ?? .unset,
                events: rarity?.events ?? [],
                droppedEvents: rarity?.droppedEvents ?? 0,
                links: rarity?.links ?? [],
                droppedLinks: rarity?.droppedLinks ?? 0
            )
        }

        private var rare: Rarity {
            mutating get {
                if let rarity = self.rarity { return rarity }
                let rarity = Rarity()
                self.rarity = rarity
                return rarity
            }
        }

        // MARK: Events

        mutating func rename(to name: String) {
            guard self.isRecording else { return }
            self.name = name
        }

        /// Ok is final; an error without a message keeps the message of the one before.
        mutating func setStatus(_ status: SpanStatus) {
            guard self.isRecording else { return }
            let rare = self.rare
            switch (rare.status, status.code) {
            case (.ok, _):
                break
            case (_, .ok):
                rare.status = .ok
            case (.error(let earlier), .error):
                // `withSpan` sets the status without a message when its body throws, after the body
                // may have said more.
                rare.status = .error(message: status.message ?? earlier)
            case (.unset, .error):
                rare.status = .error(message: status.message ?? "")
            }
        }

        mutating func add(_ event: RecordedEvent, limit: Int) {
            guard self.isRecording else { return }
            let rare = self.rare
            if rare.events.count < limit {
                rare.events.append(event)
            } else {
                rare.droppedEvents += 1
            }
        }

        mutating func add(_ link: EndedSpan.Link, limit: Int) {
            guard self.isRecording else { return }
            let rare = self.rare
            if rare.links.count < limit {
                rare.links.append(link)
            } else {
                rare.droppedLinks += 1
            }
        }

        mutating func beginAccess(limit: Int) -> AttributeAccess {
            guard self.isRecording else {
                return AttributeAccess(attributes: self.ledger.current, role: .forgotten)
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

        mutating func settle(name: String, attributes: Attributes) {
            self.rare.settled = (name, attributes)
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
