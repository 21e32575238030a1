import HTTPTypes

/// What has arrived of a response.
struct ResponseCollector {
    /// The status, once its line was read; that of an interim response does not count.
    private(set) var status: Int?

    /// The header fields read so far.
    private(set) var headers: HTTPFields = [:]

    /// The body read so far, in its content encoding.
    private(set) var body: [UInt8] = []

    /// Whether the body is longer than it may be.
    private(set) var isBodyTruncated = false

    private let maximumBodySize: Int
    private var isHeaderComplete = false

    /// Creates a collector that has nothing.
    ///
    /// - Parameter maximumBodySize: How many bytes of the body to keep.
    init(maximumBodySize: Int) {
        self.maximumBodySize = max(0, maximumBodySize)
    }

    /// Reads a line of the header, its end included.
    ///
    /// - Parameter line: The bytes; not used after the call.
    mutating func readHeader(_ line: UnsafeRawBufferPointer) {
        var text = unsafe line[...]
        while let last = unsafe text.last, last == 10 || last == 13 {
            unsafe text = text.dropLast()
        }
        if unsafe text.starts(with: "HTTP/".utf8) {
            self.isHeaderComplete = false
            self.headers = [:]
            let digits = unsafe text.drop { $0 != 32 }.dropFirst().prefix(3)
            let number = unsafe Int(String(decoding: digits, as: UTF8.self)) ?? 0
            self.status = number < 200 ? nil : number
        } else if self.status == nil || self.isHeaderComplete {
            // A field of an interim response, or one behind the body.
            return
        } else if unsafe text.isEmpty {
            self.isHeaderComplete = true
        } else if let colon = unsafe text.firstIndex(of: UInt8(ascii: ":")) {
            let name = unsafe String(decoding: text[..<colon], as: UTF8.self)
            let value = unsafe text[(colon + 1)...]
            guard let field = HTTPField.Name(name) else {
                return
            }
            unsafe self.headers.append(HTTPField(name: field, value: Self.trimmed(value)))
        }
    }

    /// Reads a part of the body.
    ///
    /// - Parameter part: The bytes; not used after the call.
    /// - Returns: Whether more is wanted.
    mutating func readBody(_ part: UnsafeRawBufferPointer) -> Bool {
        let room = self.maximumBodySize - self.body.count
        unsafe self.body.append(contentsOf: part.prefix(room))
        self.isBodyTruncated = part.count > room
        return !self.isBodyTruncated
    }

    private static func trimmed(_ value: Slice<UnsafeRawBufferPointer>) -> String {
        var value = unsafe value
        while let first = unsafe value.first, first == 32 || first == 9 {
            unsafe value = value.dropFirst()
        }
        while let last = unsafe value.last, last == 32 || last == 9 {
            unsafe value = value.dropLast()
        }
        return unsafe String(decoding: value, as: UTF8.self)
    }
}
