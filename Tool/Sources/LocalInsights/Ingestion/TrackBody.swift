/// A decompressed body of the ingestion endpoint, judged item by item.
///
/// | Body                          | Items                                                      |
/// | ----------------------------- | ---------------------------------------------------------- |
/// | a JSON array                  | its elements                                               |
/// | one JSON value                | itself, however many lines it takes                        |
/// | anything else with an object at the start of a line | every line that is not blank, broken ones included |
/// | the rest                      | none: the body is refused as a whole                       |
package struct TrackBody: Sendable {
    /// The reply to send once the rows are stored.
    package private(set) var reply = TrackReply()
    /// The rows of the good items.
    package private(set) var batch: RowBatch

    /// Reads and judges a body.
    package init(_ bytes: [UInt8]) {
        var tape = JSONTape(bytes)
        var judge = ItemJudge(bodyCount: bytes.count)
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let first = tape.skippingBlanks(
            from: bytes.starts(with: mark) ? mark.count : 0,
            upTo: bytes.count
        )
        var reply = TrackReply()
        do throws(JSONTape.SyntaxError) {
            guard first < bytes.count else {
                throw JSONTape.SyntaxError(message: "is empty", offset: 0)
            }
            let value = try tape.readValue(at: first, upTo: bytes.count)
            let end = tape.skippingBlanks(from: value.end, upTo: bytes.count)
            guard end == bytes.count else {
                throw JSONTape.SyntaxError(message: "goes on after its end", offset: end)
            }
            if tape.kind(of: value.node) == .array {
                for element in tape.elements(of: value.node) {
                    Self.judge(element, of: tape, by: &judge, into: &reply)
                }
            } else {
                Self.judge(value.node, of: tape, by: &judge, into: &reply)
            }
        } catch {
            if first < bytes.count, bytes[first] != UInt8(ascii: "["),
                Self.hasObjectLine(bytes, from: first)
            {
                Self.judgeLines(of: bytes, from: first, by: &judge, into: &reply)
            } else {
                reply.errors.append(
                    .init(
                        index: 0,
                        message: "The body \(error.message) (byte \(error.offset))."
                    )
                )
            }
        }
        self.reply = reply
        self.batch = judge.batch
    }

    private static func judge(
        _ node: Int,
        of tape: JSONTape,
        by judge: inout ItemJudge,
        into reply: inout TrackReply
    ) {
        reply.itemsReceived += 1
        do throws(ItemFault) {
            try judge.judge(node, of: tape)
            reply.itemsAccepted += 1
        } catch {
            reply.errors.append(.init(index: reply.itemsReceived - 1, message: error.message))
        }
    }

    private static func hasObjectLine(_ bytes: [UInt8], from first: Int) -> Bool {
        bytes[first...].split(separator: 0x0A).contains { line in
            line.first { $0 != 0x20 && $0 != 0x09 } == UInt8(ascii: "{")
        }
    }

    private static func judgeLines(
        of bytes: [UInt8],
        from first: Int,
        by judge: inout ItemJudge,
        into reply: inout TrackReply
    ) {
        var tape = JSONTape(bytes)
        var start = first
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
            defer { start = end + 1 }
            guard tape.skippingBlanks(from: start, upTo: end) < end else { continue }
            do throws(JSONTape.SyntaxError) {
                let value = try tape.readValue(at: start, upTo: end)
                let rest = tape.skippingBlanks(from: value.end, upTo: end)
                guard rest == end else {
                    throw JSONTape.SyntaxError(message: "goes on after its end", offset: rest)
                }
                Self.judge(value.node, of: tape, by: &judge, into: &reply)
            } catch {
                reply.itemsReceived += 1
                reply.errors.append(
                    .init(
                        index: reply.itemsReceived - 1,
                        message: "The line \(error.message) (byte \(error.offset - start))."
                    )
                )
            }
        }
    }
}
