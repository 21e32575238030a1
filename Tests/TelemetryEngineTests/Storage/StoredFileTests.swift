import TelemetryModel
import Testing

@testable import TelemetryEngine

@Suite("Stored file")
struct StoredFileTests {
    private let destination = Destination(name: "azure", identity: "https://example.invalid/;key")

    private var payload: Payload {
        var layout = RecordLayout(records: 500)
        layout.append(itemsPerRecord: 3, records: 12)
        return Payload(
            signal: .traces,
            body: (0..<200).map { UInt8($0) },
            mediaType: "application/x-json-stream",
            isCompressed: true,
            layout: layout,
            leadingItems: 1
        )
    }

    private var bytes: [UInt8] {
        let file = StoredFile(self.payload, for: self.destination, run: 0x0123_4567_89ab_cdef)
        return file.head(body: self.payload.body, attempts: 7) + self.payload.body
    }

    @Test("What is written can be read")
    func roundTrip() throws {
        let bytes = self.bytes
        guard case .payload(let prologue) = StoredFile.recognise(bytes, fileSize: bytes.count)
        else {
            Issue.record("not recognised")
            return
        }
        #expect(prologue.attempts == 7)
        #expect(prologue.bodyLength == 200)
        let fields = bytes[32..<(32 + prologue.fieldsLength)]
        let file = try #require(StoredFile(fields: fields))
        #expect(file == StoredFile(self.payload, for: self.destination, run: 0x0123_4567_89ab_cdef))
        #expect(file.payload(body: Array(bytes.suffix(200))) == self.payload)
        #expect(
            prologue.checksum == StableHash.checksum([Array(fields), Array(bytes.suffix(200))])
        )
    }

    @Test("A file that was cut off anywhere is damaged")
    func cutOff() {
        let bytes = self.bytes
        for length in 0..<bytes.count {
            let recognition = StoredFile.recognise(Array(bytes.prefix(length)), fileSize: length)
            #expect(recognition == .damaged, "\(length) bytes")
        }
        #expect(StoredFile.recognise(bytes, fileSize: bytes.count + 1) == .damaged)
    }

    @Test("A checksum changes with every bit, with order and with where parts end")
    func checksum() {
        let bytes = Array(self.bytes.prefix(43))
        var seen: Set<UInt64> = [StableHash.checksum([bytes])]
        for position in bytes.indices {
            for bit in 0..<8 {
                var changed = bytes
                changed[position] ^= 1 << UInt8(bit)
                #expect(seen.insert(StableHash.checksum([changed])).inserted)
            }
            let parts = [Array(bytes[..<position]), Array(bytes[position...])]
            #expect(seen.insert(StableHash.checksum(parts)).inserted)
            #expect(seen.insert(StableHash.checksum(parts.reversed())).inserted)
        }
    }

    @Test("Another version's file is told from a damaged one")
    func otherVersion() {
        var bytes = self.bytes
        bytes[7] = UInt8(ascii: "2")
        #expect(StoredFile.recognise(bytes, fileSize: bytes.count) == .otherVersion)
        bytes[6] = 0
        #expect(StoredFile.recognise(bytes, fileSize: bytes.count) == .damaged)
    }

    @Test("Fields of any content are read without harm")
    func hostileFields() {
        let bytes = self.bytes
        let fields = Array(bytes[32..<(bytes.count - 200)])
        for position in fields.indices {
            for value in [0, 1, 0x7f, 0xff] as [UInt8] {
                var changed = fields
                changed[position] = value
                _ = StoredFile(fields: changed[...])
            }
            #expect(StoredFile(fields: fields.prefix(position)) == nil)
        }
    }

    @Test("Numbers of items that cannot be are refused")
    func hostileLayout() {
        var fields = Array(self.bytes[32...].dropLast(200))
        // The layout's field: tag 7, two runs of eight bytes.
        let start = fields.indices.first { position in
            Array(fields[position...].prefix(5)) == [7, 16, 0, 0, 0]
        }
        for offset in 0..<16 { fields[(start ?? 0) + 5 + offset] = 0xff }
        #expect(start != nil)
        #expect(StoredFile(fields: fields[...]) == nil)
    }

    @Test(
        "Names are read strictly and written back as they were",
        arguments: [
            "01700000000000000-00000000000000ff.azm",
            "01700000000000000-00000000000000ff.tmp",
            "01700000000000000-00000000000000ff.0123456789abcdef.azm",
        ]
    )
    func names(name: String) throws {
        #expect(try #require(StoredFileName(name)).text == name)
    }

    @Test(
        "Other people's names are theirs",
        arguments: [
            "", ".", "azm", ".azm", "1-f.azm", "readme.txt",
            "01700000000000000-00000000000000FF.azm",
            "+1700000000000000-00000000000000ff.azm",
            "99999999999999999999999999999999999.azm",
            "01700000000000000-00000000000000ff.azm.bak",
            "01700000000000000-00000000000000ff.0123.azm",
            "01700000000000000-00000000000000ff.0123456789abcdef.tmp",
            "01700000000000000_00000000000000ff.azm",
        ]
    )
    func foreignNames(name: String) {
        #expect(StoredFileName(name) == nil)
    }
}

