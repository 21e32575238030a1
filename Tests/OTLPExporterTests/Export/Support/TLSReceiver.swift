import Foundation

/// The server of the `openssl` tool, which wants a client certificate, shows what it was sent, and
/// answers what it is told.
///
/// It signs its certificates itself: one for 127.0.0.1, one for the client.
final class TLSReceiver {
    static let tool = "/usr/bin/openssl"

    static var isAvailable: Bool { FileManager.default.isExecutableFile(atPath: self.tool) }

    private let folder: URL
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    let port: Int

    func path(_ name: String) -> String { self.folder.appendingPathComponent(name).path }

    init() throws {
        self.folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "otlp-\(UUID().uuidString)"
        )
        try FileManager.default.createDirectory(
            at: self.folder,
            withIntermediateDirectories: false
        )
        let folder = self.folder
        for name in ["server", "client"] {
            let maker = Process()
            maker.executableURL = URL(fileURLWithPath: Self.tool)
            maker.arguments = [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                "-nodes", "-days", "2", "-subj", "/CN=\(name)",
                "-addext", "subjectAltName=IP:127.0.0.1",
                "-out", folder.appendingPathComponent("\(name).pem").path,
                "-keyout", folder.appendingPathComponent("\(name)-key.pem").path,
            ]
            maker.standardError = FileHandle.nullDevice
            try maker.run()
            maker.waitUntilExit()
        }
        self.process.executableURL = URL(fileURLWithPath: Self.tool)
        self.process.arguments = [
            "s_server", "-accept", "127.0.0.1:0", "-quiet", "-no_ign_eof",
            "-cert", folder.appendingPathComponent("server.pem").path,
            "-key", folder.appendingPathComponent("server-key.pem").path,
            "-Verify", "1", "-verify_return_error",
            "-CAfile", folder.appendingPathComponent("client.pem").path,
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
        try? FileManager.default.removeItem(at: self.folder)
    }
}

// Its pipes are used by one task at a time.
extension TLSReceiver: @unchecked Sendable {}
