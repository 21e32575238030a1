import ArgumentParser
import TelemetryEngine

/// `azure-monitor storage`.
struct StorageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "storage",
        abstract: "Shows, sends or removes what waits in offline storage.",
        discussion: """
            DIR is what --storage of `generate`, or storageDirectory in code, was given. Without \
            either the library stores below \
            \(OfflineStorage.defaultDirectories().first ?? "its own directory").
            """,
        subcommands: [
            StorageListCommand.self, StorageSendCommand.self, StoragePurgeCommand.self,
        ]
    )

    func run() {
        Console.printError(Self.helpMessage())
        Self.exit(withError: ExitCode(64))
    }
}

/// The directory that a command is about.
struct StorageDirectory: ParsableArguments {
    @Argument(help: ArgumentHelp("The directory of the storage.", valueName: "DIR"))
    var directory: String

    func validate() throws {
        guard !self.directory.isEmpty else { throw ValidationError("DIR is empty.") }
    }

    /// What waits in the directory, oldest first; nothing if there is no such directory, since
    /// one is made only when something is stored.
    func entries() throws(ToolFailure) -> [OfflineStorage.Entry] {
        do throws(StorageError) {
            return try OfflineStorage.list(self.directory)
        } catch {
            throw ToolFailure(message: error.message)
        }
    }
}
