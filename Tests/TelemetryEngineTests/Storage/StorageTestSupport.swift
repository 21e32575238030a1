import TelemetryModel

@testable import TelemetryEngine

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A directory of a test's own, removed with everything in it when nobody refers to it any more.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/storage-tests-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else { throw SystemError.last }
        self.path = String(
            decoding: template.dropLast().map(UInt8.init(bitPattern:)),
            as: UTF8.self
        )
    }

    deinit {
        Self.removeAll(self.path)
    }

    static func names(_ path: String) -> [String] {
        guard let stream = unsafe opendir(path) else { return [] }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) {
                    unsafe String(cString: $0)
                }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    private static func removeAll(_ path: String) {
        unsafe _ = chmod(path, 0o700)
        for name in Self.names(path) {
            let child = "\(path)/\(name)"
            if unsafe unlink(child) != 0 { Self.removeAll(child) }
        }
        unsafe _ = rmdir(path)
    }

    /// The one folder below the directory.
    var folder: String { "\(self.path)/\(Self.names(self.path).first ?? "missing")" }

    /// The files in it.
    var files: [String] { Self.names(self.folder) }
}

enum TestFile {
    static func write(_ bytes: [UInt8], to path: String) {
        let file = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        unsafe _ = pwrite(file, bytes, bytes.count, 0)
        close(file)
    }

    /// Appends bytes to a file at once; returns how long the file was with them.
    @discardableResult
    static func append(_ bytes: [UInt8], to path: String) -> Int {
        let file = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        defer { close(file) }
        _ = Self.system(file, bytes, bytes.count)
        return Int(lseek(file, 0, SEEK_CUR))
    }

    static func read(_ path: String) -> [UInt8] {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return [] }
        defer { close(file) }
        return unsafe [UInt8](unsafeUninitializedCapacity: 1 << 20) { buffer, count in
            count = unsafe Swift.max(0, pread(file, buffer.baseAddress, buffer.count, 0))
        }
    }

    /// `write`, which a function of that name hides.
    private static func system(_ file: Int32, _ bytes: [UInt8], _ count: Int) -> Int {
        #if canImport(Glibc)
            unsafe Glibc.write(file, bytes, count)
        #elseif canImport(Musl)
            unsafe Musl.write(file, bytes, count)
        #elseif canImport(Darwin)
            unsafe Darwin.write(file, bytes, count)
        #endif
    }

    /// The calling thread, as a path below `/proc`.
    static func currentThread() -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        let length = unsafe readlink("/proc/thread-self", &buffer, buffer.count)
        return String(
            decoding: buffer.prefix(Swift.max(0, length)).map(UInt8.init(bitPattern:)),
            as: UTF8.self
        )
    }

    /// Stamps an open file with a time of the test's own.
    static func stamp(_ descriptor: Int32, _ time: Timestamp) {
        let seconds = Int(time.nanosecondsSinceEpoch / 1_000_000_000)
        let times = [timespec](repeating: timespec(tv_sec: seconds, tv_nsec: 0), count: 2)
        unsafe _ = futimens(descriptor, times)
    }

    /// The time stamp of a file, in seconds.
    static func modified(_ path: String) -> Int {
        var status = stat()
        unsafe lstat(path, &status)
        #if canImport(Darwin)
            return status.st_mtimespec.tv_sec
        #else
            return status.st_mtim.tv_sec
        #endif
    }

    static func permissions(_ path: String) -> UInt32 {
        var status = stat()
        unsafe lstat(path, &status)
        return UInt32(status.st_mode & 0o777)
    }
}

/// Time that stands still until a test moves it.
final class SteppedTime: Sendable {
    private struct State {
        var wall: UInt64 = 1_700_000_000_000_000_000
        var monotonic: UInt64 = 1_000_000_000_000
    }
    private let state = Locked(State())

    /// Both clocks go on.
    func advance(bySeconds seconds: Int) {
        self.state.withLock {
            $0.wall += UInt64(seconds) * 1_000_000_000
            $0.monotonic += UInt64(seconds) * 1_000_000_000
        }
    }

    /// Somebody sets the wall clock.
    func step(bySeconds seconds: Int) {
        self.state.withLock {
            $0.wall = UInt64(Int64($0.wall) + Int64(seconds) * 1_000_000_000)
        }
    }

    var source: TimeSource {
        TimeSource(
            wallNow: { self.state.withLock { Timestamp(nanosecondsSinceEpoch: $0.wall) } },
            monotonicNow: { self.state.withLock { $0.monotonic } },
            sleep: { _ in try Task.checkCancellation() }
        )
    }
}

extension Payload {
    /// A payload of one record of that many bytes.
    static func sample(_ text: String, records: Int = 1, padding: Int = 0) -> Payload {
        Payload(
            signal: .logs,
            body: Array(text.utf8) + [UInt8](repeating: 0x20, count: padding),
            mediaType: "application/x-json-stream",
            isCompressed: false,
            layout: RecordLayout(records: records)
        )
    }

    var text: String { String(decoding: self.body, as: UTF8.self) }
}

/// What a storage needs, with a time that can be driven.
struct StorageFixture {
    var directory: TemporaryDirectory
    var time = SteppedTime()
    var configuration = StorageConfiguration()
    var destination = Destination(name: "azure", identity: "https://example.invalid/;key")
    var system = FileSystem()

    init() throws {
        self.directory = try TemporaryDirectory()
        self.configuration.directory = self.directory.path
    }

    /// Makes the file system one without locks, whose stamps come from that clock.
    mutating func removeLocks(_ time: TimeSource? = nil) {
        let time = time ?? self.time.source
        self.system.lock = { _ in .unsupported }
        self.system.stamp = { TestFile.stamp($0, time.wallNow()) }
    }

    func storage(run: UInt64 = 1, time: TimeSource? = nil) -> StorageActor {
        StorageActor(
            configuration: self.configuration,
            destination: self.destination,
            time: time ?? self.time.source,
            system: self.system,
            surroundings: .process,
            run: run,
            // What is measured on the thread must find it there.
            patience: .seconds(86_400)
        )
    }
}

extension StoreResult {
    var id: StoredPayloadID? {
        if case .stored(let id, _) = self { id } else { nil }
    }

    var lost: [LostPayload] {
        switch self {
        case .stored(_, let lost), .failed(_, let lost): lost
        }
    }

    var code: StorageError.Code? {
        if case .failed(let error, _) = self { error.code } else { nil }
    }
}
