package import TelemetryModel

/// Turns chunks of recordings into batches of ended spans, and feeds the exporters with them.
///
/// A chunk is a batch. The actor holds one at a time: while every lane is full it is suspended in
/// ``ExportCoordinator/submit(_:)``, and the channel fills behind it.
package actor SpanProcessorActor {
    private let channel: RecordChannel<SpanRecording>
    private let coordinator: ExportCoordinator
    private let resource: PipelineResource
    private var finisher: SpanFinisher

    package init(
        channel: RecordChannel<SpanRecording>,
        processors: [any SpanProcessor],
        inheritance: AttributeInheritance? = nil,
        resource: PipelineResource,
        coordinator: ExportCoordinator
    ) {
        self.channel = channel
        self.coordinator = coordinator
        self.resource = resource
        self.finisher = SpanFinisher(processors: processors, inheritance: inheritance)
    }

    /// Processes spans until the channel is sealed and empty.
    package func run() async {
        let resource = await self.resource.value
        for await chunk in self.channel.chunks {
            let spans = self.finisher.finish(chunk.records)
            if !spans.isEmpty {
                await self.coordinator.submit(
                    ExportBatch(resource: resource, records: .spans(spans))
                )
            }
            self.channel.recycle(chunk)
        }
    }

    /// The spans that were not exported by intent.
    package var counts: (filtered: UInt64, recordedOnly: UInt64) {
        (self.finisher.filtered, self.finisher.recordedOnly)
    }
}

/// Decides which recordings become ended spans, and what those look like.
package struct SpanFinisher {
    private let processors: [any SpanProcessor]
    private let inheritance: AttributeInheritance?
    private let leavesSpansAlone: Bool
    private var caches = SpanConversionCaches()
    /// The spans that a processor turned away.
    package private(set) var filtered: UInt64 = 0
    /// The spans that were recorded for measuring only.
    package private(set) var recordedOnly: UInt64 = 0

    package init(processors: [any SpanProcessor], inheritance: AttributeInheritance? = nil) {
        self.processors = processors
        self.inheritance = inheritance
        self.leavesSpansAlone = ProcessorForesight(processors).isClear
    }

    /// Converts recordings and shows each to the processors, in order.
    package mutating func finish(_ recordings: [SpanRecording]) -> [EndedSpan] {
        var spans: [EndedSpan] = []
        spans.reserveCapacity(recordings.count)
        for recording in recordings {
            guard recording.isSampled else {
                self.recordedOnly += 1
                continue
            }
            // Made where it stays: a span is large, and a copy counts many references.
            spans.append(recording.makeEndedSpan(using: &self.caches))
            let last = spans.count - 1
            self.inheritance?.complete(&spans[last].attributes)
            let dropping = self.process(&spans[last])
            if recording.isLocalRoot, recording.isFollowed || !self.leavesSpansAlone {
                self.settle(recording, as: spans[last], droppedBy: dropping)
            }
            if dropping != nil {
                spans.removeLast()
                self.filtered += 1
            }
        }
        return spans
    }

    /// Tells those that belong to a request what it is called and whose it is.
    ///
    /// They read it from the recording: they must see what the processors made of the request, and
    /// nothing that those masked.
    private func settle(
        _ recording: SpanRecording,
        as span: EndedSpan,
        droppedBy dropping: Int?
    ) {
        guard let dropping else {
            return recording.settle(name: span.name, attributes: span.attributes)
        }
        let unseen = ProcessorForesight(self.processors[(dropping + 1)...])
        let inherited = unseen.inheritance(from: span)
        recording.settle(name: inherited.name, attributes: inherited.attributes)
    }

    /// Shows a span to the processors; returns the position of the one that drops it.
    private func process(_ span: inout EndedSpan) -> Int? {
        // No closure: what it captures it would copy.
        for index in self.processors.indices
        where self.processors[index].onEnd(&span) == .drop {
            return index
        }
        return nil
    }
}
