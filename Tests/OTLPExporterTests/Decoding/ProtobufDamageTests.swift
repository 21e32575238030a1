import OTLPExporter
import TelemetryModel
import Testing

/// Bodies that were cut off, changed, or never were any.
@Suite struct ProtobufDamageTests {
    private func body(_ random: inout RandomBatches, _ signal: Signal) -> [UInt8] {
        OTLPEncoder(encoding: .protobuf)
            .requests(for: random.batch(signal, perScope: 1...2), maximumSize: .max).requests[0]
            .body
    }

    private func decode(_ body: [UInt8], _ signal: Signal) -> OTLPExportRequest? {
        try? OTLPProtobufDecoder().decode(body, signal: signal)
    }

    @Test(arguments: Signal.allCases)
    func whatIsCutOffIsRefused(signal: Signal) {
        var random = RandomBatches(seed: 11)
        for _ in 0..<10 {
            let body = self.body(&random, signal)
            for length in stride(from: 1, to: body.count, by: max(1, body.count / 100)) {
                #expect(self.decode(Array(body[..<length]), signal) == nil)
            }
        }
    }

    @Test(arguments: Signal.allCases)
    func noDamageTraps(signal: Signal) {
        var random = RandomBatches(seed: 12)
        var outcomes: (read: Int, skipped: Int, refused: Int) = (0, 0, 0)
        for _ in 0..<60 {
            let original = self.body(&random, signal)
            for _ in 0..<40 {
                var body = original
                for _ in 0..<random.number(1...3) {
                    let position = random.number(0...(body.count - 1))
                    switch random.number(0...3) {
                    case 0: body[position] ^= 1 << UInt8(random.number(0...7))
                    case 1: body[position] = UInt8(random.number(0...255))
                    case 2: body.insert(UInt8(random.number(0...255)), at: position)
                    default: body.replaceSubrange(position..<position, with: [0xFF, 0xFF, 0x7F])
                    }
                }
                switch self.decode(body, signal) {
                case nil: outcomes.refused += 1
                case let request? where request.skipped.isEmpty: outcomes.read += 1
                case let request?:
                    outcomes.skipped += 1
                    #expect(request.skipped.allSatisfy { !$0.path.isEmpty && !$0.reason.isEmpty })
                }
            }
        }
        // The damage is neither harmless nor always fatal, or this test would try nothing.
        #expect(outcomes.read > 50)
        #expect(outcomes.skipped > 50)
        #expect(outcomes.refused > 50)
    }

    @Test(arguments: Signal.allCases)
    func randomBytesDoNotTrap(signal: Signal) {
        var random = RandomBatches(seed: 13)
        for _ in 0..<3000 {
            let bytes = (0..<random.number(0...60)).map { _ in UInt8(random.number(0...255)) }
            _ = self.decode(bytes, signal)
            _ = self.decode(Wire.request(Wire.bytes(2, bytes)), signal)
        }
    }

    @Test func nestingEndsBeforeTheStackDoes() {
        for field in [5, 6] as [UInt64] {
            var value: [UInt8] = []
            for _ in 0..<2000 {
                value =
                    field == 5
                    ? Wire.bytes(5, Wire.bytes(1, value))
                    : Wire.bytes(6, Wire.bytes(1, Wire.bytes(2, value)))
            }
            let request = self.decode(Wire.request(Wire.bytes(2, Wire.bytes(5, value))), .logs)
            #expect(request?.skipped.map(\.reason) == ["nested more than 64 deep"])
        }
        // Groups inside each other take no stack at all.
        let groups = Array(repeating: UInt8(0x0B), count: 100_000)
        #expect(self.decode(groups, .logs) == nil)
        let closed = groups + Array(repeating: UInt8(0x0C), count: 100_000)
        #expect(self.decode(closed, .logs)?.batches.isEmpty == true)
    }

    @Test func manyKeysDoNotTakeForEver() {
        let pairs = (0..<20_000).flatMap { Wire.bytes(6, Wire.text(1, "key \($0)")) }
        let request = self.decode(Wire.request(Wire.bytes(2, pairs)), .logs)
        guard case .logs(let logs)? = request?.batches.first?.records else { return }
        #expect(logs.first?.attributes.count == 20_000)
    }
}
