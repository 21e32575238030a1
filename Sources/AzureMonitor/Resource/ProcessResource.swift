import TelemetryModel

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#elseif canImport(Darwin)
    private import Darwin
#endif

/// What the process knows about itself and its host.
///
/// Command line arguments are not part of it: they may hold secrets.
enum ProcessResource {
    /// The attributes of the SDK, the process, the host and the operating system.
    static func attributes(version: String) -> Attributes {
        let executable = CommandLine.arguments.first ?? ""
        let name = executable.split(separator: "/").last.map(String.init) ?? ""
        var attributes: Attributes = [
            "telemetry.sdk.name": "swift-azure-monitor",
            "telemetry.sdk.language": "swift",
            "telemetry.sdk.version": .string(version),
            "service.name": .string(name.isEmpty ? "unknown_service" : "unknown_service:\(name)"),
            "process.pid": .int(Int64(getpid())),
            "process.runtime.name": "swift",
            "process.executable.name": .string(name),
            "process.executable.path": .string(executable),
        ]
        if let host = Self.hostName {
            attributes["host.name"] = .string(host)
            attributes["service.instance.id"] = .string(host)
        }
        #if os(Linux)
            attributes["os.type"] = "linux"
        #elseif canImport(Darwin)
            attributes["os.type"] = "darwin"
        #endif
        #if arch(x86_64)
            attributes["host.arch"] = "amd64"
        #elseif arch(arm64)
            attributes["host.arch"] = "arm64"
        #endif
        return attributes
    }

    /// The name of the host; `nil` if it has none.
    static var hostName: String? {
        var buffer = [CChar](repeating: 0, count: 256)
        guard unsafe gethostname(&buffer, buffer.count - 1) == 0 else { return nil }
        let name = String(
            decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) },
            as: UTF8.self
        )
        return name.isEmpty ? nil : name
    }
}
