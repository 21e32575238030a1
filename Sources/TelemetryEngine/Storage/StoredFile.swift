internal import TelemetryModel

/// What the file of a stored payload says before the body.
///
/// | Bytes  | What                                                                     |
/// | ------ | ------------------------------------------------------------------------ |
/// | 0–7    | `AZMSTOR` and the version, `1`                                           |
/// | 8–11   | attempts, the one field that is rewritten in place; all ones if settled  |
/// | 12–15  | length of the fields                                                     |
/// | 16–23  | length of the body                                                       |
/// | 24–31  | checksum of the fields and the body                                      |
/// | 32…    | fields: one byte tag, four bytes length, value; unknown tags are skipped |
/// | …      | body                                                                     |
///
/// Numbers are little-endian.
struct StoredFile: Hashable {
    /// How many bytes stand before the fields.
    static let prologueLength = 32
    /// Where the attempts stand.
    static let attemptsOffset = 8
    /// The attempts of a payload that was settled but could not be removed.
    static let spent = Int(UInt32.max)
    /// Fields larger than this are not ours.
    static let maximumFieldsLength = 16 << 20
    private static let magic = Array("AZMSTOR".utf8)
    private static let version = UInt8(ascii: "1")

    /// Whom the payload is for.
    var destination: Destination
    /// Who stored it: one number for each pipeline that ever ran.
    var run: UInt64
    /// The signal of its records.
    var signal: Signal
    /// The media type of the uncompressed body.
    var mediaType: String
    /// Whether the body is compressed with gzip.
    var isCompressed: Bool
    /// How many items belong to each record.
    var layout: RecordLayout
    /// How many items belong to none.
    var leadingItems: Int

    init(_ payload: Payload, for destination: Destination, run: UInt64) {
        self.destination = destination
        self.run = run
        self.signal = payload.signal
        self.mediaType = payload.mediaType
        self.isCompressed = payload.isCompressed
        self.layout = payload.layout
        self.leadingItems = payload.leadingItems
    }

    /// The payload, given its body.
    func payload(body: [UInt8]) -> Payload {
        Payload(
            signal: self.signal,
            body: body,
            mediaType: self.mediaType,
            isCompressed: self.isCompressed,
            layout: self.layout,
            leadingItems: self.leadingItems
        )
    }
}

extension StoredFile {
    private enum Tag: UInt8 {
        case destinationName = 1
        case destinationIdentity = 2
        case run = 3
        case signal = 4
        case mediaType = 5
        case compression = 6
        case layout = 7
        case leadingItems = 8
    }

    /// All that stands before the body in the file.
    func head(body: [UInt8], attempts: Int) -> [UInt8] {
        var fields: [UInt8] = []
        fields.reserveCapacity(256)
        func append(_ tag: Tag, _ value: some Collection<UInt8>) {
            fields.append(tag.rawValue)
            fields.appendLittleEndian(UInt32(clamping: value.count))
            fields.append(contentsOf: value)
        }
        append(.destinationName, self.destination.name.utf8)
        append(.destinationIdentity, self.destination.identity.utf8)
        append(.run, [UInt8](littleEndian: self.run))
        append(.signal, self.signal.rawValue.utf8)
        append(.mediaType, self.mediaType.utf8)
        append(.compression, self.isCompressed ? "gzip".utf8 : "".utf8)
        var layout: [UInt8] = []
        for run in self.layout.runs {
            layout.appendLittleEndian(UInt32(clamping: run.itemsPerRecord))
            layout.appendLittleEndian(UInt32(clamping: run.records))
        }
        append(.layout, layout)
        append(.leadingItems, [UInt8](littleEndian: UInt32(clamping: self.leadingItems)))

        var head = Self.magic
        head.reserveCapacity(Self.prologueLength + fields.count)
        head.append(Self.version)
        head.appendLittleEndian(UInt32(clamping: attempts))
        head.appendLittleEndian(UInt32(clamping: fields.count))
        head.appendLittleEndian(UInt64(body.count))
        head.appendLittleEndian(StableHash.checksum([fields, body]))
        head.append(contentsOf: fields)
        return head
    }

    /// The first bytes of a file, read.
    struct Prologue: Hashable {
        var attempts: Int
        var fieldsLength: Int
        var bodyLength: Int
        var checksum: UInt64
    }

    /// What the first bytes of a file say it is.
    enum Recognition: Hashable {
        case payload(Prologue)
        /// Written by a version that does things differently; not to be touched.
        case otherVersion
        /// Cut off, or overwritten.
        case damaged
    }

