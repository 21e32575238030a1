package import Logging
package import TelemetryModel

/// A log record as it was caught on the caller's path: everything by reference, nothing made.
///
/// What an exporter needs is made of it by ``makeLogRecord(limits:observedTime:)``, later and off
/// that path. A `.stringConvertible` value and an error are turned into text there: objects that
/// change meanwhile are reported as they are then.
///
/// An object, because it is handed on several times, and a copy would count a dozen references. The
/// channel lets it be freed by whoever logs next.
package final class PendingLogRecord: ChargedRecord {
    /// When it was logged.
    package let time: Timestamp
    /// What was logged, and where.
    package let event: LogEvent
    /// The logger's label.
    package let label: String
    /// The logger's own metadata.
    package let handlerMetadata: Logger.Metadata
    /// What the metadata provider said on the caller's path.
    package let providerMetadata: Logger.Metadata
    /// The span that was current.
    package let span: ActiveSpan?
    /// What it is if it was not logged but tracked.
    package let tracked: TrackedTelemetry?

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
        // Nearly always there is that of the statement alone, and nothing to be copied.
        if self.handlerMetadata.isEmpty, self.providerMetadata.isEmpty {
            return self.event.metadata ?? [:]
        }
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
        var elements = Array(self.tracked?.attributes ?? Attributes())
        var metadata = MetadataElements(self, without: elements, limits: limits)
        elements.reserveCapacity(elements.count + metadata.count + 6)
        func append(_ key: String, _ value: @autoclosure () -> AttributeValue) {
            if !metadata.contains(key) { elements.append(.init(key: key, value: value())) }
        }
        func text(_ text: String) -> AttributeValue {
            .string(MetadataText.cut(text, to: limits.attributeValueLength))
        }
        if let error = self.event.error {
            append("exception.type", text(ErrorTypeName.name(of: error)))
            append("exception.message", text("\(error)"))
        }
        let essentialCount = self.tracked == nil ? 0 : elements.count
        if self.tracked.map({ $0.kind == .exception }) ?? true {
            append("code.file.path", text(self.event.file))
            append("code.function.name", text(self.event.function))
            append("code.line.number", .int(Int64(clamping: self.event.line)))
        }
        if self.tracked == nil { append(Self.sourceKey, text(self.event.source)) }
        let room = Swift.max(essentialCount, limits.attributeCount)
        var droppedCount = metadata.append(to: &elements, upTo: room)
        if elements.count > room {
            droppedCount += elements.count - room
            elements.removeLast(elements.count - room)
        }
        let body = self.event.message.description
        var record = LogRecord(
            time: self.time,
            observedTime: observedTime,
            severity: LogRecord.Severity(self.event.level),
            severityText: self.event.level.rawValue,
            body: self.tracked != nil && body.isEmpty ? nil : .string(body),
            attributes: Attributes(elements),
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

/// The metadata of one record, on its way to be attributes.
private struct MetadataElements {
    private var metadata: Logger.Metadata
    private let valueLength: Int?
    private let longestKey: Int

    /// - Parameter others: attributes that go before, and whose keys metadata cannot take.
    init(_ record: PendingLogRecord, without others: [Attributes.Element], limits: LogLimits) {
        self.metadata = record.mergedMetadata()
        self.valueLength = limits.attributeValueLength
        for element in others { self.metadata[element.key] = nil }
        var longest = 0
        for key in self.metadata.keys { longest = Swift.max(longest, key.utf8.count) }
        self.longestKey = longest
    }

    var count: Int { self.metadata.count }

    /// Whether there is such a key, in lower-case ASCII.
    func contains(_ key: String) -> Bool {
        // Usual keys are shorter than those asked for, and to hash one is not for nothing. What is
        // canonically equivalent to lower-case ASCII has as many bytes: it is the same.
        key.utf8.count <= self.longestKey && self.metadata[key] != nil
    }

    /// Appends the pairs, sorted by key, until there are `limit` attributes; returns how many that
    /// cost.
    mutating func append(to elements: inout [Attributes.Element], upTo limit: Int) -> Int {
        let room = Swift.max(0, limit - elements.count)
        guard self.metadata.count <= room else {
            // What does not fit need not be made either.
            let sorted = self.metadata.sorted { $0.key < $1.key }
            for (key, value) in sorted.prefix(room) { elements.append(self.element(key, value)) }
            return sorted.count - room
        }
        let start = elements.count
        for (key, value) in self.metadata { elements.append(self.element(key, value)) }
        if elements.count - start > Self.few {
            elements[start...].sort { $0.key < $1.key }
        } else {
            Self.sortFew(&elements, from: start)
        }
        return 0
    }

    private static let few = 8

    /// Sorts by insertion, which allocates nothing.
    private static func sortFew(_ elements: inout [Attributes.Element], from start: Int) {
        for next in elements.indices.dropFirst(start + 1) {
            var index = next
            while index > start, elements[index].key < elements[index - 1].key {
                elements.swapAt(index, index - 1)
                index -= 1
            }
        }
    }

    @inline(__always)
    private func element(_ key: String, _ value: Logger.MetadataValue) -> Attributes.Element {
        .init(key: key, value: MetadataText.value(of: value, maximumLength: self.valueLength))
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
