import Foundation
import TelemetryEngine
import TelemetryModel
import Testing

@testable import OTLPExporter

@Suite("What is said about OTLP servers")
struct OTLPNotesTests {
    /// The lines that notes about these replies make.
    private func lines(of replies: [(OTLPReply, Signal)]) throws -> [String] {
        let directory = FileManager.default.temporaryDirectory
            .appending(path: "otlp-notes-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let notes = OTLPNotes(
            destination: "otlp",
            diagnostics: Diagnostics(level: .debug, directory: directory.path)
        )
        for (reply, signal) in replies { notes.took(reply, signal: signal) }
        let files = try FileManager.default.contentsOfDirectory(atPath: directory.path)
        guard let file = files.first else { return [] }
        return try String(contentsOf: directory.appending(path: file), encoding: .utf8)
            .split(separator: "\n").map(String.init)
    }

    @Test("a success without a word is not mentioned")
    func silence() throws {
        #expect(try self.lines(of: [(OTLPReply(), .traces), (OTLPReply(), .logs)]).isEmpty)
    }

    @Test("each text is said once, whatever the numbers are")
    func once() throws {
        let lines = try self.lines(of: [
            (OTLPReply(rejected: 3, message: "too old"), .traces),
            (OTLPReply(rejected: 9, message: "too old"), .traces),
            (OTLPReply(rejected: 1, message: "too long"), .traces),
            (OTLPReply(rejected: 2, message: ""), .metrics),
            (OTLPReply(rejected: 4, message: ""), .metrics),
            (OTLPReply(rejected: 0, message: "slow down"), .logs),
            (OTLPReply(rejected: 0, message: "slow down"), .traces),
        ])
        #expect(lines.count == 4)
        #expect(lines[0].contains("error export.otlp.partial-success.1: 3 traces"))
        #expect(lines[0].contains("too old"))
        #expect(lines[1].contains("error export.otlp.partial-success.2: 1 traces"))
        #expect(lines[2].contains("2 metrics"))
        #expect(lines[2].contains("does not say why"))
        #expect(lines[3].contains("warning export.otlp.server-warning.4: slow down"))
    }

    @Test("a server that says something new each time is not listened to for ever")
    func bounded() throws {
        let lines = try self.lines(
            of: (0..<500).map { (OTLPReply(rejected: 1, message: "number \($0)"), .logs) }
        )
        #expect(lines.count == 64)
    }
}
