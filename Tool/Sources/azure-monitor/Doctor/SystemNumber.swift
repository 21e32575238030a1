#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Numbers of the system's errors.
enum SystemNumber {
    /// Nobody listens.
    static let refused = ECONNREFUSED

    /// What the system says about a number.
    static func text(_ number: Int32) -> String {
        guard let text = unsafe strerror(number) else { return "error \(number)" }
        return unsafe String(cString: text)
    }
}
