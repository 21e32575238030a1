import OTLPExporter
import TelemetryModel
import Testing

@Suite struct RoundTripTests {
    private static let batches = 1200

    private func body(of batch: ExportBatch, _ encoding: OTLPEncoding) throws -> [UInt8] {
        let result = OTLPEncoder(encoding: encoding).requests(for: batch, maximumSize: .max)
        #expect(result.tooLarge == 0 && result.invalid == 0 && result.cutValues == 0)
        #expect(result.requests.map(\.records) == [batch.count])
        return try #require(result.requests.first).body
    }

    @Test(arguments: Signal.allCases)
    func whatIsWrittenIsReadTheSameInBothEncodings(signal: Signal) throws {
        var random = RandomBatches(seed: 6)
        for round in 0..<Self.batches {
            let batch = random.batch(signal)
            var requests = [
                try OTLPProtobufDecoder().decode(self.body(of: batch, .protobuf), signal: signal)
            ]
            // JSON takes most of the time in a build for tests.
            if round % 4 == 0 {
                requests.append(try OTLPJSONDecoder().decode(self.body(of: batch, .json)))
            }
            for request in requests {
                #expect(request.skipped == [])
                let isSame = request.batches.count == 1 && batch.isSame(as: request.batches[0])
                #expect(isSame, "round \(round)")
                if !isSame { return }
            }
        }
    }

    @Test(arguments: Signal.allCases)
    func whatIsReadIsWrittenTheSame(signal: Signal) throws {
        var random = RandomBatches(seed: 7)
        for _ in 0..<200 {
            let body = try self.body(of: random.batch(signal), .protobuf)
            let request = try OTLPProtobufDecoder().decode(body, signal: signal)
            #expect(try self.body(of: request.batches[0], .protobuf) == body)
        }
    }

    @Test func sameTelemetryIsToldFromOther() throws {
        // Or the comparison above would say nothing.
        var random = RandomBatches(seed: 8)
        for signal in Signal.allCases {
            let batch = random.batch(signal)
            #expect(batch.isSame(as: batch))
            #expect(!batch.isSame(as: random.batch(signal)))
        }
        #expect(!AttributeValue.double(0).isSame(as: .double(-0.0)))
        #expect(AttributeValue.array([.double(.nan)]).isSame(as: .array([.double(.nan)])))
    }
}
