#if canImport(Subprocess)
    import Subprocess
    #if canImport(System)
        import System
    #else
        import SystemPackage
    #endif
#endif

/// Runs a program that is signed in to Azure, and reads what it prints.
///
/// The program is found on the `PATH`, runs in `/bin` so that nothing in the current folder is
/// taken for a part of it, reads nothing, is no shell's child, and is ended with all its children
/// after ten seconds.
struct DeveloperTool {
    /// What a program printed.
    struct Output {
        var succeeded: Bool
        var standardOutput: String
        var standardError: String
    }

    private static let timeLimit: Duration = .seconds(10)
    private static let outputLimit = 1 << 18

    /// The credential's name.
    let credential: String
    /// The program's name, or a name per system.
    let program: String
    let context: IdentityContext

    /// Runs the program.
    ///
    /// - Parameters:
    ///   - arguments: What it is given.
    ///   - variables: What is added to its environment.
    /// - Throws: ``CredentialError/Code/unavailable`` if there is no such program, or it takes too
    ///   long.
    func run(
        _ arguments: [String],
        adding variables: [String: String]
    ) async throws(CredentialError) -> Output {
        #if canImport(Subprocess)
            guard let path = self.path else {
                throw self.error(.unavailable, "\(self.program) was not found on the PATH.")
            }
            var environment: [Environment.Key: String] = [:]
            for (key, value) in self.context.environment.merging(
                variables,
                uniquingKeysWith: { $1 }
            ) {
                guard let key = Environment.Key(rawValue: key) else { continue }
                environment[key] = value
            }
            var options = PlatformOptions()
            // A session of its own has a process group of its own, which can be ended as one.
            options.createSession = true
            options.teardownSequence = [
                .send(
                    signal: .kill,
                    toProcessGroup: true,
                    allowedDurationToNextStep: .milliseconds(100)
                )
            ]
            let configuration = Subprocess.Configuration(
                executable: .path(FilePath(path)),
                arguments: Arguments(arguments),
                environment: .custom(environment),
                workingDirectory: "/bin",
                platformOptions: options
            )
            let sleep = self.context.sleep
            let output: Output?
            do {
                output = try await withThrowingTaskGroup(of: Output?.self) { group in
                    group.addTask {
                        let result = try await Subprocess.run(
                            configuration,
                            input: .none,
                            output: .string(limit: Self.outputLimit),
                            error: .string(limit: Self.outputLimit)
                        )
                        return Output(
                            succeeded: result.terminationStatus.isSuccess,
                            standardOutput: result.standardOutput,
                            standardError: result.standardError
                        )
                    }
                    group.addTask {
                        try await sleep(Self.timeLimit)
                        return nil
                    }
                    defer { group.cancelAll() }
                    return try await group.next() ?? nil
                }
            } catch {
                // What was thrown may hold what the program printed.
                throw self.error(.unavailable, "\(self.program) could not be run.")
            }
            guard let output else {
                throw self.error(
                    .unavailable,
                    "\(self.program) did not answer within \(Self.timeLimit.components.seconds) s."
                )
            }
            return output
        #else
            throw self.error(.unavailable, "Programs cannot be run on this system.")
        #endif
    }

    /// An error of the credential.
    func error(_ code: CredentialError.Code, _ message: String) -> CredentialError {
        CredentialError(code: code, credential: self.credential, message: message)
    }

    private var path: String? {
        (self.context.variable("PATH") ?? "/usr/local/bin:/usr/bin:/bin")
            .split(separator: ":")
            // One that is relative would depend on where the process was started.
            .filter { $0.hasPrefix("/") }
            .map { "\($0)/\(self.program)" }
            .first(where: SmallFile.isExecutable(at:))
    }
}
