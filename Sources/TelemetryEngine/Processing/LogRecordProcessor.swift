public import TelemetryModel

/// What happens to a record when the processors have seen it.
public enum ProcessorVerdict: Sendable, Hashable {
    /// It goes on.
    case keep
    /// It ends here; it is counted as filtered, not as lost.
    case drop
}

/// Sees log records and may change or drop them.
///
/// For simple cases there are closures: ``TelemetryConfiguration/Logs/modify(_:)``,
/// ``TelemetryConfiguration/Logs/drop(where:)``.
public protocol LogRecordProcessor: Sendable {
    /// Sees a record, off the path of whoever logged it.
    func onEnd(_ record: inout LogRecord) -> ProcessorVerdict
}
