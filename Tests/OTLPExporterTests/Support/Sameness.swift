import TelemetryModel

// Whether two values are the same, NaN and the sign of zero included. What the protocol does not
// carry is not looked at: sample rates and roots.

protocol Sameness {
    func isSame(as other: Self) -> Bool
}

extension Double: Sameness {
    func isSame(as other: Double) -> Bool { self.bitPattern == other.bitPattern }
}

extension Optional: Sameness where Wrapped: Sameness {
    func isSame(as other: Self) -> Bool {
        switch (self, other) {
        case (nil, nil): true
        case (let one?, let other?): one.isSame(as: other)
        default: false
        }
    }
}

extension Array: Sameness where Element: Sameness {
    func isSame(as other: Self) -> Bool {
        self.count == other.count && zip(self, other).allSatisfy { $0.isSame(as: $1) }
    }
}

extension AttributeValue: Sameness {
    func isSame(as other: AttributeValue) -> Bool {
        switch (self, other) {
        case (.double(let one), .double(let other)): one.isSame(as: other)
        case (.array(let one), .array(let other)): one.isSame(as: other)
        case (.map(let one), .map(let other)): one.isSame(as: other)
        default: self == other
        }
    }
}

extension Attributes: Sameness {
    func isSame(as other: Attributes) -> Bool {
        self.count == other.count
            && zip(self, other).allSatisfy { $0.key == $1.key && $0.value.isSame(as: $1.value) }
    }
}

extension InstrumentationScope: Sameness {
    func isSame(as other: InstrumentationScope) -> Bool {
        self.name == other.name && self.version == other.version
            && self.attributes.isSame(as: other.attributes)
    }
}

extension EndedSpan.Event: Sameness {
    func isSame(as other: EndedSpan.Event) -> Bool {
        self.name == other.name && self.time == other.time
            && self.attributes.isSame(as: other.attributes)
            && self.droppedAttributesCount == other.droppedAttributesCount
    }
}

extension EndedSpan.Link: Sameness {
    func isSame(as other: EndedSpan.Link) -> Bool {
        self.context == other.context && self.attributes.isSame(as: other.attributes)
            && self.droppedAttributesCount == other.droppedAttributesCount
    }
}

extension EndedSpan: Sameness {
    func isSame(as other: EndedSpan) -> Bool {
        self.context == other.context && self.parentSpanID == other.parentSpanID
            && self.hasRemoteParent == other.hasRemoteParent && self.name == other.name
            && self.kind == other.kind && self.startTime == other.startTime
            && self.endTime == other.endTime && self.attributes.isSame(as: other.attributes)
            && self.droppedAttributesCount == other.droppedAttributesCount
            && self.events.isSame(as: other.events)
            && self.droppedEventsCount == other.droppedEventsCount
            && self.links.isSame(as: other.links)
            && self.droppedLinksCount == other.droppedLinksCount && self.status == other.status
            && self.scope.isSame(as: other.scope)
    }
}

extension LogRecord: Sameness {
    func isSame(as other: LogRecord) -> Bool {
        self.time == other.time && self.observedTime == other.observedTime
            && self.severity == other.severity && self.severityText == other.severityText
            && self.body.isSame(as: other.body) && self.attributes.isSame(as: other.attributes)
            && self.droppedAttributesCount == other.droppedAttributesCount
            && self.eventName == other.eventName && self.traceID == other.traceID
            && self.spanID == other.spanID && self.traceFlags == other.traceFlags
            && self.scope.isSame(as: other.scope)
    }
}

extension NumberPoint: Sameness {
    func isSame(as other: NumberPoint) -> Bool {
        let isSameValue =
            switch (self.value, other.value) {
            case (.double(let one), .double(let other)): one.isSame(as: other)
            default: self.value == other.value
            }
        return isSameValue && self.attributes.isSame(as: other.attributes)
            && self.startTime == other.startTime && self.time == other.time
    }
}

extension HistogramPoint: Sameness {
    func isSame(as other: HistogramPoint) -> Bool {
        self.attributes.isSame(as: other.attributes) && self.startTime == other.startTime
            && self.time == other.time && self.count == other.count
            && self.sum.isSame(as: other.sum) && self.min.isSame(as: other.min)
            && self.max.isSame(as: other.max) && self.bounds.isSame(as: other.bounds)
            && self.bucketCounts == other.bucketCounts
    }
}

extension ExponentialHistogramPoint: Sameness {
    func isSame(as other: ExponentialHistogramPoint) -> Bool {
        self.attributes.isSame(as: other.attributes) && self.startTime == other.startTime
            && self.time == other.time && self.count == other.count
            && self.sum.isSame(as: other.sum) && self.min.isSame(as: other.min)
            && self.max.isSame(as: other.max) && self.scale == other.scale
            && self.zeroCount == other.zeroCount
            && self.zeroThreshold.isSame(as: other.zeroThreshold)
            && self.positive == other.positive && self.negative == other.negative
    }
}

extension Metric: Sameness {
    func isSame(as other: Metric) -> Bool {
        let isSameContent =
            switch (self.content, other.content) {
            case (.gauge(let one), .gauge(let other)): one.isSame(as: other)
            case (.sum(let one, let a, let b), .sum(let other, let c, let d)):
                one.isSame(as: other) && a == c && b == d
            case (.histogram(let one, let a), .histogram(let other, let b)):
                one.isSame(as: other) && a == b
            case (.exponentialHistogram(let one, let a), .exponentialHistogram(let other, let b)):
                one.isSame(as: other) && a == b
            default: false
            }
        return isSameContent && self.name == other.name && self.description == other.description
            && self.unit == other.unit && self.scope.isSame(as: other.scope)
    }
}

extension ExportBatch: Sameness {
    func isSame(as other: ExportBatch) -> Bool {
        let areSameRecords =
            switch (self.records, other.records) {
            case (.spans(let one), .spans(let other)): one.isSame(as: other)
            case (.logs(let one), .logs(let other)): one.isSame(as: other)
            case (.metrics(let one), .metrics(let other)): one.isSame(as: other)
            default: false
            }
        return areSameRecords && self.resource.schemaURL == other.resource.schemaURL
            && self.resource.attributes.isSame(as: other.resource.attributes)
    }
}
