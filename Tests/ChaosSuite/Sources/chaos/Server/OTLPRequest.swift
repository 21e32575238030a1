/// What the suite understands of OTLP: which records are in a request.
///
/// Read with a few lines of its own, so that nothing it finds out depends on the encoder that it
/// tests. Field numbers are those of opentelemetry-proto 1.x:
///
///     ExportTraceServiceRequest.resource_spans 1, ResourceSpans.scope_spans 2,
///     ScopeSpans.spans 2, Span.attributes 9
///     ExportLogsServiceRequest.resource_logs 1, ResourceLogs.scope_logs 2,
///     ScopeLogs.log_records 2, LogRecord.attributes 6
enum OTLPRequest {
    /// The signal of a path; `nil` if it is none of OTLP's.
    static func signal(of path: Substring) -> Ledger.Key.Signal? {
        if path.hasSuffix("/v1/traces") { return .span }
        if path.hasSuffix("/v1/logs") { return .log }
        return nil
    }

    /// The records of a request, `nil` for those that are none of the emitters'; `nil` if it cannot
    /// be read.
    static func keys(in body: [UInt8], signal: Ledger.Key.Signal) -> [Ledger.Key?]? {
        do {
            var keys: [Ledger.Key?] = []
            let attributes = signal == .span ? 9 : 6
            for resource in try ProtobufFields(body[...]).messages(1) {
                for scope in try ProtobufFields(resource).messages(2) {
                    for record in try ProtobufFields(scope).messages(2) {
                        keys.append(
                            try self.key(of: ProtobufFields(record), attributes, signal)
                        )
                    }
                }
            }
            return keys
        } catch {
            return nil
        }
    }

    private static func key(
        of record: ProtobufFields,
        _ field: Int,
        _ signal: Ledger.Key.Signal
    ) throws -> Ledger.Key? {
        var run: String?
        var sequence: Int?
        for attribute in record.messages(field) {
            let pair = try ProtobufFields(attribute)
            guard let name = pair.messages(1).last, let value = pair.messages(2).last else {
                continue
            }
            // AnyValue: string_value 1, int_value 3.
            let content = try ProtobufFields(value)
            let text = content.messages(1).last.map { String(decoding: $0, as: UTF8.self) }
            switch String(decoding: name, as: UTF8.self) {
            case "run": run = text
            case "seq":
                sequence =
                    content.numbers(3).last.map { Int(truncatingIfNeeded: $0) }
                    ?? text.flatMap { Int($0) }
            default: break
            }
        }
        guard let run, let sequence else { return nil }
        return Ledger.Key(run: run, signal: signal, sequence: sequence)
    }

    /// The answer to a request of which so many records were rejected.
    ///
    ///     Export…ServiceResponse.partial_success 1,
    ///     Export…PartialSuccess.rejected_… 1, error_message 2
    static func response(rejected: Int) -> [UInt8] {
        guard rejected > 0 else { return [] }
        let message = Array("rejected on purpose".utf8)
        let partial =
            [0x08] + self.varint(UInt64(rejected)) + [0x12] + self.varint(UInt64(message.count))
            + message
        return [0x0A] + self.varint(UInt64(partial.count)) + partial
    }

    /// The body of a failure: `google.rpc.Status.message` 2.
    static func status(_ text: String) -> [UInt8] {
        let message = Array(text.utf8)
        return [0x12] + self.varint(UInt64(message.count)) + message
    }

    private static func varint(_ value: UInt64) -> [UInt8] {
        var value = value
        var bytes: [UInt8] = []
        while value > 0x7F {
            bytes.append(UInt8(value & 0x7F) | 0x80)
            value >>= 7
        }
        return bytes + [UInt8(value)]
    }
}

/// The fields of one message, by number.
private struct ProtobufFields {
    private struct Malformed: Error {}

    private var bytes: [Int: [ArraySlice<UInt8>]] = [:]
    private var integers: [Int: [UInt64]] = [:]

    init(_ message: ArraySlice<UInt8>) throws {
        var rest = message
        while !rest.isEmpty {
            let tag = try Self.varint(&rest)
            let field = Int(truncatingIfNeeded: tag >> 3)
            guard field > 0 else { throw Malformed() }
            switch tag & 7 {
            case 0: self.integers[field, default: []].append(try Self.varint(&rest))
            case 1: _ = try Self.take(8, of: &rest)
            case 2:
                let length = try Self.varint(&rest)
                guard length <= UInt64(rest.count) else { throw Malformed() }
                self.bytes[field, default: []].append(try Self.take(Int(length), of: &rest))
            case 5: _ = try Self.take(4, of: &rest)
            default: throw Malformed()
            }
        }
    }

    func messages(_ field: Int) -> [ArraySlice<UInt8>] { self.bytes[field] ?? [] }

    func numbers(_ field: Int) -> [UInt64] { self.integers[field] ?? [] }

    private static func varint(_ rest: inout ArraySlice<UInt8>) throws -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = rest.popFirst() else { throw Malformed() }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw Malformed()
    }

    private static func take(
        _ count: Int,
        of rest: inout ArraySlice<UInt8>
    ) throws -> ArraySlice<UInt8> {
        guard count <= rest.count else { throw Malformed() }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }
}
