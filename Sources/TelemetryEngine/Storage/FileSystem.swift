#if canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#elseif canImport(Darwin)
    private import Darwin
#endif

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

    /// Reads at most so many bytes of an open file from a position; fewer at its end.
    var read:
        @Sendable (_ descriptor: Int32, _ count: Int, _ offset: Int) throws(SystemError)
            -> [UInt8] = Self.readAll

    /// Writes the bytes to an open file, all of them or failing.
    var write: @Sendable (_ bytes: [UInt8], _ descriptor: Int32) throws(SystemError) -> Void =
        Self.writeAll

    /// Waits until an open file or directory is on the disk itself.
    var flush: @Sendable (_ descriptor: Int32) throws(SystemError) -> Void = Self.flushFile

    /// Removes a name from an open directory.
    var unlink: @Sendable (_ name: String, _ directory: Int32) throws(SystemError) -> Void =
        Self.unlinkName

    /// Stamps an open file with the current time.
    var stamp: @Sendable (_ descriptor: Int32) -> Void = { _ = futimens($0, nil) }

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

    /// Removes a directory if nothing is in it; fine if that is not possible.
    func removeEmptyDirectory(_ path: String) {
        _ = unsafe rmdir(path)
    }

    /// How many bytes this user may still write to the disk that a path is on.
    func room(at path: String) throws(SystemError) -> Int {
        var status = statvfs()
        if unsafe statvfs(path, &status) != 0 { throw .last }
        let (bytes, overflow) = UInt64(status.f_bavail)
            .multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return overflow ? .max : Int(clamping: bytes)
    }

    /// What the names in a directory mean, as far as they mean something; those that are not UTF-8
    /// are left out.
    func names<Name>(
        in directory: OpenFile,
        as meaning: (String) -> Name?
    ) throws(SystemError) -> [Name] {
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
        var names: [Name] = []
        while let entry = unsafe readdir(stream) {
            let name: String? = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                let length = unsafe MemoryLayout.size(ofValue: entry.pointee.d_name)
                return unsafe pointer.withMemoryRebound(to: CChar.self, capacity: length) {
                    unsafe String(validatingCString: $0)
                }
            }
            if let name = name.flatMap(meaning) { names.append(name) }
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
        try self.unlink(name, directory.descriptor)
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
        self.stamp(file.descriptor)
    }

    /// Reads at most `count` bytes from a position; fewer at the end of the file.
    func read(_ file: OpenFile, count: Int, at offset: Int) throws(SystemError) -> [UInt8] {
        try self.read(file.descriptor, count, offset)
    }

    /// Writes the bytes over those at a position.
    func overwrite(_ file: OpenFile, with bytes: [UInt8], at offset: Int) throws(SystemError) {
        let written = unsafe bytes.withUnsafeBytes { buffer in
            unsafe pwrite(file.descriptor, buffer.baseAddress, buffer.count, off_t(offset))
        }
        if written != bytes.count { throw written < 0 ? .last : .full }
    }

    /// Gives back the lock of an open file, for all who share it.
    func unlock(_ file: OpenFile) {
        _ = flock(file.descriptor, LOCK_UN)
    }

    /// Waits until an open file or directory is on the disk itself.
    func synchronise(_ file: OpenFile) throws(SystemError) {
        try self.flush(file.descriptor)
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

    private static func unlinkName(
        _ name: String,
        _ directory: Int32
    ) throws(SystemError) {
        if unsafe unlinkat(directory, name, 0) != 0 { throw .last }
    }

    private static func flushFile(_ descriptor: Int32) throws(SystemError) {
        while fsync(descriptor) != 0 {
            guard errno == EINTR else { throw .last }
        }
    }

    private static func readAll(
        _ descriptor: Int32,
        _ count: Int,
        _ offset: Int
    ) throws(SystemError) -> [UInt8] {
        var failure: SystemError?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = 0
            while filled < count {
                let result = unsafe pread(
                    descriptor,
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
