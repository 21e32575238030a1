#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Standard output and standard error, written at once and without a buffer in between.
///
/// Who reads the output through a pipe sees a line as soon as it is printed.
enum Console {
    /// Prints a line on standard output.
    static func print(_ line: String) {
        Self.write(Array((line + "\n").utf8), to: STDOUT_FILENO)
    }

    /// Prints bytes and a line end on standard output.
    static func print(_ line: [UInt8]) {
        Self.write(line + [0x0A], to: STDOUT_FILENO)
    }

    /// Prints a line on standard error.
    static func printError(_ line: String) {
        Self.write(Array((line + "\n").utf8), to: STDERR_FILENO)
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = unsafe rest.withUnsafeBytes { buffer in
                unsafe systemWrite(descriptor, buffer.baseAddress, buffer.count)
            }
            if written < 0 {
                guard errno == EINTR else { return }
                continue
            }
            rest = rest.dropFirst(written)
        }
    }
}

private func systemWrite(_ descriptor: Int32, _ address: UnsafeRawPointer?, _ count: Int) -> Int {
    unsafe write(descriptor, address, count)
}
