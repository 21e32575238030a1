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
        resource: PipelineResource,
        coordinator: ExportCoordinator,
        time: TimeSource
    ) {
        self.time = time
        self.channel = channel
        self.coordinator = coordinator
        self.resource = resource
        self.finisher = LogFinisher(processors: processors, limits: limits)
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

    /// The records that a processor turned away.
    package var filtered: UInt64 { self.finisher.filtered }
}

/// Decides which log records are kept, and what those look like.
package struct LogFinisher: Sendable {
    private let processors: [any LogRecordProcessor]
    private let limits: LogLimits
    /// The records that a processor turned away.
    package private(set) var filtered: UInt64 = 0

    package init(processors: [any LogRecordProcessor], limits: LogLimits) {
        self.processors = processors
        self.limits = limits
    }

    /// Converts records and shows each to the processors, in order.
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
            if self.processors.contains(where: { $0.onEnd(&record) == .drop }) {
                self.filtered += 1
            } else {
                records.append(record)
            }
        }
        return records
    }
}
