#if canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Where lines for people go; each line is written at once and whole.
struct DiagnosticOutput: Sendable {
    /// Writes a line, which has no line end yet.
    var write: @Sendable (String) -> Void

    /// Standard error.
    static let standardError = DiagnosticOutput { line in
        appendLine(line, to: STDERR_FILENO)
    }

    /// Whether standard error is a terminal.
    static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// A file of this process in a directory, which exists; `nil` if it cannot be written.
    ///
    /// At 5 MB the file becomes `….1`, replacing the one of that name: ten in all.
    static func file(in directory: String, maximumSize: Int = 5_000_000) -> DiagnosticOutput? {
        guard !directory.isEmpty, !directory.utf8.contains(0) else { return nil }
        let path = "\(directory)/azure-monitor-\(getpid()).log"
        guard let file = LineFile(path: path, maximumSize: maximumSize) else { return nil }
        return DiagnosticOutput { file.append($0) }
    }
}

/// Writes a line with its end; what does not fit is lost, because nobody waits for it.
@discardableResult
private func appendLine(_ line: String, to descriptor: Int32) -> Int {
    let bytes = Array(line.utf8) + [UInt8(ascii: "\n")]
    return unsafe bytes.withUnsafeBytes { buffer in
        var result = 0
        repeat {
            result = unsafe write(descriptor, buffer.baseAddress, buffer.count)
        } while result < 0 && errno == EINTR
        return result
    }
}

/// A file of lines that is renamed when it is full.
private final class LineFile: Sendable {
    private struct State {
        var descriptor: Int32
        var size: Int
    }

    private let path: String
    private let maximumSize: Int
    private let state: Locked<State>

    init?(path: String, maximumSize: Int) {
        let descriptor = Self.open(path)
        guard descriptor >= 0 else { return nil }
        self.path = path
        self.maximumSize = maximumSize
        let size = Int(lseek(descriptor, 0, SEEK_END))
        self.state = Locked(State(descriptor: descriptor, size: Swift.max(0, size)))
    }

    deinit {
        self.state.withLock { _ = close($0.descriptor) }
    }

    func append(_ line: String) {
        self.state.withLock { state in
            if state.size >= self.maximumSize, unsafe rename(self.path, "\(self.path).1") == 0 {
                let descriptor = Self.open(self.path)
                if descriptor >= 0 {
                    close(state.descriptor)
                    state = State(descriptor: descriptor, size: 0)
                }
            }
            state.size += Swift.max(0, appendLine(line, to: state.descriptor))
        }
    }

    private static func open(_ path: String) -> Int32 {
        let flags = O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC
        return unsafe openat(AT_FDCWD, path, flags, 0o600)
    }
}
