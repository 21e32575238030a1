/// The parts of a message in Protocol Buffers, as far as counting spans needs them.
struct ProtobufFields {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        self.rest = bytes
    }

    /// How many spans an OTLP request has: `resourceSpans.scopeSpans.spans`.
    static func spanCount(in request: [UInt8]) -> Int {
        var count = 0
        var resources = ProtobufFields(request[...])
        while let resource = resources.next(1) {
            var scopes = ProtobufFields(resource)
            while let scope = scopes.next(2) {
                var spans = ProtobufFields(scope)
                while spans.next(2) != nil { count += 1 }
            }
        }
        return count
    }

    /// The content of the next field of a number that has a length; `nil` if there is none.
    mutating func next(_ number: UInt64) -> ArraySlice<UInt8>? {
        while let tag = self.integer() {
            switch tag & 7 {
            case 0: _ = self.integer()
            case 1: self.rest = self.rest.dropFirst(8)
            case 2:
                guard let length = self.integer(), length <= self.rest.count else { return nil }
                let content = self.rest.prefix(Int(length))
                self.rest = self.rest.dropFirst(Int(length))
                if tag >> 3 == number { return content }
            case 5: self.rest = self.rest.dropFirst(4)
            default: return nil
            }
        }
        return nil
    }

    private mutating func integer() -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while let byte = self.rest.popFirst(), shift < 64 {
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        return nil
    }
}
