import Foundation

/// A file or a folder that is gone after the test.
final class TemporaryFile: Sendable {
    let path: String

    init(_ text: String, name: String = "file", permissions: Int = 0o600) throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "azure-identity-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        self.path = folder.appending(path: name).path
        self.write(text)
        try FileManager.default.setAttributes(
            [.posixPermissions: permissions],
            ofItemAtPath: self.path
        )
    }

    var folder: String { URL(filePath: self.path).deletingLastPathComponent().path }

    func write(_ text: String) {
        _ = FileManager.default.createFile(atPath: self.path, contents: Data(text.utf8))
    }

    func remove() {
        try? FileManager.default.removeItem(atPath: self.path)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: self.folder)
    }
}
