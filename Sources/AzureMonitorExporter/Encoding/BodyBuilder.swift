import TelemetryEngine
import TelemetryTransport

/// Divides what an ``EnvelopeWriter`` writes into bodies of requests.
///
/// The writer writes on and on; after each record the builder looks whether the body is still one.
/// A body that is complete is shown to whoever wants it, and its memory is used for the next.
struct BodyBuilder {
    /// Takes a body: its bytes, which are not to be used after the call, how many items belong to
    /// each record, and how many at its start belong to none.
    typealias Taker = (_ bytes: UnsafeRawBufferPointer, RecordLayout, _ leadingItems: Int) -> Void

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
        writer.json.buffer.reserve(estimate)
        writer.json.raw(Self.opening)
    }

    private var hasRecords: Bool { self.layout.recordCount > 0 }

    /// Counts an item that was written and belongs to no record.
    mutating func addedLeadingItem() {
        self.leadingItems += 1
    }

    /// Prepares for the next record.
    mutating func beginRecord(_ writer: inout EnvelopeWriter) {
        self.recordStart = writer.json.count
        if self.hasRecords || self.leadingItems > 0 { writer.json.raw(Self.separator) }
    }

    /// Counts a record that was written, or moves it to a body of its own.
    mutating func endRecord(_ writer: inout EnvelopeWriter, items: Int, _ take: Taker) {
        guard items > 0 else {
            writer.json.buffer.truncate(to: self.recordStart)
            return
        }
        let isTooLargeToShare = writer.largestItem > EnvelopeEncoder.maximumSharedItem
        let isOverfull = writer.json.count >= EnvelopeEncoder.maximumBody
        guard self.hasRecords, isTooLargeToShare || isOverfull else {
            self.layout.append(itemsPerRecord: items)
            if isTooLargeToShare { unsafe self.close(&writer, take) }
            return
        }

        let skipped = Self.separator.utf8CodeUnitCount
        let record = writer.json.buffer.copy(from: self.recordStart + skipped)
        writer.json.buffer.truncate(to: self.recordStart)
        var layout = RecordLayout()
        layout.append(itemsPerRecord: items)
        if isTooLargeToShare {
            var body = WireBuffer(capacity: record.count + 2)
            body.append(Self.opening)
            body.append(record)
            body.append(Self.closing)
            unsafe body.withUnsafeBytes { unsafe take($0, layout, 0) }
        } else {
            unsafe self.close(&writer, take)
            writer.json.raw(record)
            self.layout = layout
        }
    }

    /// Closes the last body.
    mutating func finish(_ writer: inout EnvelopeWriter, _ take: Taker) {
        guard self.hasRecords else { return }
        unsafe self.close(&writer, take)
    }

    private mutating func close(_ writer: inout EnvelopeWriter, _ take: Taker) {
        writer.json.raw(Self.closing)
        unsafe writer.json.buffer.withUnsafeBytes {
            unsafe take($0, self.layout, self.leadingItems)
        }
        writer.json.buffer.truncate(to: 0)
        writer.json.raw(Self.opening)
        self.layout = RecordLayout()
        self.leadingItems = 0
    }
}
