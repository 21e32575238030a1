import Dispatch

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Writes a line to standard output, in one piece and at once.
func say(_ line: String) { write(line, to: 1) }

/// Writes a line to standard error, in one piece and at once.
func sayAside(_ line: String) { write(line, to: 2) }

private func write(_ line: String, to descriptor: Int32) {
    var bytes = Array((line + "\n").utf8)[...]
    while !bytes.isEmpty {
        let count = unsafe bytes.withUnsafeBytes { buffer in
            unsafe write(descriptor, buffer.baseAddress, buffer.count)
        }
        guard count > 0 else { return }
        bytes = bytes.dropFirst(count)
    }
}

/// The clock that all processes of a machine share and nobody steps.
enum MonotonicTime {
    /// Nanoseconds since an arbitrary moment.
    static var now: UInt64 { DispatchTime.now().uptimeNanoseconds }
}
