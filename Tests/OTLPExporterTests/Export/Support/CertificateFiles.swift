import Foundation

/// Certificates for 127.0.0.1 that signed themselves, one for each side, made by the `openssl`
/// tool: `server.pem`, `server-key.pem`, `client.pem` and `client-key.pem`.
struct CertificateFiles {
    static let tool = "/usr/bin/openssl"

    private let folder: URL

    init() throws {
        self.folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("otlp-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: self.folder,
            withIntermediateDirectories: false
        )
        for name in ["server", "client"] {
            let maker = Process()
            maker.executableURL = URL(fileURLWithPath: Self.tool)
            maker.arguments = [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                "-nodes", "-days", "2", "-subj", "/CN=\(name)",
                "-addext", "subjectAltName=IP:127.0.0.1",
                "-out", self.path("\(name).pem"), "-keyout", self.path("\(name)-key.pem"),
            ]
            maker.standardError = FileHandle.nullDevice
            try maker.run()
            maker.waitUntilExit()
        }
    }

    func path(_ name: String) -> String { self.folder.appendingPathComponent(name).path }

    func remove() {
        try? FileManager.default.removeItem(at: self.folder)
    }
}
