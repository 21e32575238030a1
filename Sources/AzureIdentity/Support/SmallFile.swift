#if canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Files of a line or two: keys and tokens that others leave for us.
enum SmallFile {
    /// Why a file gave no text.
    struct Problem: Error, Hashable {
        /// What is wrong, as the end of a sentence.
        let explanation: String
    }

    /// The whole of a regular file as text.
    ///
    /// - Parameters:
    ///   - path: Where it is.
    ///   - maximumSize: More bytes than that are a problem.
    static func text(at path: String, maximumSize: Int) -> Result<String, Problem> {
        Self.bytes(at: path, maximumSize: maximumSize).flatMap { bytes in
            guard let text = String(validating: bytes, as: UTF8.self) else {
                return .failure(Problem(explanation: "it is not text"))
            }
            return .success(text)
        }
    }

    /// The whole of a regular file.
    ///
    /// - Parameters:
    ///   - path: Where it is.
    ///   - maximumSize: More bytes than that are a problem.
    static func bytes(at path: String, maximumSize: Int) -> Result<[UInt8], Problem> {
        // Not to wait for somebody to write into a pipe of that name.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return .failure(Self.problem(errno)) }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { return .failure(Self.problem(errno)) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            return .failure(Problem(explanation: "it is not a regular file"))
        }
        var bytes = [UInt8](repeating: 0, count: maximumSize + 1)
        var count = 0
        while count < bytes.count {
            let result = unsafe bytes.withUnsafeMutableBytes { buffer in
                let room = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
                return unsafe read(descriptor, room.baseAddress, room.count)
            }
            if result == 0 { break }
            if result > 0 {
                count += result
            } else if errno != EINTR {
                return .failure(Self.problem(errno))
            }
        }
        guard count <= maximumSize else {
            return .failure(Problem(explanation: "it has more than \(maximumSize) bytes"))
        }
        return .success(Array(bytes[..<count]))
    }

    /// Whether there is something at `path` that may be run.
    static func isExecutable(at path: String) -> Bool {
        unsafe access(path, X_OK) == 0
    }

    private static func problem(_ code: Int32) -> Problem {
        unsafe Problem(explanation: String(cString: strerror(code)))
    }
}
