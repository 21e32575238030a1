private import TelemetryTransport

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#elseif canImport(Darwin)
    private import Darwin
#endif

/// The file in which Azure Kubernetes Service tells a pod what cluster it is in.
struct ClusterMetadata {
    /// Where the file is; it may also be a directory with a file `clusterResourceId`.
    static let defaultPath = "/etc/kubernetes/aks-cluster-metadata"

    /// What more there is in the file is not read.
    private static let maximumSize = 65_536

    /// The resource id of the cluster; `nil` if the file does not say.
    let clusterResourceID: String?

    /// Reads the file; `nil` if there is none, or it cannot be read.
    ///
    /// - Parameter path: a path that exists in pods only.
    init?(path: String) {
        guard let bytes = Self.bytes(at: path) ?? Self.bytes(at: "\(path)/clusterResourceId") else {
            return nil
        }
        self.init(text: String(decoding: bytes, as: UTF8.self))
    }

    /// Reads what stands in the file.
    ///
    /// White space around lines, a byte order mark, empty lines and those that begin with `#` do not
    /// matter. The last line `clusterResourceId = …` counts; without one, the only line without an
    /// equals sign, if there is but one.
    init(text: String) {
        var named: String?
        var bare: [String] = []
        for line in text.split(whereSeparator: \.isNewline) {
            let line = line.trimmingMarks
            guard !line.isEmpty, !line.hasPrefix("#") else { continue }
            guard let separator = line.firstIndex(of: "=") else {
                bare.append(line)
                continue
            }
            let value = String(line[line.index(after: separator)...].trimmingBlanks)
            if line[..<separator].trimmingBlanks == "clusterResourceId", !value.isEmpty {
                named = value
            }
        }
        self.clusterResourceID = named ?? (bare.count == 1 ? bare.first : nil)
    }

    private static func bytes(at path: String) -> [UInt8]? {
        // Whatever it is, opening it must not block.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4_096)
        while bytes.count < Self.maximumSize {
            let count = unsafe read(descriptor, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { return nil }
            guard count > 0 else { break }
            bytes += chunk.prefix(count)
        }
        return bytes
    }
}

extension Substring {
    /// The text without white space and byte order marks at its ends.
    fileprivate var trimmingMarks: String {
        String(self.drop { $0 == "\u{FEFF}" }.trimmingBlanks)
    }
}
