#if canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#elseif canImport(Darwin)
    private import Darwin
#endif

/// What the process's surroundings say about where files may go.
struct StorageSurroundings: Sendable {
    /// Reads an environment variable; unset and empty are `nil`.
    var variable: @Sendable (String) -> String?
    /// The user that this process acts as.
    var user: UInt32
    /// The path of the program.
    var executable: String
    /// The working directory.
    var workingDirectory: String

    /// The process's own.
    static var process: StorageSurroundings {
        StorageSurroundings(
            variable: { name in
                guard let value = unsafe getenv(name) else { return nil }
                let text = unsafe String(cString: value)
                return text.isEmpty ? nil : text
            },
            user: geteuid(),
            executable: Self.executablePath(),
            workingDirectory: Self.currentDirectory()
        )
    }

    private static func executablePath() -> String {
        #if os(Linux)
            let link = unsafe [UInt8](unsafeUninitializedCapacity: 4_096) { buffer, count in
                let length = unsafe buffer.withMemoryRebound(to: CChar.self) { path in
                    unsafe path.baseAddress.map {
                        unsafe readlink("/proc/self/exe", $0, path.count)
                    } ?? 0
                }
                count = Swift.max(0, length)
            }
            if !link.isEmpty { return String(decoding: link, as: UTF8.self) }
        #endif
        return CommandLine.arguments.first ?? ""
    }

    private static func currentDirectory() -> String {
        guard let path = unsafe getcwd(nil, 0) else { return "/" }
        defer { unsafe free(path) }
        return unsafe String(cString: path)
    }
}
