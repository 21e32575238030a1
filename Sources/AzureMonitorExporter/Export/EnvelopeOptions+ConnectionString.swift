#if canImport(FoundationEssentials)
    private import FoundationEssentials
#else
    private import Foundation
#endif

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#elseif canImport(Darwin)
    private import Darwin
#endif

extension EnvelopeOptions {
    /// Creates the options that an exporter with this connection string has.
    ///
    /// - Parameters:
    ///   - connectionString: Gives the instrumentation key and the id of the resource.
    ///   - hostName: The name of the host; `nil` for that of this machine.
    ///   - environment: The environment variables; `nil` for those of the process.
    public init(
        connectionString: ConnectionString,
        hostName: String? = nil,
        environment: [String: String]? = nil
    ) {
        self.init(
            instrumentationKey: connectionString.instrumentationKey.value,
            hostName: hostName ?? Self.localHostName(),
            environment: environment ?? ProcessInfo.processInfo.environment
        )
        self.applicationID = connectionString.applicationID
    }

    /// The name that this machine gives itself, without asking the network; empty if it has none.
    private static func localHostName() -> String {
        var buffer = [UInt8](repeating: 0, count: 256)
        let result = unsafe buffer.withUnsafeMutableBytes { bytes -> Int32 in
            guard let base = bytes.baseAddress else { return -1 }
            return unsafe gethostname(base.assumingMemoryBound(to: CChar.self), 255)
        }
        guard result == 0 else { return "" }
        return String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
    }
}
