/// Where the payloads of one destination are.
struct StorageLocation: Hashable, Sendable {
    /// A directory that holds the folders of destinations.
    struct Root: Hashable, Sendable {
        /// The absolute path of the directory that is taken as it is.
        var base: String
        /// A folder below it that is this program's own; `nil` if the user named the directory.
        var own: String?
    }

    /// What the names of all folders created here begin with.
    static let prefix = "opentelemetry-swift-"

    /// Where to look, best first; the first that can be used is.
    var roots: [Root]
    /// The name of the destination's folder.
    var folder: String

    init(
        configuration: StorageConfiguration,
        destination: Destination,
        surroundings: StorageSurroundings
    ) {
        self.roots = Self.roots(configuration.directory, surroundings)
        self.folder = Self.folderName(for: destination)
    }

    /// The name of a destination's folder: its name as far as that is fit for one, and a hash of
    /// name and identity.
    static func folderName(for destination: Destination) -> String {
        let name = destination.name.utf8.prefix(32).filter { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
            default: false
            }
        }
        let identity = Array(destination.name.utf8) + [0] + Array(destination.identity.utf8)
        let hash = StableHash.fnv128Hex(identity)
        return "\(Self.prefix)\(String(decoding: name, as: UTF8.self))-\(hash)"
    }

    /// Where the folders of destinations are, given what the user said.
    static func roots(_ directory: String?, _ surroundings: StorageSurroundings) -> [Root] {
        if let directory, !directory.isEmpty {
            let path =
                directory.utf8.first == UInt8(ascii: "/")
                ? directory : "\(surroundings.workingDirectory)/\(directory)"
            return [Root(base: Self.normalised(path), own: nil)]
        }
        // The working directory is left out: a service may be started from anywhere.
        let program = StableHash.hex(
            StableHash.fnv64("\(surroundings.user)\u{0}\(surroundings.executable)".utf8)
        )
        let own = "\(Self.prefix)\(program)"
        var bases: [String] = []
        #if canImport(Darwin)
            if let home = surroundings.variable("HOME") { bases.append("\(home)/Library/Caches") }
        #else
            if let state = surroundings.variable("XDG_STATE_HOME") { bases.append(state) }
            if let home = surroundings.variable("HOME") { bases.append("\(home)/.local/state") }
        #endif
        if let temporary = surroundings.variable("TMPDIR") { bases.append(temporary) }
        bases += ["/tmp", "/var/tmp"]
        // A relative path in one of these variables is invalid and to be ignored.
        return bases.filter { $0.utf8.first == UInt8(ascii: "/") }
            .map { Root(base: Self.normalised($0), own: own) }
    }

    /// The path without slashes that say nothing: with one at its end, a link would be followed.
    private static func normalised(_ path: String) -> String {
        "/" + path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    }
}
