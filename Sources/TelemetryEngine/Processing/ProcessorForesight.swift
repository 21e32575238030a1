import TelemetryModel

/// What processors are going to leave of a request that they have not seen.
///
/// A child or a log record may be sent before its request is processed, or the request may have
/// been dropped on its way: what is inherited from it then must hold nothing that is to be masked.
struct ProcessorForesight: Sendable {
    /// What changes it; `nil` if nobody knows.
    private let changes: [SpanChange]?

    /// Looks at the processors that are yet to come.
    ///
    /// What those of others do, nobody knows, and they may not expect to be asked twice.
    init(_ processors: some Sequence<any SpanProcessor>) {
        var changes: [SpanChange] = []
        for processor in processors {
            if let change = processor as? SpanChange {
                changes.append(change)
            } else if !(processor is any LeavesSpansAlone) {
                self.changes = nil
                return
            }
        }
        self.changes = changes
    }

    /// Whether it is known what they are going to do.
    var isKnown: Bool { self.changes != nil }

    /// Whether everything stays as it is.
    var isClear: Bool { self.changes?.isEmpty ?? false }

    /// What may be inherited; no attributes if nobody knows which.
    func inheritance(from span: EndedSpan) -> (name: String, attributes: Attributes) {
        guard let changes else { return (span.name, [:]) }
        var span = span
        for change in changes { _ = change.onEnd(&span) }
        return (span.name, span.attributes)
    }
}
