import TelemetryModel

extension ExportBatch {
    /// Finds the request that each span belongs to, as far as it is in the batch.
    ///
    /// As in the pipeline: the outermost span of kind server or consumer that is above a span in
    /// the same process, or the span itself. A caller in another process ends the way up; so does
    /// one that sends or calls, because what it calls is another process, whatever the flags say.
    mutating func findLocalRoots() {
        guard case .spans(var spans) = self.records, spans.count > 1,
            spans.contains(where: { $0.kind.isRequest })
        else { return }
        var search = LocalRootSearch(spans)
        for index in spans.indices {
            guard let root = search.root(of: index), root != index else { continue }
            spans[index].localRoot = search.reference(to: root)
        }
        self.records = .spans(spans)
    }
}

/// A request that has ended, for the items below it.
private final class EndedRoot: LocalRoot {
    let snapshot: LocalRootSnapshot

    init(_ span: EndedSpan) {
        self.snapshot = LocalRootSnapshot(
            hasEnded: true,
            spanID: span.context.spanID,
            name: span.name,
            kind: span.kind,
            attributes: span.attributes
        )
    }
}

/// The way up from each span, gone once.
private struct LocalRootSearch {
    private struct Identity: Hashable {
        var traceID: TraceID
        var spanID: SpanID
    }

    private enum Finding {
        case unknown
        /// The search is on its way up from here: to come here again is to go round in circles.
        case open
        case found(Int?)
    }

    private let spans: [EndedSpan]
    private var places: [Identity: Int] = [:]
    private var findings: [Finding]
    private var references: [Int: EndedRoot] = [:]

    init(_ spans: [EndedSpan]) {
        self.spans = spans
        self.findings = Array(repeating: .unknown, count: spans.count)
        self.places.reserveCapacity(spans.count)
        for (index, span) in spans.enumerated() {
            self.places[
                Identity(traceID: span.context.traceID, spanID: span.context.spanID)
            ] = index
        }
    }

    /// The root of a span; `nil` if it has none here.
    mutating func root(of index: Int) -> Int? {
        var way: [Int] = []
        var place = index
        var root: Int?
        climbing: while true {
            switch self.findings[place] {
            case .found(let known):
                root = known
                break climbing
            case .open:
                break climbing
            case .unknown:
                self.findings[place] = .open
                way.append(place)
                guard let parent = self.parent(of: place) else { break climbing }
                place = parent
            }
        }
        for place in way.reversed() {
            if root == nil, self.spans[place].kind.isRequest { root = place }
            self.findings[place] = .found(root)
        }
        return root
    }

    /// The same object for all that refer to one root.
    mutating func reference(to root: Int) -> EndedRoot {
        if let known = self.references[root] { return known }
        let reference = EndedRoot(self.spans[root])
        self.references[root] = reference
        return reference
    }

    /// The span of this process that the one at `index` was started under.
    private func parent(of index: Int) -> Int? {
        let span = self.spans[index]
        guard !span.hasRemoteParent, let parentID = span.parentSpanID,
            let place = self.places[
                Identity(traceID: span.context.traceID, spanID: parentID)
            ]
        else { return nil }
        if span.kind.isRequest, self.spans[place].kind.leavesProcess { return nil }
        return place
    }
}

extension EndedSpan.Kind {
    fileprivate var isRequest: Bool { self == .server || self == .consumer }

    fileprivate var leavesProcess: Bool { self == .client || self == .producer }
}
