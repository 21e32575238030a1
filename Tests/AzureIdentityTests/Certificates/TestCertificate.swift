#if ClientCertificate
    import Foundation

    /// A certificate with its key, made by `openssl` when a test wants it.
    final class TestCertificate: Sendable {
        struct Trouble: Error {
            let text: String
        }

        let folder: String

        /// Makes a key and a certificate that it signed itself.
        ///
        /// - Parameters:
        ///   - key: What `openssl req -newkey` is told.
        ///   - days: How long it is good for.
        init(key: [String] = ["rsa:2048"], days: Int = 2) throws {
            self.folder =
                FileManager.default.temporaryDirectory
                .appending(path: "azure-identity-\(UUID().uuidString)").path
            try FileManager.default.createDirectory(
                atPath: self.folder,
                withIntermediateDirectories: true
            )
            try self.openssl(
                ["req", "-x509", "-nodes", "-newkey"] + key
                    + [
                        "-keyout", "key.pem", "-out", "cert.pem", "-days", "\(days)", "-subj",
                        "/CN=test",
                    ]
            )
        }

        deinit {
            try? FileManager.default.removeItem(atPath: self.folder)
        }

        func path(_ name: String) -> String { "\(self.folder)/\(name)" }

        func content(_ name: String) throws -> String {
            try String(contentsOfFile: self.path(name), encoding: .utf8)
        }

        /// Certificate and key in one file.
        func pem(keyFile: String = "key.pem", keyFirst: Bool = false) throws -> String {
            let parts = [try self.content("cert.pem"), try self.content(keyFile)]
            let path = self.path("both-\(keyFile)-\(keyFirst)")
            try (keyFirst ? parts.reversed() : parts).joined()
                .write(toFile: path, atomically: true, encoding: .utf8)
            return path
        }

        func der() throws -> Data {
            try self.openssl(["x509", "-in", "cert.pem", "-outform", "DER", "-out", "cert.der"])
            return try Data(contentsOf: URL(filePath: self.path("cert.der")))
        }

        func openssl(_ arguments: [String]) throws {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = ["openssl"] + arguments
            process.currentDirectoryURL = URL(filePath: self.folder)
            let errors = Pipe()
            process.standardError = errors
            process.standardOutput = FileHandle.nullDevice
            process.standardInput = FileHandle.nullDevice
            try process.run()
            let text = errors.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            guard process.terminationStatus == 0 else {
                throw Trouble(text: String(decoding: text, as: UTF8.self))
            }
        }
    }
#endif
