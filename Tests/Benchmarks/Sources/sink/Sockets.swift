#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A socket that listens on a free port of 127.0.0.1.
struct Listener: Sendable {
    let port: UInt16
    private let descriptor: Int32

    init() {
        #if canImport(Glibc)
            let kind = Int32(SOCK_STREAM.rawValue)
        #else
            let kind = SOCK_STREAM
        #endif
        self.descriptor = socket(AF_INET, kind, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = self.descriptor
        let isListening = unsafe withUnsafeMutableBytes(of: &address) { bytes in
            guard let address = unsafe bytes.bindMemory(to: sockaddr.self).baseAddress else {
                return false
            }
            return unsafe bind(descriptor, address, size) == 0 && listen(descriptor, 64) == 0
                && getsockname(descriptor, address, &size) == 0
        }
        precondition(isListening, "There is no port to listen on: \(errno)")
        self.port = UInt16(bigEndian: address.sin_port)
    }

    /// The next connection; `nil` if there will be none.
    func accept() -> Connection? {
        #if canImport(Glibc)
            let descriptor = Glibc.accept(self.descriptor, nil, nil)
        #elseif canImport(Musl)
            let descriptor = Musl.accept(self.descriptor, nil, nil)
        #else
            let descriptor = Darwin.accept(self.descriptor, nil, nil)
        #endif
        guard descriptor >= 0 else { return nil }
        var on: Int32 = 1
        unsafe setsockopt(
            descriptor,
            Int32(IPPROTO_TCP),
            TCP_NODELAY,
            &on,
            socklen_t(MemoryLayout<Int32>.size)
        )
        return Connection(descriptor: descriptor)
    }
}