    static func recognise(_ bytes: [UInt8], fileSize: Int) -> Recognition {
        guard bytes.count >= Self.prologueLength, bytes.starts(with: Self.magic) else {
            return .damaged
        }
        guard bytes[Self.magic.count] == Self.version else { return .otherVersion }
        var reader = ByteReader(bytes[8..<Self.prologueLength])
        guard
            let attempts = reader.number(UInt32.self),
            let fieldsLength = reader.number(UInt32.self),
            let bodyLength = reader.number(UInt64.self),
            let checksum = reader.number(UInt64.self),
            fieldsLength <= Self.maximumFieldsLength,
            bodyLength <= UInt64(fileSize),
            Self.prologueLength + Int(fieldsLength) + Int(bodyLength) == fileSize
        else { return .damaged }
        return .payload(
            Prologue(
                attempts: Int(attempts),
                fieldsLength: Int(fieldsLength),
                bodyLength: Int(bodyLength),
                checksum: checksum
            )
        )
    }

    /// Reads the fields; `nil` if they are damaged.
    init?(fields: ArraySlice<UInt8>) {
        var values: [UInt8: ArraySlice<UInt8>] = [:]
        var reader = ByteReader(fields)
        while !reader.isAtEnd {
            guard
                let tag = reader.number(UInt8.self),
                let length = reader.number(UInt32.self),
                let value = reader.bytes(Int(length))
            else { return nil }
            values[tag] = value
        }
        func text(_ tag: Tag) -> String? {
            values[tag.rawValue].flatMap { String(validating: $0, as: UTF8.self) }
        }
        func number<Number: FixedWidthInteger>(_ tag: Tag, _: Number.Type) -> Number? {
            var reader = ByteReader(values[tag.rawValue] ?? [])
            return reader.number(Number.self)
        }
        guard
            let name = text(.destinationName),
            let identity = text(.destinationIdentity),
            let run = number(.run, UInt64.self),
            let signal = text(.signal).flatMap(Signal.init(rawValue:)),
            let mediaType = text(.mediaType),
            let compression = text(.compression),
            let runs = values[Tag.layout.rawValue].flatMap(Self.runs),
            let leadingItems = number(.leadingItems, UInt32.self)
        else { return nil }
        self.destination = Destination(name: name, identity: identity)
        self.run = run
        self.signal = signal
        self.mediaType = mediaType
        self.isCompressed = compression == "gzip"
        self.layout = RecordLayout(runs: runs)
        self.leadingItems = Int(leadingItems)
    }

    private static func runs(_ bytes: ArraySlice<UInt8>) -> [RecordLayout.Run]? {
        var runs: [RecordLayout.Run] = []
        var items: UInt64 = 0
        var reader = ByteReader(bytes)
        while !reader.isAtEnd {
            guard
                let itemsPerRecord = reader.number(UInt32.self),
                let records = reader.number(UInt32.self)
            else { return nil }
            // The product of two such numbers fits; so does the sum while it stays this small.
            items += UInt64(itemsPerRecord) * UInt64(records)
            guard items <= UInt64(UInt32.max) else { return nil }
            runs.append(
                RecordLayout.Run(itemsPerRecord: Int(itemsPerRecord), records: Int(records))
            )
        }
        return runs
    }
}

/// Takes numbers and bytes off the front of a buffer, never past its end.
private struct ByteReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        self.rest = bytes
    }

    var isAtEnd: Bool { self.rest.isEmpty }

    mutating func number<Number: FixedWidthInteger>(_: Number.Type) -> Number? {
        guard let bytes = self.bytes(Number.bitWidth / 8) else { return nil }
        return bytes.reversed().reduce(0) { $0 << 8 | Number(truncatingIfNeeded: $1) }
    }

    mutating func bytes(_ count: Int) -> ArraySlice<UInt8>? {
        guard count >= 0, count <= self.rest.count else { return nil }
        defer { self.rest = self.rest.dropFirst(count) }
        return self.rest.prefix(count)
    }
}

extension [UInt8] {
    fileprivate init(littleEndian value: some FixedWidthInteger) {
        self = []
        self.appendLittleEndian(value)
    }

    fileprivate mutating func appendLittleEndian<Number: FixedWidthInteger>(_ value: Number) {
        for shift in stride(from: 0, to: Number.bitWidth, by: 8) {
            self.append(UInt8(truncatingIfNeeded: value >> Number(shift)))
        }
    }
}
