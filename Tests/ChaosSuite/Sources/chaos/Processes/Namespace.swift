#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Ways to run a process apart from others.
enum Namespace {
    /// The command that gives a process mounts of its own; throws where that is not allowed.
    static func mounts(_ stage: Stage) async throws -> [String] {
        let candidates = [
            ["/usr/bin/unshare", "--mount"],
            ["/usr/bin/unshare", "--map-root-user", "--mount"],
        ]
        for candidate in candidates {
            let command = candidate + ["/bin/mount", "-t", "tmpfs", "tmpfs", stage.folder]
            guard let child = try? stage.start(command, stage.environment(for: "http://127.0.0.1"))
            else { continue }
            if await child.wait(atMost: .seconds(10)) == .exit(0) { return candidate }
        }
        throw ChaosError("nobody may mount here: neither unshare -m nor unshare -rm works")
    }

    /// The command that makes a process another user's, one who may not write where we may; empty
    /// where we are such a user.
    static var anotherUser: [String] {
        guard geteuid() == 0 else { return [] }
        return ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    }
}
