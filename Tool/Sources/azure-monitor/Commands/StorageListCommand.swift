import ArgumentParser
import TelemetryEngine

/// `azure-monitor storage list`.
struct StorageListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Shows what waits, a payload a line, oldest first.",
        discussion: """
            A line has the file, the endpoint, the signal, the number of items, the size in bytes, \
            when it was stored, how many tries counted against it, and whether a living process \
            holds it. Files that are not the library's are left out.
            """
    )

    @OptionGroup var storage: StorageDirectory

    @Flag(help: "Print one JSON array of objects.")
    var json = false

    func run() throws {
        let payloads = try self.storage.entries().map(StoredPayloadRow.init)
        if self.json {
            Console.print("[\(payloads.map(\.json).joined(separator: ","))]")
        } else {
            for payload in payloads { Console.print(payload.line) }
        }
    }
}
