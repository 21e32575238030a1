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
}

extension SystemError: CustomStringConvertible {
    /// What the system says about it.
    var description: String {
        guard let text = unsafe strerror(self.number) else { return "error \(self.number)" }
        return unsafe String(cString: text)
    }
}

/// An open file or directory; closed when nobody refers to it any more.
final class OpenFile {
    let descriptor: Int32

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        close(self.descriptor)
    }
}

/// What the file system says about a file.
struct FileStatus: Hashable {
    var isDirectory: Bool
    var isRegular: Bool
    var permissions: UInt32
    var owner: UInt32
    var links: UInt64
    var size: Int
    var device: UInt64
    var inode: UInt64
    /// Seconds since 1970.
    var modified: Int64
}

/// The system calls that storage needs, one function each.
///
/// Files are named relative to an open directory and never followed through a symbolic link. Names
/// hold no null byte: callers see to that. The calls whose failures tests need are replaceable.
struct FileSystem: Sendable {
    /// What trying to lock a file gave.
    enum LockResult: Hashable {
        case locked
        case heldByAnother
        case unsupported
    }

    /// Locks an open file for as long as it is open; never waits.
    var lock: @Sendable (_ descriptor: Int32) -> LockResult = Self.lockExclusively

    /// Writes the bytes to an open file, all of them or failing.
    var write: @Sendable (_ bytes: [UInt8], _ descriptor: Int32) throws(SystemError) -> Void =
        Self.writeAll

    /// The user that this process acts as.
    var user: UInt32 { geteuid() }

    // MARK: Directories

    #if os(Linux)
        /// A descriptor that is good for reaching what lies below needs no right to read.
        ///
        /// The flag is `O_PATH`, which glibc declares only on demand.
        private static let reach = 0o10_000_000 | O_DIRECTORY | O_CLOEXEC
    #else
        private static let reach = O_RDONLY | O_DIRECTORY | O_CLOEXEC
    #endif

    /// Opens a directory to reach what lies below it; the last component must not be a link.
    func openRoot(_ path: String) throws(SystemError) -> OpenFile {
        try self.file(unsafe openat(AT_FDCWD, path, Self.reach | O_NOFOLLOW, 0))
    }

    /// Creates a directory and its parents, open to the owner only; fine if it is there.
    func createDirectories(_ path: String) throws(SystemError) {
        var prefix = ""
        for component in path.split(separator: "/") {
            prefix += "/\(component)"
            if unsafe mkdir(prefix, 0o700) != 0, errno != EEXIST {
                // A parent that is there but cannot be written says so instead.
                let error = SystemError.last
                if unsafe access(prefix, F_OK) != 0 { throw error }
            }
        }
    }

    /// Opens a directory for reading; it must not be a link.
    func openDirectory(_ name: String, in parent: OpenFile) throws(SystemError) -> OpenFile {
        try self.file(
            unsafe openat(
                parent.descriptor,
                name,
                O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
                0
            )
        )
    }

    /// Creates a directory, open to the owner only; fine if it is there.
    func createDirectory(_ name: String, in parent: OpenFile) throws(SystemError) {
        if unsafe mkdirat(parent.descriptor, name, 0o700) != 0, errno != EEXIST {
            throw .last
        }
    }

    /// The names in a directory, `.` and `..` left out; those that are not UTF-8 are left out, too.
    func names(in directory: OpenFile) throws(SystemError) -> [String] {
        // A description of its own, because the position in the directory is part of it.
        let descriptor = unsafe openat(
            directory.descriptor,
            ".",
            O_RDONLY | O_DIRECTORY | O_CLOEXEC,
            0
        )
        guard descriptor >= 0 else { throw .last }
        guard let stream = unsafe fdopendir(descriptor) else {
            let error = SystemError.last
            close(descriptor)
            throw error
        }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name: String? = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                let length = unsafe MemoryLayout.size(ofValue: entry.pointee.d_name)
                return unsafe pointer.withMemoryRebound(to: CChar.self, capacity: length) {
                    unsafe String(validatingCString: $0)
                }
            }
            if let name, name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    // MARK: Files

    /// Creates a file that must not be there, open to the owner only.
    func create(_ name: String, in directory: OpenFile) throws(SystemError) -> OpenFile {
        let flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let file = try self.file(unsafe openat(directory.descriptor, name, flags, 0o600))
        // The process's mask may have taken away even the owner's rights.
        if fchmod(file.descriptor, 0o600) != 0 { throw .last }
        return file
    }

    /// Opens a file that is there, for reading and, if asked, writing; never waits for a peer.
    func open(
        _ name: String,
        in directory: OpenFile,
        forWriting: Bool
    ) throws(SystemError) -> OpenFile {
        let flags = (forWriting ? O_RDWR : O_RDONLY) | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK
        return try self.file(unsafe openat(directory.descriptor, name, flags, 0))
    }

    /// Renames a file within a directory; replaces what has the new name.
    func rename(_ old: String, to new: String, in directory: OpenFile) throws(SystemError) {
        let descriptor = directory.descriptor
        if unsafe renameat(descriptor, old, descriptor, new) != 0 { throw .last }
    }

