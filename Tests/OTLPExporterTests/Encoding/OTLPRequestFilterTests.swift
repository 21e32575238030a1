import OTLPExporter
import TelemetryModel
import Testing

@Suite struct OTLPRequestFilterTests {
    private func body(of batch: ExportBatch, _ encoding: OTLPEncoding) -> [UInt8] {
        OTLPEncoder(encoding: encoding).requests(for: batch, maximumSize: .max).requests[0].body
    }

    /// The records of a body, each in a batch of its own.
    private func records(
        of body: [UInt8],
        _ encoding: OTLPEncoding,
        _ signal: Signal
    ) throws -> [ExportBatch] {
        let request =
            switch encoding {
            case .protobuf: try OTLPProtobufDecoder().decode(body, signal: signal)
            case .json: try OTLPJSONDecoder().decode(body)
            }
        return request.batches.flatMap(\.singles)
    }

    @Test(arguments: OTLPEncoding.allCases, Signal.allCases)
    func theChosenRecordsAreKept(encoding: OTLPEncoding, signal: Signal) throws {
        var random = RandomBatches(seed: 10)
        let filter = OTLPRequestFilter(encoding: encoding, signal: signal)
        var divided = 0
        for _ in 0..<40 {
            let batch = random.batch(signal)
            let body = self.body(of: batch, encoding)
            let all = Array(0..<batch.count)
            #expect(filter.filter(body, keeping: all) == body)
            let kept = all.filter { _ in random.chance(0.5) }
            for positions in [kept, all.filter { !kept.contains($0) }] where !positions.isEmpty {
                let part = try #require(filter.filter(body, keeping: positions))
                let singles = batch.singles
                let expected = positions.map { singles[$0] }
                #expect(expected.isSame(as: try self.records(of: part, encoding, signal)))
                if positions.count < all.count { divided += 1 }
            }
        }
        #expect(divided > 40)
    }

    @Test(arguments: OTLPEncoding.allCases)
    func severalResourcesStayOneRequest(encoding: OTLPEncoding) throws {
        let batches = [1, 2, 3].map { (number: Int64) in
            ExportBatch(
                resource: Resource(attributes: ["number": .int(number)]),
                records: .logs([LogRecord(time: .epoch, body: .int(number))])
            )
        }
        let bodies = batches.map { self.body(of: $0, encoding) }
        let body: [UInt8] =
            switch encoding {
            case .protobuf: bodies.flatMap { $0 }
            case .json:
                // Without the brackets around each resource, but with those around all of them.
                Array(bodies[0].dropLast(2)) + Array(",".utf8)
                    + Array(bodies[1].dropFirst(17).dropLast(2)) + Array(",".utf8)
                    + Array(bodies[2].dropFirst(17))
            }
        let filter = OTLPRequestFilter(encoding: encoding, signal: .logs)
        #expect(filter.filter(body, keeping: [0, 1, 2]) == body)
        let part = try #require(filter.filter(body, keeping: [0, 2]))
        let records = try self.records(of: part, encoding, .logs)
        #expect([batches[0], batches[2]].isSame(as: records))
    }

    @Test(arguments: OTLPEncoding.allCases)
    func whatCannotBeReadOrIsNotThereGivesNothing(encoding: OTLPEncoding) {
        let filter = OTLPRequestFilter(encoding: encoding, signal: .logs)
        let record = LogRecord(time: .epoch)
        let body = self.body(
            of: ExportBatch(resource: Resource(), records: .logs([record, record])),
            encoding
        )
        #expect(filter.filter(body, keeping: [1]) != nil)
        for positions in [[2], [1, 0], [0, 0], [-1], []] {
            #expect(filter.filter(body, keeping: positions) == nil)
        }
        #expect(filter.filter(body.dropLast(), keeping: [0]) == nil)
    }
}
