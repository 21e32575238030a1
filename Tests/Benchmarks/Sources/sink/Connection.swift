import TelemetryTransport

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// One connection, served by a thread of its own until the client closes it.
///
/// Only what the clients at hand send is understood: HTTP/1.1 with `Content-Length`.
struct Connection: Sendable {
    let descriptor: Int32

    private static let answer = Array(
        """
        HTTP/1.1 200 OK\r
        Content-Type: application/json; charset=utf-8\r
        Content-Length: 50\r
        \r
        {"itemsReceived":1,"itemsAccepted":1,"errors":[]}\n
        """.utf8
    )

    /// An empty message, which says that all was accepted.
    private static let answerToOTLP = Array(
        "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n".utf8
    )

    private static let goOn = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

    /// Reads requests and answers them.
    func serve(_ conduct: Conduct, _ seen: Tally) {
        defer { close(self.descriptor) }
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        var filled = 0
        while true {
            // The head
            var head = Head(buffer[..<filled])
            while head == nil {
                guard filled < buffer.count, self.read(into: &buffer, at: &filled) else { return }
                head = Head(buffer[..<filled])
            }
            guard let head else { return }
            if head.expectsToGoOn { self.write(Self.goOn) }

            // The body, kept only if somebody looks at it
            var body: [UInt8] = []
            var missing = head.contentLength
            var start = head.length
            while true {
                let part = min(missing, filled - start)
                if conduct.countsItems { body += buffer[start..<(start + part)] }
                missing -= part
                start += part
                if missing == 0 { break }
                start = 0
                filled = 0
                guard self.read(into: &buffer, at: &filled) else { return }
            }
            // What is left belongs to the next request.
            buffer.replaceSubrange(0..<(filled - start), with: Array(buffer[start..<filled]))
            filled -= start

            seen.add(
                bytes: head.length + head.contentLength,
                items: conduct.countsItems ? Self.items(in: body, isOTLP: head.isOTLP) : 0
            )
            if conduct.isSilent { continue }
            if conduct.delay > 0 { usleep(conduct.delay * 1_000) }
            self.write(head.isOTLP ? Self.answerToOTLP : Self.answer)
        }
    }

    /// How many spans or envelopes there are.
    private static func items(in body: [UInt8], isOTLP: Bool) -> Int {
        let isCompressed = body.starts(with: [0x1F, 0x8B])
        guard
            let text = isCompressed
                ? try? Gzip.decompress(body, maximumSize: 64 << 20) : body
        else { return 0 }
        if isOTLP { return ProtobufFields.spanCount(in: text) }
        // Each envelope has one; the name of a property of ours is never `iKey`.
        let mark = Array(#""iKey""#.utf8)
        var count = 0
        var index = 0
        while index + mark.count <= text.count {
            if text[index] == mark[0], text[index..<(index + mark.count)].elementsEqual(mark) {
                count += 1
                index += mark.count
            } else {
                index += 1
            }
        }
        return count
    }

    private func read(into buffer: inout [UInt8], at filled: inout Int) -> Bool {
        let descriptor = self.descriptor
        let offset = filled
        let count = unsafe buffer.withUnsafeMutableBytes { bytes in
            unsafe recv(
                descriptor,
                bytes.baseAddress.map { unsafe $0 + offset },
                bytes.count - offset,
                0
            )
        }
        guard count > 0 else { return false }
        filled += count
        return true
    }

    private func write(_ bytes: [UInt8]) {
        let descriptor = self.descriptor
        // An answer is far smaller than the socket's buffer.
        _ = unsafe bytes.withUnsafeBytes { bytes in
            unsafe send(descriptor, bytes.baseAddress, bytes.count, 0)
        }
    }
}

/// The head of a request.
private struct Head {
    var length: Int
    var contentLength = 0
    var expectsToGoOn = false
    /// Whether the request is one of OTLP's, by its path.
    var isOTLP = false

    /// Reads a head; `nil` if it is not complete.
    init?(_ bytes: ArraySlice<UInt8>) {
        guard let end = Self.end(of: bytes) else { return nil }
        self.length = end
        let text = String(decoding: bytes[..<end], as: UTF8.self).lowercased()
        self.isOTLP = text.hasPrefix("post /v1/")
        for line in text.split(separator: "\r\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            switch line[..<colon] {
            case "content-length": self.contentLength = Int(value) ?? 0
            case "expect": self.expectsToGoOn = value.hasPrefix("100-continue")
            default: break
            }
        }
    }

    private static func end(of bytes: ArraySlice<UInt8>) -> Int? {
        guard bytes.count >= 4 else { return nil }
        for index in bytes.startIndex...(bytes.endIndex - 4)
        where bytes[index] == 13 && bytes[index + 1] == 10 && bytes[index + 2] == 13
            && bytes[index + 3] == 10
        {
            return index + 4
        }
        return nil
    }
}
