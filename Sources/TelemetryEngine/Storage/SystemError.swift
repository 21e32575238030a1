#if canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Why a system call failed: `errno`.
struct SystemError: Error, Hashable {
    var number: Int32

    static var last: SystemError { SystemError(number: errno) }

    /// There is no such file, or no longer.
    var isMissing: Bool { self.number == ENOENT }
    /// The disk, or this user's share of it, is full.
    var isFull: Bool { self.number == ENOSPC || self.number == EDQUOT }
    /// A symbolic link, or something else that is no directory, stands where one should be.
    var isWrongKind: Bool {
        self.number == ELOOP || self.number == ENOTDIR || self.number == EMLINK
    }

    static let full = SystemError(number: ENOSPC)
    static let missing = SystemError(number: ENOENT)
}

extension SystemError: CustomStringConvertible {
    /// What the system says about it.
    var description: String {
        guard let text = unsafe strerror(self.number) else { return "error \(self.number)" }
        return unsafe String(cString: text)
    }
}
