import AzureMonitorExporter
import Foundation
import TelemetryModel
import TelemetryTesting
import Testing

@Suite struct SamplingScoreTests {
    struct Row: Sendable {
        var traceID: String
        var score: Double
    }

    static func rows() throws -> [Row] {
        let file = try Vector.folder().appendingPathComponent("sampling.json")
        let json = try StrictJSON(try Data(contentsOf: file))
        let rows = try #require(json["rows"]?.array ?? json.array)
        return try rows.map { row in
            Row(
                traceID: try #require(row["traceId"]?.string),
                score: try #require(row["score"]?.number)
            )
        }
    }

    @Test func scoresAreExactToTheLastBit() throws {
        let rows = try Self.rows()
        #expect(rows.count > 20)
        for row in rows {
            let traceID = try #require(TraceID(hex: row.traceID))
            #expect(SamplingScore(of: traceID).value.bitPattern == row.score.bitPattern)
        }
    }

    @Test func ratioDecidesByTheScore() throws {
        let traceID = try #require(TraceID(hex: "0af7651916cd43dd8448eb211c80319c"))
        let score = SamplingScore(of: traceID)
        #expect(score.isKept(at: 0.528))
        #expect(!score.isKept(at: 0.5278))
        #expect(!score.isKept(at: score.value))
        #expect(score.isKept(at: 1))
        #expect(!score.isKept(at: 0))
        #expect(!score.isKept(at: .nan))
    }

    @Test func scoresSpreadEvenly() {
        var random = SeededGenerator(seed: 7)
        let scores = (0..<20_000).map { _ in
            SamplingScore(of: TraceID(high: random.next(), low: random.next())).value
        }
        #expect(scores.allSatisfy { (0...1).contains($0) })
        for ratio in [0.1, 0.5, 0.9] {
            let kept = Double(scores.count { $0 < ratio }) / Double(scores.count)
            #expect(abs(kept - ratio) < 0.02)
        }
    }
}
