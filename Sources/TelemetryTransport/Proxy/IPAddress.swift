#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// An IPv4 or IPv6 address.
struct IPAddress: Hashable {
    /// Four or sixteen bytes in network order.
    ///
    /// An IPv4 address written within IPv6 (`::ffff:10.0.0.1`) has four, since it is the same.
    let bytes: [UInt8]

    /// Reads an address in its usual notation; a zone (`%eth0`) is ignored.
    ///
    /// - Parameter text: The address without brackets.
    /// - Returns: `nil` if the text is no address.
    init?(_ text: some StringProtocol) {
        if text.contains(":") {
            let bytes = Self.read(String(text.prefix { $0 != "%" }), AF_INET6, count: 16)
            guard let bytes else {
                return nil
            }
            let isMapped = bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10...11] == [255, 255]
            self.bytes = isMapped ? Array(bytes.suffix(4)) : bytes
        } else {
            guard let bytes = Self.read(String(text), AF_INET, count: 4) else {
                return nil
            }
            self.bytes = bytes
        }
    }

    private static func read(_ text: String, _ family: Int32, count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        let result = unsafe bytes.withUnsafeMutableBytes {
            unsafe inet_pton(family, text, $0.baseAddress)
        }
        return result == 1 ? bytes : nil
    }
}

/// A range of addresses that begin with the same bits.
struct IPNetwork: Hashable {
    private let address: IPAddress
    private let prefixLength: Int

    /// Reads an address, a slash and a number of bits.
    ///
    /// - Parameter text: Such as `10.0.0.0/8` or `fd00::/8`.
    /// - Returns: `nil` if the text has another form.
    init?(_ text: Substring) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPAddress(parts[0]), let length = Int(parts[1]),
            (0...address.bytes.count * 8).contains(length)
        else {
            return nil
        }
        self.address = address
        self.prefixLength = length
    }

    /// Whether an address is in the range.
    ///
    /// - Parameter other: The address to look at.
    func contains(_ other: IPAddress) -> Bool {
        guard other.bytes.count == self.address.bytes.count else {
            return false
        }
        let whole = self.prefixLength / 8
        guard other.bytes.prefix(whole) == self.address.bytes.prefix(whole) else {
            return false
        }
        let bits = self.prefixLength % 8
        guard bits > 0 else {
            return true
        }
        return (other.bytes[whole] ^ self.address.bytes[whole]) >> (8 - bits) == 0
    }
}
