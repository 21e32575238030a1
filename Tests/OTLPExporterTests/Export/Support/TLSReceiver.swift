import Foundation

/// The server of the `openssl` tool, which wants a client certificate, shows what it was sent, and
/// answers what it is told.
final class TLSReceiver {
    static var isAvailable: Bool {
        FileManager.default.isExecutableFile(atPath: CertificateFiles.tool)
    }

    private let certificates: CertificateFiles
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    let port: Int

    func path(_ name: String) -> String { self.certificates.path(name) }

    init() throws {
        let certificates = try CertificateFiles()
        self.certificates = certificates
        self.process.executableURL = URL(fileURLWithPath: CertificateFiles.tool)
        self.process.arguments = [
            "s_server", "-accept", "127.0.0.1:0", "-quiet", "-no_ign_eof",
            "-cert", certificates.path("server.pem"),
            "-key", certificates.path("server-key.pem"),
            "-Verify", "1", "-verify_return_error",
            "-CAfile", certificates.path("client.pem"),
        ]
        self.process.standardInput = self.input
        self.process.standardOutput = self.output
        self.process.standardError = FileHandle.nullDevice
        try self.process.run()
        self.port = try Self.port(of: self.process.processIdentifier)
    }

    /// The port that a process listens on; with `-quiet` the tool does not say.
    private static func port(of process: Int32) throws -> Int {
        for _ in 0..<20_000 {
            if let port = Self.listeningPort(of: process) { return port }
            usleep(5_000)
        }
        throw CocoaError(.fileReadUnknown)
    }

    private static func listeningPort(of process: Int32) -> Int? {
        let descriptors = "/proc/\(process)/fd"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: descriptors)) ?? []
        let sockets = names.compactMap { name -> String? in
            let target = try? FileManager.default.destinationOfSymbolicLink(
                atPath: "\(descriptors)/\(name)"
            )
            guard let target, target.hasPrefix("socket:[") else { return nil }
            return String(target.dropFirst(8).dropLast())
        }
        let table = (try? String(contentsOfFile: "/proc/net/tcp", encoding: .utf8)) ?? ""
        for line in table.split(separator: "\n").dropFirst() {
            let fields = line.split(separator: " ")
            // 0A is LISTEN; the tenth field is the socket's inode.
            guard fields.count > 9, fields[3] == "0A", sockets.contains(String(fields[9])) else {
                continue
            }
            return fields[1].split(separator: ":").last.flatMap { Int($0, radix: 16) }
        }
        return nil
    }

    /// Waits for a request whose body ends with `end`, answers, and returns all that came.
    @concurrent func answer(_ text: String, afterBody size: Int) async -> [UInt8] {
        var received: [UInt8] = []
        let separator: [UInt8] = [13, 10, 13, 10]
        while true {
            let data = self.output.fileHandleForReading.availableData
            guard !data.isEmpty else { return received }
            received += data
            if let head = received.firstRange(of: separator),
                received.count >= head.upperBound + size
            {
                break
            }
        }
        self.input.fileHandleForWriting.write(Data(text.utf8))
        return received
    }

    func stop() {
        kill(self.process.processIdentifier, SIGKILL)
        self.process.waitUntilExit()
        self.certificates.remove()
    }
}

// Its pipes are used by one task at a time.
extension TLSReceiver: @unchecked Sendable {}
