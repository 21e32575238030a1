package import Logging
package import TelemetryModel

/// A log record as it was caught on the caller's path: everything by reference, nothing made.
///
/// What an exporter needs is made of it by ``makeLogRecord(limits:observedTime:)``, later and off
/// that path. A `.stringConvertible` value and an error are turned into text there: objects that
/// change meanwhile are reported as they are then.
package struct PendingLogRecord: ChargedRecord {
    /// When it was logged.
    package var time: Timestamp
    /// What was logged, and where.
    package var event: LogEvent
    /// The logger's label.
    package var label: String
    /// The logger's own metadata.
    package var handlerMetadata: Logger.Metadata
    /// What the metadata provider said on the caller's path.
    package var providerMetadata: Logger.Metadata
    /// The span that was current.
    package var span: ActiveSpan?
    /// What it is if it was not logged but tracked.
    package var tracked: TrackedTelemetry?

    package init(
        time: Timestamp,
        event: LogEvent,
        label: String,
        handlerMetadata: Logger.Metadata = [:],
        providerMetadata: Logger.Metadata = [:],
        span: ActiveSpan? = nil,
        tracked: TrackedTelemetry? = nil
    ) {
        self.time = time
        self.event = event
        self.label = label
        self.handlerMetadata = handlerMetadata
        self.providerMetadata = providerMetadata
        self.span = span
        self.tracked = tracked
    }

    /// A fixed charge for the record and each pair, and the message.
    package var estimatedCharge: Int {
        let pairs =
            (self.event.metadata?.count ?? 0) + self.handlerMetadata.count
            + self.providerMetadata.count
        return 320 + 96 * pairs + self.event.message.description.utf8.count
            + (self.tracked?.charge ?? 0)
    }

    /// The text of all pairs counted.
    package func measuredCharge() -> Int {
        320 + self.event.message.description.utf8.count
            + MetadataText.charge(of: self.handlerMetadata)
            + MetadataText.charge(of: self.providerMetadata)
            + (self.event.metadata.map { MetadataText.charge(of: $0) } ?? 0)
            + (self.tracked?.charge ?? 0)
    }

    /// The metadata of the logger, over it the provider's, over that the statement's.
    func mergedMetadata() -> Logger.Metadata {
        var merged = self.handlerMetadata
        if !self.providerMetadata.isEmpty {
            merged.merge(self.providerMetadata) { _, provided in provided }
        }
        if let metadata = self.event.metadata, !metadata.isEmpty {
            merged.merge(metadata) { _, stated in stated }
        }
        return merged
    }
}

extension PendingLogRecord {
    /// The attribute that holds the source of a record: the module, unless somebody said otherwise.
    package static let sourceKey = "swift_log.source"

    /// Makes the record that exporters take.
    ///
    /// | Field                                       | From the statement                        |
    /// | ------------------------------------------- | ----------------------------------------- |
    /// | `time`, `observedTime`                      | when it was logged; when it got here      |
    /// | `severity`, `severityText`                  | level; its name in lower case             |
    /// | `body`                                      | message                                   |
    /// | `scope.name`                                | label                                     |
    /// | `exception.type`, `exception.message`       | error: its type's full name, and its text |
    /// | `code.file.path`, `code.function.name`, `code.line.number` | file, function, line       |
    /// | `swift_log.source`                          | source                                    |
    /// | further attributes, sorted by key           | metadata                                  |
    ///
    /// Metadata with one of these keys takes its place. The limits cost the last attributes first.
    ///
    /// What was tracked has its own attributes before all others, has no source, and has a place in
    /// the code only if it is an exception. Neither metadata nor limits touch what makes it what it
    /// is.
    ///
    /// - SeeAlso: [Code attributes 1.38](https://github.com/open-telemetry/semantic-conventions/blob/v1.38.0/docs/registry/attributes/code.md)
    package func makeLogRecord(
        limits: LogLimits = LogLimits(),
        observedTime: Timestamp = .epoch
    ) -> LogRecord {
        var metadata = self.mergedMetadata()
        var attributes = self.tracked?.attributes ?? Attributes()
        for element in attributes { metadata[element.key] = nil }
        attributes.reserveCapacity(attributes.count + metadata.count + 6)
        func append(_ key: String, _ value: @autoclosure () -> AttributeValue) {
            if metadata[key] == nil { attributes.append(key: key, value: value()) }
        }
        func text(_ text: String) -> AttributeValue {
            .string(MetadataText.cut(text, to: limits.attributeValueLength))
        }
        if let error = self.event.error {
            append("exception.type", text(ErrorTypeName.name(of: error)))
            append("exception.message", text("\(error)"))
        }
        let essentialCount = self.tracked == nil ? 0 : attributes.count
        if self.tracked.map({ $0.kind == .exception }) ?? true {
            append("code.file.path", text(self.event.file))
            append("code.function.name", text(self.event.function))
            append("code.line.number", .int(Int64(clamping: self.event.line)))
        }
        if self.tracked == nil { append(Self.sourceKey, text(self.event.source)) }
        let room = Swift.max(essentialCount, limits.attributeCount)
        // What does not fit need not be made either.
        let sorted = metadata.sorted { $0.key < $1.key }
        let kept = sorted.prefix(Swift.max(0, room - attributes.count))
        for (key, value) in kept {
            let value = MetadataText.value(of: value, maximumLength: limits.attributeValueLength)
            attributes.append(key: key, value: value)
        }
        let droppedCount = sorted.count - kept.count + attributes.truncate(to: room)
        let body = self.event.message.description
        var record = LogRecord(
            time: self.time,
            observedTime: observedTime,
            severity: LogRecord.Severity(self.event.level),
            severityText: self.event.level.rawValue,
            body: self.tracked != nil && body.isEmpty ? nil : .string(body),
            attributes: attributes,
            droppedAttributesCount: droppedCount,
            traceID: self.span?.traceID,
            spanID: self.span?.spanID,
            traceFlags: self.span?.traceFlags ?? [],
            scope: InstrumentationScope(name: self.label),
            sampleRate: self.span?.sampleRate,
            localRoot: self.span?.localRoot
        )
        record.tracked = self.tracked?.kind
        return record
    }
}

extension LogRecord.Severity {
    /// The severity that swift-log's level is.
    fileprivate init(_ level: Logger.Level) {
        self =
            switch level {
            case .trace: .trace
            case .debug: .debug
            case .info: .info
            case .notice: .notice
            case .warning: .warning
            case .error: .error
            case .critical: .critical
            }
    }
}
