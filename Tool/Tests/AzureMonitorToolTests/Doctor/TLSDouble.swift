import Foundation

/// The server of the `openssl` tool, with a certificate of an authority made for the occasion.
final class TLSDouble {
    static let tool = "/usr/bin/openssl"

    static var isAvailable: Bool { FileManager.default.isExecutableFile(atPath: self.tool) }

    private let folder: URL
    private let process = Process()
    private(set) var port = 0

    /// The authority's certificate.
    var authority: String { self.folder.appending(path: "ca.pem").path }

    var connectionString: String {
        "InstrumentationKey=\(ServiceDouble.key);IngestionEndpoint=https://127.0.0.1:\(self.port)/"
    }

    /// - Parameters:
    ///   - name: Whom the certificate is for, as `subjectAltName` has it.
    ///   - end: When it expires, as `openssl ca` has it.
    init(name: String = "IP:127.0.0.1", end: String = "20991231235959Z") throws {
        self.folder = FileManager.default.temporaryDirectory.appending(
            path: "doctor-\(UUID().uuidString)"
        )
        try FileManager.default.createDirectory(at: self.folder, withIntermediateDirectories: true)
        let configuration = """
            [ca]
            default_ca = authority
            [authority]
            database = index.txt
            new_certs_dir = .
            default_md = sha256
            policy = policy
            rand_serial = yes
            copy_extensions = copy
            [policy]
            commonName = supplied
            """
        try Data(configuration.utf8).write(to: self.folder.appending(path: "ca.cnf"))
        try Data().write(to: self.folder.appending(path: "index.txt"))
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        try self.run(
            ["req", "-x509"] + key
                + ["-days", "2", "-subj", "/CN=authority", "-out", "ca.pem", "-keyout", "ca.key"]
        )
        try self.run(
            ["req"] + key
                + [
                    "-subj", "/CN=double", "-addext", "subjectAltName=\(name)",
                    "-out", "request.pem", "-keyout", "key.pem",
                ]
        )
        try self.run([
            "ca", "-config", "ca.cnf", "-batch", "-notext", "-in", "request.pem", "-cert", "ca.pem",
            "-keyfile", "ca.key", "-startdate", "20200101000000Z", "-enddate", end,
            "-out", "certificate.pem",
        ])
        try self.serve()
    }

    private func run(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: Self.tool)
        process.arguments = arguments
        process.currentDirectoryURL = self.folder
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CocoaError(.executableLoad) }
    }

    private func serve() throws {
        let output = Pipe()
        self.process.executableURL = URL(filePath: Self.tool)
        self.process.arguments = [
            "s_server", "-accept", "127.0.0.1:0", "-cert", "certificate.pem", "-key", "key.pem",
            "-www",
        ]
        self.process.currentDirectoryURL = self.folder
        self.process.standardInput = FileHandle.nullDevice
        self.process.standardOutput = output
        self.process.standardError = FileHandle.nullDevice
        try self.process.run()
        // Its first line of interest is "ACCEPT 127.0.0.1:40123".
        var text = ""
        while self.port == 0 {
            let data = output.fileHandleForReading.availableData
            guard !data.isEmpty else { throw CocoaError(.fileReadUnknown) }
            text += String(decoding: data, as: UTF8.self)
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            self.port =
                lines.first { $0.hasPrefix("ACCEPT") }?.split(separator: ":").last
                .flatMap { Int($0) } ?? 0
        }
    }

    func stop() {
        // It may have inherited a mask that blocks every other signal.
        kill(self.process.processIdentifier, SIGKILL)
        self.process.waitUntilExit()
        try? FileManager.default.removeItem(at: self.folder)
    }
}
