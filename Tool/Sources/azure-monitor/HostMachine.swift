#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The machine that the tool runs on.
enum HostMachine {
    /// The host name as the kernel knows it, without asking the network; empty if it has none.
    static var name: String {
        var buffer = [CChar](repeating: 0, count: 256)
        let result = unsafe gethostname(&buffer, buffer.count - 1)
        guard result == 0 else { return "" }
        return String(
            decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) },
            as: UTF8.self
        )
    }
}