@Suite("Storage location")
struct StorageLocationTests {
    private func surroundings(_ variables: [String: String] = [:]) -> StorageSurroundings {
        StorageSurroundings(
            variable: { variables[$0] },
            user: 1_000,
            executable: "/usr/bin/server",
            workingDirectory: "/srv"
        )
    }

    @Test(
        "The user's directory is taken as it is",
        arguments: [
            ("/var/lib/app", "/var/lib/app"), ("/var/lib/app/", "/var/lib/app"),
            ("store", "/srv/store"), ("./store//x/.", "/srv/store/x"), ("/", "/"),
        ]
    )
    func given(directory: String, base: String) {
        let roots = StorageLocation.roots(directory, self.surroundings(["HOME": "/home/a"]))
        #expect(roots == [StorageLocation.Root(base: base, own: nil)])
    }

    #if os(Linux)
        @Test("Without one, the state directory is best and the temporary one last")
        func defaults() {
            let roots = StorageLocation.roots(
                "",
                self.surroundings([
                    "HOME": "/home/a", "XDG_STATE_HOME": "/state", "TMPDIR": "relative",
                ])
            )
            #expect(roots.map(\.base) == ["/state", "/home/a/.local/state", "/tmp", "/var/tmp"])
            #expect(Set(roots.map(\.own)).count == 1)
            #expect(roots[0].own?.hasPrefix("opentelemetry-swift-") == true)
        }
    #endif

    @Test("The program's folder depends on user and program, not on the working directory")
    func own() {
        var other = self.surroundings(["HOME": "/home/a"])
        let base = StorageLocation.roots(nil, other)
        other.workingDirectory = "/elsewhere"
        #expect(StorageLocation.roots(nil, other) == base)
        other.user = 1_001
        #expect(StorageLocation.roots(nil, other) != base)
        other.user = 1_000
        other.executable = "/usr/bin/other"
        #expect(StorageLocation.roots(nil, other) != base)
    }

    @Test("A destination's folder has a harmless name of its own")
    func folderNames() {
        let hostile = ["", "azure", "../../etc", "a/b\u{0}c", String(repeating: "x", count: 9_999)]
        var names: Set<String> = []
        for name in hostile {
            for identity in ["", "a", "b"] {
                let folder = StorageLocation.folderName(
                    for: Destination(name: name, identity: identity)
                )
                names.insert(folder)
                #expect(folder.utf8.count <= 100)
                #expect(folder.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "/") })
                #expect(folder.hasPrefix("opentelemetry-swift-"))
            }
        }
        #expect(names.count == 15)
    }

    @Test("Hashes are those of the published algorithm")
    func hashes() {
        #expect(StableHash.fnv64("".utf8) == 0xcbf2_9ce4_8422_2325)
        #expect(StableHash.fnv64("a".utf8) == 0xaf63_dc4c_8601_ec8c)
        #expect(StableHash.fnv64("foobar".utf8) == 0x8594_4171_f739_67e8)
        #expect(StableHash.fnv128Hex("".utf8) == "6c62272e07bb014262b821756295c58d")
        #expect(StableHash.fnv128Hex("a".utf8) == "d228cb696f1a8caf78912b704e4a8964")
    }
}
