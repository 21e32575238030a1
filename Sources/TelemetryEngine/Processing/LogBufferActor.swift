package import TelemetryModel

/// Turns chunks of log records into batches, and feeds the exporters with them.
///
/// A chunk is a batch. The actor holds one at a time: while every lane is full it is suspended in
/// ``ExportCoordinator/submit(_:)``, and the channel fills behind it.
package actor LogBufferActor {
    private let channel: RecordChannel<PendingLogRecord>
    private let coordinator: ExportCoordinator
    private let resource: PipelineResource
    private let time: TimeSource
    private var finisher: LogFinisher

    package init(
        channel: RecordChannel<PendingLogRecord>,
        processors: [any LogRecordProcessor],
        limits: LogLimits,
        inheritance: AttributeInheritance? = nil,
        followsTraceSampling: Bool = false,
        resource: PipelineResource,
        coordinator: ExportCoordinator,
        time: TimeSource
    ) {
        self.time = time
        self.channel = channel
        self.coordinator = coordinator
        self.resource = resource
        self.finisher = LogFinisher(
            processors: processors,
            limits: limits,
            inheritance: inheritance,
            followsTraceSampling: followsTraceSampling
        )
    }

    /// Processes records until the channel is sealed and empty.
    package func run() async {
        let resource = await self.resource.value
        for await chunk in self.channel.chunks {
            let records = self.finisher.finish(chunk.records, observedAt: self.time.wallNow())
            if !records.isEmpty {
                await self.coordinator.submit(
                    ExportBatch(resource: resource, records: .logs(records))
                )
            }
            self.channel.recycle(chunk)
        }
    }

    /// The records that were not exported by intent.
    package var counts: (filtered: UInt64, notSampled: UInt64) {
        (self.finisher.filtered, self.finisher.notSampled)
    }
}

/// Decides which log records are kept, and what those look like.
package struct LogFinisher: Sendable {
    private let processors: [any LogRecordProcessor]
    private let limits: LogLimits
    private let inheritance: AttributeInheritance?
    private let followsTraceSampling: Bool
    /// The records that a processor turned away.
    package private(set) var filtered: UInt64 = 0
    /// The records that were left out because their trace was not sampled.
    package private(set) var notSampled: UInt64 = 0

    package init(
        processors: [any LogRecordProcessor],
        limits: LogLimits,
        inheritance: AttributeInheritance? = nil,
        followsTraceSampling: Bool = false
    ) {
        self.processors = processors
        self.limits = limits
        self.inheritance = inheritance
        self.followsTraceSampling = followsTraceSampling
    }

    /// Converts records and shows each to the processors, in order.
    ///
    /// Processors see records of traces that are not sampled, too: some measure.
    ///
    /// - Parameter observedAt: when the engine saw them.
    package mutating func finish(
        _ pending: [PendingLogRecord],
        observedAt: Timestamp
    ) -> [LogRecord] {
        var records: [LogRecord] = []
        records.reserveCapacity(pending.count)
        for entry in pending {
            var record = entry.makeLogRecord(limits: self.limits, observedTime: observedAt)
            if let inheritance = self.inheritance, let span = entry.span?.recording {
                inheritance.hand(down: span, to: &record.attributes)
            }
            if self.isDropped(&record) {
                self.filtered += 1
            } else if self.followsTraceSampling, record.isOfUnsampledTrace {
                self.notSampled += 1
            } else {
                records.append(consume record)
            }
        }
        return records
    }

    /// Shows a record to the processors, until one drops it.
    private func isDropped(_ record: inout LogRecord) -> Bool {
        // No closure: what it captures it would copy.
        for processor in self.processors where processor.onEnd(&record) == .drop { return true }
        return false
    }
}

extension LogRecord {
    /// Whether the record belongs to a span that is not exported.
    fileprivate var isOfUnsampledTrace: Bool {
        guard let traceID = self.traceID, let spanID = self.spanID else { return false }
        return traceID.isValid && spanID.isValid && !self.traceFlags.contains(.sampled)
    }
}
