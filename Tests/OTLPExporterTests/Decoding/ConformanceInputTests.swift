import Foundation
import OTLPExporter
import Testing

/// The inputs of the conformance vectors, which the tests of the Azure Monitor exporter keep.
@Suite struct ConformanceInputTests {
    private static func folder(_ signal: String) -> URL {
        let tests = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        return tests.appending(path: "AzureMonitorExporterTests/Conformance/\(signal)")
    }

    private static func inputs(_ signal: String) throws -> [(file: String, bytes: [UInt8])] {
        let folder = Self.folder(signal)
        return try FileManager.default.contentsOfDirectory(
            atPath: folder.path(percentEncoded: false)
        ).sorted().map {
            let data = try Data(contentsOf: folder.appending(path: $0))
            let vector = try JSONSerialization.jsonObject(with: data) as? [String: Any]
            let input = try JSONSerialization.data(withJSONObject: try #require(vector?["input"]))
            return ($0, [UInt8](input))
        }
    }

    @Test(arguments: ["traces", "logs", "metrics"])
    func everyVectorIsReadCompletely(signal: String) throws {
        let inputs = try Self.inputs(signal)
        #expect(inputs.count > 10)
        for (file, bytes) in inputs {
            let request = try OTLPJSONDecoder().decode(bytes)
            #expect(request.skipped == [], "\(file)")
            #expect(!request.batches.isEmpty, "\(file)")
        }
    }

    /// A small generator, so that a failure can be repeated.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            self.state = self.state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return self.state ^ (self.state >> 33)
        }
    }

    @Test(arguments: ["traces", "logs", "metrics"])
    func noDamageToAVectorTraps(signal: String) throws {
        var random = Generator(state: 4711)
        let decoder = OTLPJSONDecoder()
        let pieces = [
            "null", "{}", "[]", "\"", "\\ud800", "-1", "1e999", "99999999999999999999", "true", "",
            ",", "\u{0}", "\"NaN\"",
        ].map { Array($0.utf8) }
        var outcomes: (read: Int, skipped: Int, refused: Int) = (0, 0, 0)
        for (_, original) in try Self.inputs(signal) {
            for _ in 0..<40 {
                var bytes = original
                for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
                    let start = Int.random(in: 0..<bytes.count, using: &random)
                    let length = Int.random(in: 0...8, using: &random)
                    let end = min(bytes.count, start + length)
                    let piece =
                        Bool.random(using: &random)
                        ? pieces.randomElement(using: &random) ?? []
                        : [UInt8.random(in: 0...255, using: &random)]
                    bytes.replaceSubrange(start..<end, with: piece)
                }
                do {
                    let request = try decoder.decode(bytes)
                    if request.skipped.isEmpty { outcomes.read += 1 } else { outcomes.skipped += 1 }
                    #expect(request.skipped.allSatisfy { !$0.path.isEmpty && !$0.reason.isEmpty })
                } catch {
                    outcomes.refused += 1
                    #expect(!error.message.isEmpty)
                }
            }
        }
        // The damage is neither harmless nor always fatal, or this test would try nothing.
        #expect(outcomes.read > 10)
        #expect(outcomes.skipped > 2)
        #expect(outcomes.refused > 100)
    }
}
