import TelemetryModel
import TelemetryTransport

/// Divides what a ``RequestWriter`` writes into requests.
///
/// A branch is begun when its first record comes. A record that makes the request too large is
/// taken back, the request is ended, and the record opens the next one.
struct RequestBuilder<Writer: RequestWriter & ~Copyable>: ~Copyable {
    private var writer: Writer
    private let maximumSize: Int
    private var result = OTLPRequests()
    private var recordsInRequest = 0

    private var resource = Branch<Resource, Int>()
    private var scope = Branch<InstrumentationScope, Int>()
    private var metric = Branch<Metric, (outer: Int, inner: Int)>()

    /// Creates a builder that writes into an empty buffer.
    init(signal: Signal, bytes: consuming WireBuffer, maximumSize: Int) {
        self.writer = Writer(signal: signal, bytes: bytes)
        self.maximumSize = maximumSize
        self.writer.beginRequest()
    }

    /// Writes the records of a batch.
    mutating func add(_ batch: ExportBatch) {
        self.resource.enter(batch.resource)
        switch batch.records {
        case .spans(let spans):
            for group in spans.grouped(by: { $0.scope }) {
                self.scope.enter(group.scope)
                for position in group.positions { self.add(spans[position]) }
                self.leaveScope()
            }
        case .logs(let records):
            for group in records.grouped(by: { $0.scope }) {
                self.scope.enter(group.scope)
                for position in group.positions {
                    self.add { $0.write(records[position]) }
                }
                self.leaveScope()
            }
        case .metrics(let metrics):
            for group in metrics.grouped(by: { $0.scope }) {
                self.scope.enter(group.scope)
                for position in group.positions { self.add(metrics[position]) }
                self.leaveScope()
            }
        }
        self.leaveResource()
    }

    /// Ends the last request.
    mutating func finish() -> OTLPRequests {
        self.endRequest()
        self.result.cutValues = self.writer.cutValues
        return self.result
    }

    /// Ends the builder and gives its buffer back.
    consuming func takeBytes() -> WireBuffer { self.writer.takeBytes() }

    // MARK: Records

    private mutating func add(_ span: EndedSpan) {
        guard span.context.isValid else {
            self.result.invalid += 1
            return
        }
        self.add { $0.write(span) }
    }

    private mutating func add(_ metric: Metric) {
        self.metric.enter(metric)
        switch metric.content {
        case .gauge(let points), .sum(let points, _, _):
            for point in points { self.add { $0.write(point) } }
        case .histogram(let points, _):
            for point in points {
                let counts = point.bucketCounts.count
                guard counts == 0 || counts == point.bounds.count + 1 else {
                    self.result.invalid += 1
                    continue
                }
                self.add { $0.write(point) }
            }
        case .exponentialHistogram(let points, _):
            for point in points { self.add { $0.write(point) } }
        }
        self.leaveMetric()
    }

    @inline(__always)
    private mutating func add(_ write: (inout Writer) -> Void) {
        self.beginBranches()
        var start = self.writer.bytes.count
        self.writer.separate()
        let separated = self.writer.bytes.count
        write(&self.writer)
        if self.isTooLarge {
            guard self.moveToNextRequest(from: &start, separated) else {
                self.result.tooLarge += 1
                return
            }
        }
        self.recordsInRequest += 1
        self.resource.count += 1
        self.scope.count += 1
        self.metric.count += 1
    }

    private var isTooLarge: Bool {
        let ending = Writer.endingSize + (self.resource.item?.schemaURL?.utf8.count ?? 0) * 6
        return self.writer.bytes.count + ending > self.maximumSize
    }

    /// Ends the request without the record at its end, which begins the next one.
    ///
    /// - Returns: whether the record fits into a request at all; if not, it is gone.
    @inline(never)
    private mutating func moveToNextRequest(from start: inout Int, _ separated: Int) -> Bool {
        guard self.recordsInRequest > 0 else {
            self.writer.bytes.truncate(to: start)
            return false
        }
        let record = self.writer.bytes.copy(from: separated)
        self.writer.bytes.truncate(to: start)
        self.endRequest()
        self.writer.beginRequest()
        self.beginBranches()
        start = self.writer.bytes.count
        self.writer.bytes.append(record)
        guard self.isTooLarge else { return true }
        self.writer.bytes.truncate(to: start)
        return false
    }

    // MARK: Branches

    @inline(__always)
    private mutating func beginBranches() {
        if self.scope.isOpen, self.metric.isOpen || self.metric.item == nil { return }
        self.beginMissingBranches()
    }

    @inline(never)
    private mutating func beginMissingBranches() {
        if !self.resource.isOpen, let item = self.resource.item {
            self.resource.start = self.writer.bytes.count
            self.writer.separate()
            self.resource.mark = self.writer.begin(item)
            self.resource.count = 0
        }
        if !self.scope.isOpen, let item = self.scope.item {
            self.scope.start = self.writer.bytes.count
            self.writer.separate()
            self.scope.mark = self.writer.begin(item)
            self.scope.count = 0
        }
        if !self.metric.isOpen, let item = self.metric.item {
            self.metric.start = self.writer.bytes.count
            self.writer.separate()
            self.metric.mark = self.writer.begin(item)
            self.metric.count = 0
        }
    }

    private mutating func leaveMetric() {
        self.endMetric()
        self.metric.item = nil
    }

    private mutating func leaveScope() {
        self.endScope()
        self.scope.item = nil
    }

    private mutating func leaveResource() {
        self.endResource()
        self.resource.item = nil
    }

    private mutating func endMetric() {
        guard let item = self.metric.item, let mark = self.metric.mark else { return }
        if self.metric.count > 0 {
            self.writer.end(item, mark)
        } else {
            self.writer.bytes.truncate(to: self.metric.start)
        }
        self.metric.mark = nil
    }

    private mutating func endScope() {
        guard let mark = self.scope.mark else { return }
        if self.scope.count > 0 {
            self.writer.endScope(mark)
        } else {
            self.writer.bytes.truncate(to: self.scope.start)
        }
        self.scope.mark = nil
    }

    private mutating func endResource() {
        guard let item = self.resource.item, let mark = self.resource.mark else { return }
        if self.resource.count > 0 {
            self.writer.end(item, mark)
        } else {
            self.writer.bytes.truncate(to: self.resource.start)
        }
        self.resource.mark = nil
    }

    private mutating func endRequest() {
        self.endMetric()
        self.endScope()
        self.endResource()
        if self.recordsInRequest > 0 {
            self.writer.endRequest()
            self.result.requests.append(
                OTLPRequests.Request(
                    body: self.writer.bytes.copy(),
                    records: self.recordsInRequest
                )
            )
        }
        self.writer.bytes.truncate(to: 0)
        self.recordsInRequest = 0
    }
}

/// A branch of the tree that is being written.
private struct Branch<Item, Mark> {
    /// What the branch is of, from when it is entered until it is left.
    var item: Item?
    /// What its end has to be told, while it is open in the request.
    var mark: Mark?
    /// Where it began in the request.
    var start = 0
    /// How many records of it the request holds.
    var count = 0

    var isOpen: Bool { self.mark != nil }

    mutating func enter(_ item: Item?) {
        self.item = item
        self.mark = nil
        self.count = 0
    }
}
