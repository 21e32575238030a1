import Foundation

/// The server of the `openssl` tool, with a certificate for 127.0.0.1 that it signed itself.
final class OpenSSLServer {
    static let tool = "/usr/bin/openssl"

    static var isAvailable: Bool { FileManager.default.isExecutableFile(atPath: self.tool) }

    let folder: String
    let port: Int
    private let process = Process()

    var certificate: String { self.folder + "/certificate.pem" }

    init() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "transport-\(UUID().uuidString)"
        )
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        self.folder = folder.path
        let files = ["certificate.pem", "key.pem"].map { folder.appendingPathComponent($0).path }
        let maker = Process()
        maker.executableURL = URL(fileURLWithPath: Self.tool)
        maker.arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-days", "2", "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1",
            "-out", files[0], "-keyout", files[1],
        ]
        maker.standardError = FileHandle.nullDevice
        try maker.run()
        maker.waitUntilExit()
        let output = Pipe()
        self.process.executableURL = URL(fileURLWithPath: Self.tool)
        self.process.arguments = [
            "s_server", "-accept", "127.0.0.1:0", "-cert", files[0], "-key", files[1], "-www",
        ]
        self.process.standardInput = FileHandle.nullDevice
        self.process.standardOutput = output
        self.process.standardError = FileHandle.nullDevice
        try self.process.run()
        // Its first line of interest is "ACCEPT 127.0.0.1:40123".
        var text = ""
        var port: Int?
        while port == nil {
            let data = output.fileHandleForReading.availableData
            guard !data.isEmpty else { throw CocoaError(.fileReadUnknown) }
            text += String(decoding: data, as: UTF8.self)
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            port = lines.first { $0.hasPrefix("ACCEPT") }?.split(separator: ":").last
                .flatMap { Int($0) }
        }
        self.port = port ?? 0
    }

    func stop() {
        // It may have inherited a mask that blocks every other signal.
        kill(self.process.processIdentifier, SIGKILL)
        self.process.waitUntilExit()
        try? FileManager.default.removeItem(atPath: self.folder)
    }
}
