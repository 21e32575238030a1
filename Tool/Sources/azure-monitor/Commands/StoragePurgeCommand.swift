import ArgumentParser
import TelemetryEngine

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// `azure-monitor storage purge`.
struct StoragePurgeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "purge",
        abstract: "Removes what waits, undelivered.",
        discussion: """
            It asks first. Payloads that a living process holds and files that are not the \
            library's stay; the exit status is 1 if payloads stay.
            """
    )

    @OptionGroup var storage: StorageDirectory

    @Flag(help: "Do not ask.")
    var yes = false

    func run() throws {
        if !self.yes {
            guard isatty(STDIN_FILENO) == 1 else {
                throw ToolFailure(
                    message: "there is no terminal to ask on; pass --yes to remove without asking",
                    status: 64
                )
            }
            let entries = try self.storage.entries()
            let items = entries.reduce(0) { $0 + $1.items }
            guard !entries.isEmpty, Self.isConfirmed(payloads: entries.count, items: items) else {
                Console.print("Nothing was removed.")
                if !entries.isEmpty { throw ExitCode(1) }
                return
            }
        }
        let purge: OfflineStorage.Purge
        do throws(StorageError) {
            purge = try OfflineStorage.purge(self.storage.directory)
        } catch {
            throw ToolFailure(message: error.message)
        }
        Console.print("Removed \(purge.removed) payloads with \(purge.items) items.")
        let left = try self.storage.entries().count
        guard left == 0 else {
            throw ToolFailure(
                message: purge.held > 0
                    ? "payloads that another process holds stay: \(purge.held)"
                    : "payloads that could not be removed, or that came meanwhile: \(left)"
            )
        }
    }

    private static func isConfirmed(payloads: Int, items: Int) -> Bool {
        Console.printError("Remove \(payloads) payloads with \(items) items, undelivered? [y/N]")
        guard let answer = readLine()?.lowercased() else { return false }
        return answer == "y" || answer == "yes"
    }
}
