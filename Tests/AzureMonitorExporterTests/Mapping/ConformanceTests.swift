import AzureMonitorExporter
import Foundation
import OTLPExporter
import TelemetryEngine
import TelemetryModel
import Testing

@Suite struct ConformanceTests {
    @Test func thereAreVectorsOfEverySignal() throws {
        #expect(try Vector.all().count >= 118)
    }

    @Test(arguments: try Vector.all())
    func envelopesAreAsTheVectorSays(_ vector: Vector) throws {
        let request = try OTLPJSONDecoder().decode(vector.input)
        #expect(request.skipped.isEmpty)
        let texts = request.batches.flatMap { vector.encoder.envelopes(of: $0).texts }
        #expect(try vector.firstDifference(from: texts) == nil)
    }

    @Test(arguments: try Vector.all())
    func bodiesHoldTheSameEnvelopes(_ vector: Vector) throws {
        for batch in try OTLPJSONDecoder().decode(vector.input).batches {
            let texts = vector.encoder.envelopes(of: batch).texts
            let encoded = vector.encoder.encode(batch)
            var envelopes: [StrictJSON] = []
            for body in encoded.bodies {
                let items = try #require(try StrictJSON(body.bytes).array)
                #expect(items.count == body.layout.itemCount)
                envelopes += items
            }
            // A record with a large item has a body of its own, before the others.
            let isInOrder = encoded.bodies.count <= 1
            #expect(envelopes.count == texts.count)
            if isInOrder { #expect(try envelopes == texts.map { try StrictJSON($0) }) }
            let records = encoded.bodies.reduce(0) { $0 + $1.layout.recordCount }
            #expect(records + encoded.dropped.values.reduce(0, +) + encoded.omitted == batch.count)
        }
    }
}
