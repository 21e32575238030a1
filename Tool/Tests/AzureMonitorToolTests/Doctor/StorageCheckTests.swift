import Foundation
import TelemetryEngine
import Testing

@testable import azure_monitor

@Suite(.timeLimit(.minutes(10))) struct StorageCheckTests {
    private static let destination = Destination(name: "azure", identity: "http://127.0.0.1:9/#1")

    private static var isRoot: Bool { getuid() == 0 }

    private static func withFolder(_ body: (URL) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "doctor-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(folder)
    }

    private static func names(in folder: URL) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
    }

    @Test func `a folder that can be written is left as it was`() async throws {
        try await Self.withFolder { folder in
            for directory in [folder.path, folder.appending(path: "a/b").path] {
                let finding = StorageCheck.finding(directory, for: Self.destination)
                #expect(finding.status == .ok || finding.what.contains(" MiB free"))
                #expect(finding.what.contains("nothing waits there"))
                #expect(finding.what.hasPrefix(directory))
                let left = try Self.names(in: folder)
                #expect(left.isEmpty)
            }
        }
    }

    @Test func `a folder below a file`() async throws {
        try await Self.withFolder { folder in
            let file = folder.appending(path: "file")
            try Data().write(to: file)
            for path in [file.path, file.appending(path: "below").path] {
                let finding = StorageCheck.finding(path, for: nil)
                #expect(finding.status == .fail)
                #expect(finding.what.contains(path))
                #expect(finding.remedy?.contains("choose another storage directory") == true)
            }
            let left = try Self.names(in: folder)
            #expect(left == ["file"])
        }
    }

    @Test(.enabled(if: Self.isRoot)) func `a folder of another user`() async throws {
        try await Self.withFolder { folder in
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o755],
                ofItemAtPath: folder.path
            )
            let path = folder.path
            await #expect(processExitsWith: .success) { [path = path as String] in
                try #require(setgid(65_534) == 0 && setuid(65_534) == 0)
                let finding = StorageCheck.finding(path, for: nil)
                try #require(finding.status == .fail)
                try #require(finding.what.contains("Permission denied"))
                try #require(finding.remedy?.contains("writable") == true)
            }
            let left = try Self.names(in: folder)
            #expect(left.isEmpty)
        }
    }

    @Test func `what waits is counted`() async throws {
        try await StorageCommandTests.withStorage { directory, entries in
            let destination = try #require(entries.first?.destination)
            let before = try Self.names(in: URL(filePath: directory))
            let finding = StorageCheck.finding(directory, for: destination)
            #expect(finding.what.contains("3 items wait there in 1 payloads, the oldest since 20"))
            #expect(finding.remedy?.isEmpty == false)
            let left = try Self.names(in: URL(filePath: directory))
            #expect(left == before)
        }
    }
}
