import CSpawn
import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A process that was started here; what it says goes into files, which outlive it.
final class ChildProcess: Sendable {
    /// How a process ended.
    enum End: Equatable, Sendable, CustomStringConvertible {
        case exit(Int32)
        case signal(Int32)

        var description: String {
            switch self {
            case .exit(let code): "exit \(code)"
            case .signal(let number): "signal \(number)"
            }
        }
    }

    let identifier: pid_t
    private let ended = Mutex<End?>(nil)
    private let outputPath: String
    private let errorPath: String

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - arguments: its path, and its arguments.
    ///   - environment: all of its variables.
    ///   - files: the path that its output goes to, with `.out` and `.err` behind it.
    init(_ arguments: [String], environment: [String: String], files: String) throws {
        self.outputPath = "\(files).out"
        self.errorPath = "\(files).err"
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        let flags = O_WRONLY | O_CREAT | O_TRUNC
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 1, self.outputPath, flags, 0o644)
        unsafe posix_spawn_file_actions_addopen(&actions, 2, self.errorPath, flags, 0o644)
        // Above all no listening sockets: a port would stay taken while the process lives, and
        // clients would connect to a server that is down.
        unsafe chaos_spawn_close_others(&actions)
        let variables = environment.map { "\($0.key)=\($0.value)" }
        var argumentPointers = unsafe arguments.map { unsafe strdup($0) } + [nil]
        var variablePointers = unsafe variables.map { unsafe strdup($0) } + [nil]
        defer {
            for index in unsafe argumentPointers.indices { unsafe free(argumentPointers[index]) }
            for index in unsafe variablePointers.indices { unsafe free(variablePointers[index]) }
        }
        var identifier: pid_t = 0
        let result = unsafe posix_spawn(
            &identifier,
            arguments[0],
            &actions,
            nil,
            &argumentPointers,
            &variablePointers
        )
        guard result == 0 else {
            throw ChaosError("\(arguments[0]) could not be started: error \(result)")
        }
        self.identifier = identifier
    }

    /// How it ended; `nil` if it has not.
    var end: End? {
        self.ended.withLock { ended in
            var status: Int32 = 0
            if ended == nil, unsafe waitpid(self.identifier, &status, WNOHANG) == self.identifier {
                let number = status & 0x7f
                ended = number == 0 ? .exit((status >> 8) & 0xff) : .signal(number)
            }
            return ended
        }
    }

    /// What it has written to standard output, in whole lines.
    var lines: [Substring] {
        let text = (try? String(contentsOfFile: self.outputPath, encoding: .utf8)) ?? ""
        guard let end = text.lastIndex(of: "\n") else { return [] }
        return text[..<end].split(separator: "\n")
    }

    /// What it has written to standard error.
    var errors: String { (try? String(contentsOfFile: self.errorPath, encoding: .utf8)) ?? "" }

    func signal(_ number: Int32) { _ = kill(self.identifier, number) }

    /// Waits until it has ended; after `limit` it is killed.
    func wait(atMost limit: Duration) async -> End {
        let deadline = ContinuousClock.now + limit
        var isKilled = false
        while true {
            if let end = self.end { return end }
            if !isKilled, ContinuousClock.now >= deadline {
                isKilled = true
                self.signal(SIGKILL)
            }
            try? await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Waits for a line on standard output; `false` if it did not come in time.
    func said(_ line: String, atMost limit: Duration) async -> Bool {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            if self.lines.contains(where: { $0 == line }) { return true }
            try? await Task.sleep(for: .milliseconds(10))
        }
        return false
    }
}

/// What keeps the suite itself from working.
struct ChaosError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
