import Foundation
import Testing

@testable import TelemetryTransport

@Suite("Gzip")
struct GzipTests {
    static let bodies: [[UInt8]] = [
        [],
        [7],
        Array("telemetry".utf8),
        Array(repeating: 65, count: 1_000_000),
        (0..<300_000).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 13) },
        random(200_000),
    ]

    static func random(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }

    @Test("what is compressed comes back", arguments: bodies, [1, 6, 9])
    func roundTrip(_ body: [UInt8], _ level: Int) throws {
        let compressed = Gzip.compress(body, level: level)
        #expect(compressed.prefix(3) == [0x1f, 0x8b, 8])
        #expect(try Gzip.decompress(compressed, maximumSize: body.count) == body)
    }

    @Test("a compressor gives the same for the same, however often it is used")
    func reuse() throws {
        var compressor = Gzip.Compressor()
        let first = Self.bodies.map { compressor.compress($0) }
        let second = Self.bodies.map { compressor.compress($0) }
        #expect(first == second)
        for (body, member) in zip(Self.bodies, first) {
            #expect(try Gzip.decompress(member, maximumSize: body.count) == body)
        }
    }

    @Test("parts give one member with all of them")
    func parts() throws {
        var compressor = Gzip.Compressor()
        var expected: [UInt8] = []
        for part in Self.bodies {
            unsafe compressor.append(part.span.bytes)
            expected += part
        }
        let member = compressor.finish()
        #expect(try Gzip.decompress(member, maximumSize: expected.count) == expected)
        #expect(compressor.finish() == Gzip.compress([]))
    }

    @Test("content without compression is gzip, too", arguments: bodies)
    func stored(_ body: [UInt8]) throws {
        var member = StoredMember()
        unsafe body.withUnsafeBytes { unsafe member.append($0) }
        #expect(try Gzip.decompress(member.finished(), maximumSize: body.count) == body)
    }

    @Test("the system's gzip reads what we write")
    func systemTool() throws {
        let path = "/bin/gzip"
        guard FileManager.default.isExecutableFile(atPath: path) else { return }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = ["-dc"]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let body = Array("one line\n".utf8)
        try input.fileHandleForWriting.write(contentsOf: Gzip.compress(body))
        try input.fileHandleForWriting.close()
        #expect(try output.fileHandleForReading.readToEnd().map { [UInt8]($0) } == body)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    @Test("members behind one another are read as one")
    func concatenated() throws {
        let members = Gzip.compress([1, 2]) + Gzip.compress([]) + Gzip.compress([3])
        #expect(try Gzip.decompress(members, maximumSize: 3) == [1, 2, 3])
        let padded = members + [UInt8](repeating: 0, count: 512)
        #expect(try Gzip.decompress(padded, maximumSize: 3) == [1, 2, 3])
    }

    @Test("a torn member is truncated wherever it was torn")
    func torn() {
        let body = Array("a line of a file, and the next one".utf8)
        let member = Gzip.compress(body)
        for length in member.indices {
            let torn = Gzip.decompressPrefix(of: Array(member[..<length]), maximumSize: 1000)
            #expect(torn.error?.code == .truncated)
            #expect(body.starts(with: torn.bytes))
        }
    }

    @Test("of a torn file what stands before the tear is read")
    func recovery() {
        let body = (0..<20_000).flatMap { Array("line \($0)\n".utf8) }
        let member = Gzip.compress(body)
        let torn = Gzip.decompressPrefix(
            of: Array(member.prefix(member.count / 2)),
            maximumSize: .max
        )
        #expect(torn.error?.code == .truncated)
        #expect(torn.bytes.count > body.count / 3)
        #expect(body.starts(with: torn.bytes))
        let whole = Gzip.decompressPrefix(of: member + member.prefix(40), maximumSize: .max)
        #expect(whole.bytes.starts(with: body))
        #expect(whole.error?.code == .truncated)
    }

    @Test("damage is corrupt")
    func corrupt() {
        let member = Gzip.compress(Array("telemetry".utf8))
        var wrongSum = member
        wrongSum[member.count - 8] ^= 1
        for bytes in [Array("not gzip at all".utf8), wrongSum, member + [1, 2, 3]] {
            #expect(throws: Gzip.DecompressionError.self) {
                try Gzip.decompress(bytes, maximumSize: 1000)
            }
            #expect(Gzip.decompressPrefix(of: bytes, maximumSize: 1000).error?.code == .corrupt)
        }
    }

    @Test("a bomb is stopped at the limit", arguments: [0, 1, 1023, 1024, 65536, 999_999])
    func bomb(_ limit: Int) throws {
        let member = Gzip.compress([UInt8](repeating: 0, count: 1_000_000))
        let cut = Gzip.decompressPrefix(of: member, maximumSize: limit)
        #expect(cut.error?.code == .tooLarge)
        #expect(cut.bytes.count == limit)
        #expect(try Gzip.decompress(member, maximumSize: 1_000_000).count == 1_000_000)
    }
}
