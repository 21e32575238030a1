import ArgumentParser

/// The tool: telemetry on your own machine, without an Azure subscription.
@main
struct AzureMonitorTool: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "azure-monitor",
        abstract: "See telemetry on your own machine, and find out why none arrives.",
        subcommands: [
            DemoCommand.self, LocalCommand.self, QueryCommand.self, GenerateCommand.self,
            ConvertCommand.self, ScoreCommand.self, DoctorCommand.self, StorageCommand.self,
        ]
    )

    /// Runs the command of the arguments and ends the process with its status.
    ///
    /// | Status | When                                            |
    /// | ------ | ----------------------------------------------- |
    /// | 0      | it did what it was asked to, or help was asked for |
    /// | 64     | wrong usage, also when no command is named      |
    /// | 1      | any other failure, with one line on standard error |
    static func main() async {
        do {
            var command = try Self.parseAsRoot()
            if command is Self {
                Console.printError(Self.helpMessage())
                Self.exit(withCode: 64)
            }
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let failure as ToolFailure {
            Console.printError("azure-monitor: \(failure.message)")
            Self.exit(withCode: failure.status)
        } catch {
            Self.exit(withError: error)
        }
    }

    private static func exit(withCode status: Int32) -> Never {
        Self.exit(withError: ExitCode(status))
    }
}

/// A failure that is said in one line.
struct ToolFailure: Error {
    /// What failed and, where there is one, the remedy.
    var message: String
    /// The exit status.
    var status: Int32 = 1
}
