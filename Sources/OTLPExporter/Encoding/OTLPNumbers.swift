import TelemetryModel

// The numbers that both encodings give to choices of the model.

extension EndedSpan {
    /// The span's `flags`: those of the trace, and whether the parent is remote.
    var otlpFlags: UInt32 {
        UInt32(self.context.traceFlags.rawValue) | OTLPFlags.isRemote(self.hasRemoteParent)
    }
}

extension EndedSpan.Link {
    /// The link's `flags`: those of the trace, and whether the span is remote.
    var otlpFlags: UInt32 {
        UInt32(self.context.traceFlags.rawValue) | OTLPFlags.isRemote(self.context.isRemote)
    }
}

private enum OTLPFlags {
    /// Bit 8, which says that bit 9 is known, and bit 9.
    static func isRemote(_ isRemote: Bool) -> UInt32 { isRemote ? 0x300 : 0x100 }
}

extension EndedSpan.Kind {
    /// The `SpanKind`.
    var otlpNumber: UInt8 {
        switch self {
        case .internal: 1
        case .server: 2
        case .client: 3
        case .producer: 4
        case .consumer: 5
        }
    }
}

extension Temporality {
    /// The `AggregationTemporality`.
    var otlpNumber: UInt8 {
        switch self {
        case .delta: 1
        case .cumulative: 2
        }
    }
}

extension LogRecord {
    /// The `severity_number`, also one that the protocol does not name.
    var otlpSeverity: Int32 { Int32(clamping: self.severity.rawValue) }

    /// The `event_name`: the record's own, or that of the event that was tracked.
    var otlpEventName: String? {
        if let name = self.eventName, !name.isEmpty { return name }
        guard self.tracked == .event,
            case .string(let name) = self.attributes["microsoft.custom_event.name"]
        else { return nil }
        return name
    }
}
