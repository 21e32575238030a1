package import Instrumentation
public import Logging
package import TelemetryModel

/// Sends what swift-log's loggers log into the pipeline.
///
/// A value, as swift-log wants its handlers: level, metadata and provider of one logger are no
/// other logger's. On the caller's path a record is only caught; it is mapped, limited and sent
/// elsewhere. Under ``EngineWork`` nothing enters the pipeline.
public struct TelemetryLogHandler: LogHandler {
    /// The level from which records are taken.
    public var logLevel: Logger.Level

    /// What is said with every record of this logger.
    public var metadata: Logger.Metadata = [:]

    /// Adds metadata from the surroundings of whoever logs; asked on the caller's path.
    public var metadataProvider: Logger.MetadataProvider?

    private let label: String
    private let pipeline: LogPipeline

    /// Creates the handler of one logger.
    package init(
        label: String,
        pipeline: LogPipeline,
        metadataProvider: Logger.MetadataProvider? = nil
    ) {
        self.label = label
        self.pipeline = pipeline
        self.logLevel = pipeline.levels.level(for: label)
        self.metadataProvider = metadataProvider
    }

    /// One value of ``metadata``.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    /// Takes a record.
    public func log(event: LogEvent) {
        let isEngineWork = EngineWork.isActive
        if isEngineWork, self.pipeline.console == nil { return }
        let record = PendingLogRecord(
            time: self.pipeline.time.wallNow(),
            event: event,
            label: self.label,
            handlerMetadata: self.metadata,
            providerMetadata: self.metadataProvider?.get() ?? [:],
            span: ServiceContext.current?.activeSpan
        )
        self.pipeline.console?.show(record)
        if !isEngineWork { self.pipeline.channel.send(record) }
    }

    /// Takes something that was tracked, whatever the level; the console does not show it.
    ///
    /// Metadata of the logger and of its provider are not added.
    ///
    /// - Parameters:
    ///   - tracked: what it is.
    ///   - event: its level, message, error, properties and place.
    ///   - time: when it happened; `nil` for now.
    ///   - context: where it happened; `nil` for the task's own context.
    package func track(
        _ tracked: TrackedTelemetry,
        _ event: LogEvent,
        at time: Timestamp?,
        in context: ServiceContext?
    ) {
        guard !EngineWork.isActive else { return }
        self.pipeline.channel.send(
            PendingLogRecord(
                time: time ?? self.pipeline.time.wallNow(),
                event: event,
                label: self.label,
                span: (context ?? ServiceContext.current)?.activeSpan,
                tracked: tracked
            )
        )
    }
}

/// What the handlers of one pipeline share.
package final class LogPipeline: Sendable {
    let channel: RecordChannel<PendingLogRecord>
    let levels: LogLevels
    let console: ConsoleLogTee?
    let time: TimeSource

    /// Creates the shared part.
    ///
    /// - Parameters:
    ///   - channel: takes the records.
    ///   - levels: the levels of loggers, by label.
    ///   - console: whether standard error shows the records, too.
    package convenience init(
        channel: RecordChannel<PendingLogRecord>,
        levels: LogLevels = LogLevels(),
        console: ConsoleOutput = .automatic,
        time: TimeSource = .system
    ) {
        self.init(
            channel: channel,
            levels: levels,
            tee: ConsoleLogTee(console),
            time: time
        )
    }

    init(
        channel: RecordChannel<PendingLogRecord>,
        levels: LogLevels,
        tee: ConsoleLogTee?,
        time: TimeSource
    ) {
        self.channel = channel
        self.levels = levels
        self.console = tee
        self.time = time
    }
}
