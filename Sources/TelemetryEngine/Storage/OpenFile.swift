#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

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
    /// Nanoseconds since 1970.
    var modified: Int64
}

extension FileStatus {
    init(_ status: stat) {
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
            self.modified = Self.nanoseconds(status.st_mtimespec)
        #else
            self.modified = Self.nanoseconds(status.st_mtim)
        #endif
    }

    private static func nanoseconds(_ time: timespec) -> Int64 {
        Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }

    /// Whether the two are one file.
    func isSameFile(as other: FileStatus) -> Bool {
        self.device == other.device && self.inode == other.inode
    }
}