    /// Removes a file.
    func remove(_ name: String, in directory: OpenFile) throws(SystemError) {
        if unsafe unlinkat(directory.descriptor, name, 0) != 0 { throw .last }
    }

    /// What is known about an open file.
    func status(of file: OpenFile) throws(SystemError) -> FileStatus {
        var status = stat()
        if unsafe fstat(file.descriptor, &status) != 0 { throw .last }
        return FileStatus(status)
    }

    /// What is known about a name; about the link itself if it is one.
    func status(of name: String, in directory: OpenFile) throws(SystemError) -> FileStatus {
        var status = stat()
        if unsafe fstatat(directory.descriptor, name, &status, AT_SYMLINK_NOFOLLOW) != 0 {
            throw .last
        }
        return FileStatus(status)
    }

    /// What is known about a path; about the link itself if it is one.
    func status(ofPath path: String) throws(SystemError) -> FileStatus {
        var status = stat()
        if unsafe lstat(path, &status) != 0 { throw .last }
        return FileStatus(status)
    }

    /// Makes a file or directory accessible to its owner only.
    func restrict(_ file: OpenFile, to permissions: UInt32) throws(SystemError) {
        if fchmod(file.descriptor, mode_t(permissions)) != 0 { throw .last }
    }

    /// Stamps a file with the current time.
    func touch(_ file: OpenFile) {
        _ = futimens(file.descriptor, nil)
    }

    /// Reads at most `count` bytes from a position; fewer at the end of the file.
    func read(_ file: OpenFile, count: Int, at offset: Int) throws(SystemError) -> [UInt8] {
        var failure: SystemError?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = 0
            while filled < count {
                let result = unsafe pread(
                    file.descriptor,
                    buffer.baseAddress?.advanced(by: filled),
                    count - filled,
                    off_t(offset + filled)
                )
                if result < 0 && errno == EINTR { continue }
                if result < 0 { failure = .last }
                guard result > 0 else { return }
                filled += result
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Writes the bytes over those at a position.
    func overwrite(_ file: OpenFile, with bytes: [UInt8], at offset: Int) throws(SystemError) {
        let written = unsafe bytes.withUnsafeBytes { buffer in
            unsafe pwrite(file.descriptor, buffer.baseAddress, buffer.count, off_t(offset))
        }
        if written != bytes.count { throw written < 0 ? .last : .full }
    }

    /// Waits until an open file or directory is on the disk itself.
    func synchronise(_ file: OpenFile) throws(SystemError) {
        if fsync(file.descriptor) != 0 { throw .last }
    }

    // MARK: Replaceable calls

    private static func lockExclusively(_ descriptor: Int32) -> LockResult {
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            switch errno {
            case EINTR: continue
            case EWOULDBLOCK: return .heldByAnother
            default: return .unsupported
            }
        }
        return .locked
    }

    private static func writeAll(_ bytes: [UInt8], _ descriptor: Int32) throws(SystemError) {
        var failure: SystemError?
        unsafe bytes.withUnsafeBytes { buffer in
            var written = 0
            while written < buffer.count {
                let result = unsafe Self.system(
                    descriptor,
                    buffer.baseAddress?.advanced(by: written),
                    buffer.count - written
                )
                if result < 0 && errno == EINTR { continue }
                if result <= 0 {
                    failure = result < 0 ? .last : .full
                    return
                }
                written += result
            }
        }
        if let failure { throw failure }
    }

    /// `write`, which the property of that name hides.
    private static func system(_ file: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
        #if canImport(Glibc)
            unsafe Glibc.write(file, bytes, count)
        #elseif canImport(Musl)
            unsafe Musl.write(file, bytes, count)
        #elseif canImport(Darwin)
            unsafe Darwin.write(file, bytes, count)
        #endif
    }

    private func file(_ descriptor: Int32) throws(SystemError) -> OpenFile {
        guard descriptor >= 0 else { throw .last }
        return OpenFile(descriptor: descriptor)
    }
}

extension FileStatus {
    fileprivate init(_ status: stat) {
        let kind = status.st_mode & mode_t(S_IFMT)
        self.isDirectory = kind == mode_t(S_IFDIR)
        self.isRegular = kind == mode_t(S_IFREG)
        self.permissions = UInt32(status.st_mode & 0o7777)
        self.owner = UInt32(status.st_uid)
        self.links = UInt64(status.st_nlink)
        self.size = Int(status.st_size)
        self.device = UInt64(truncatingIfNeeded: status.st_dev)
        self.inode = UInt64(status.st_ino)
        #if canImport(Darwin)
            self.modified = Int64(status.st_mtimespec.tv_sec)
        #else
            self.modified = Int64(status.st_mtim.tv_sec)
        #endif
    }

    /// Whether the two are one file.
    func isSameFile(as other: FileStatus) -> Bool {
        self.device == other.device && self.inode == other.inode
    }
}

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
