import TelemetryEngine

/// Divides what an ``EnvelopeWriter`` writes into bodies of requests.
///
/// The writer writes on and on; after each record the builder looks whether the body is still one.
struct BodyBuilder {
    private var layout = RecordLayout()
    private var leadingItems = 0
    /// Where the record under way begins, its separator included.
    private var recordStart = 0

    private static let opening: StaticString = "["
    private static let separator: StaticString = ",\n"
    private static let closing: StaticString = "]"

    /// Opens the first body.
    init(_ writer: inout EnvelopeWriter, records: Int) {
        let estimate = min(records * 800 + 1024, EnvelopeEncoder.maximumBody + 4096)
        writer.json.bytes.reserveCapacity(estimate)
        writer.json.raw(Self.opening)
    }

    private var hasRecords: Bool { self.layout.recordCount > 0 }

    /// Counts an item that was written and belongs to no record.
    mutating func addedLeadingItem() {
        self.leadingItems += 1
    }

    /// Prepares for the next record.
    mutating func beginRecord(_ writer: inout EnvelopeWriter) {
        self.recordStart = writer.json.bytes.count
        if self.hasRecords || self.leadingItems > 0 { writer.json.raw(Self.separator) }
    }

    /// Counts a record that was written, or moves it to a body of its own.
    mutating func endRecord(
        _ writer: inout EnvelopeWriter,
        items: Int,
        into bodies: inout [EncodedBody]
    ) {
        guard items > 0 else {
            writer.json.bytes.removeSubrange(self.recordStart...)
            return
        }
        let isTooLargeToShare = writer.largestItem > EnvelopeEncoder.maximumSharedItem
        let isOverfull = writer.json.bytes.count >= EnvelopeEncoder.maximumBody
        guard self.hasRecords, isTooLargeToShare || isOverfull else {
            self.layout.append(itemsPerRecord: items)
            if isTooLargeToShare { self.close(&writer, into: &bodies) }
            return
        }

        let skipped = Self.separator.utf8CodeUnitCount
        let record = writer.json.bytes[(self.recordStart + skipped)...]
        var body = JSONWriter()
        body.bytes.reserveCapacity(record.count + 2)
        body.raw(Self.opening)
        body.bytes.append(contentsOf: record)
        writer.json.bytes.removeSubrange(self.recordStart...)
        if isTooLargeToShare {
            body.raw(Self.closing)
            var layout = RecordLayout()
            layout.append(itemsPerRecord: items)
            bodies.append(EncodedBody(bytes: body.bytes, layout: layout))
        } else {
            self.close(&writer, into: &bodies)
            writer.json.bytes = body.bytes
            self.layout.append(itemsPerRecord: items)
        }
    }

    /// Closes the last body.
    mutating func finish(_ writer: inout EnvelopeWriter, into bodies: inout [EncodedBody]) {
        guard self.hasRecords else { return }
        self.close(&writer, into: &bodies)
    }

    private mutating func close(_ writer: inout EnvelopeWriter, into bodies: inout [EncodedBody]) {
        writer.json.raw(Self.closing)
        bodies.append(
            EncodedBody(
                bytes: writer.json.bytes,
                layout: self.layout,
                leadingItems: self.leadingItems
            )
        )
        writer.json.bytes = []
        writer.json.raw(Self.opening)
        self.layout = RecordLayout()
        self.leadingItems = 0
    }
}
