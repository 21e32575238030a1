import Foundation
import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The chaos suite: servers that misbehave, and processes that must lose nothing by it.
///
///     chaos run [--quick] [--row N]…    the suite, or some rows of it
///     chaos check                       whether the suite finds what is wrong on purpose
///
/// With `CHAOS_EMIT` in its environment it is a process that sends; the suite starts those. Arguments
/// would not do: under libfaketime the Swift runtime sees none.
@main
enum Chaos {
    private static let rows: [any Row] = [
        AnswersRow(), OutagesRow(), ConnectionsRow(), ShutdownRow(), ManyProcessesRow(),
        KillsRow(), StorageRow(), ClockRow(), QuietRow(), OTLPRow(), IsolationRow(),
    ]

    static func main() async {
        // A client that leaves while it is being answered must not end the suite.
        signal(SIGPIPE, SIG_IGN)
        let arguments = CommandLine.arguments.dropFirst()
        do {
            if let json = ProcessInfo.processInfo.environment["CHAOS_EMIT"] {
                return try await Emitter.main(json)
            }
            switch arguments.first {
            case "run":
                exit(try await self.run(Array(arguments.dropFirst())) ? 0 : 1)
            case "check" where arguments.count == 1:
                exit(try await self.check() ? 0 : 1)
            default:
                sayAside("usage: chaos run [--quick] [--row N]… | chaos check")
                exit(64)
            }
        } catch {
            sayAside("error: \(error)")
            exit(1)
        }
    }

    // MARK: Running

    private static func run(_ arguments: [String]) async throws -> Bool {
        var isQuick = false
        var numbers: Set<Int> = []
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            switch argument {
            case "--quick": isQuick = true
            case "--row":
                guard let number = rest.popFirst().flatMap({ Int($0) }), (1...11).contains(number)
                else { throw ChaosError("--row takes a number from 1 to 11") }
                numbers.insert(number)
            default: throw ChaosError("what is \(argument)?")
            }
        }
        return try await self.withContext(isQuick: isQuick) { context in
            let start = ContinuousClock.now
            var results: [RowResult] = []
            for wave in self.waves {
                let rows = self.rows.filter { row in
                    wave.contains(row.number) && (numbers.isEmpty || numbers.contains(row.number))
                }
                results += await self.run(rows, context)
            }
            results.sort { $0.number < $1.number }
            say(RowResult.tableHead)
            for result in results { say(result.tableLine) }
            let failed = results.filter { !$0.passed }
            let seconds = Int(((ContinuousClock.now - start) / .seconds(1)).rounded())
            sayAside("chaos: \(results.count) rows, \(failed.count) failed, \(seconds) s")
            return failed.isEmpty && !results.isEmpty
        }
    }

    /// The rows that run side by side: those that wait go with those that work.
    ///
    /// The one that measures speed has the machine to itself.
    private static let waves: [Set<Int>] = [[1, 7, 9], [2, 5, 8], [3, 4, 10], [6], [11]]

    private static func run(_ rows: [any Row], _ context: RowContext) async -> [RowResult] {
        await withTaskGroup(of: RowResult.self) { group in
            for row in rows {
                group.addTask {
                    sayAside("row \(row.number) begins: \(row.title)")
                    let result = await row.result(context)
                    let verdict = result.passed ? "passed" : "FAILED"
                    sayAside(
                        "row \(row.number) \(verdict) after \(Int(result.seconds.rounded())) s: "
                            + result.seen
                    )
                    for failure in result.failures.prefix(40) { sayAside("    \(failure)") }
                    if result.failures.count > 40 {
                        sayAside("    and \(result.failures.count - 40) more")
                    }
                    return result
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }

    // MARK: Whether it can fail

    /// Lets servers lose and repeat a record and children waste memory; each must be found out.
    private static func check() async throws -> Bool {
        try await self.withContext(isQuick: true) { context in
            let row = SelfCheckRow()
            var wasFooled = false
            func expect(_ what: String, failure: String?, _ context: RowContext) async {
                let result = await row.result(context)
                let isRight =
                    failure.map { text in result.failures.contains { $0.contains(text) } }
                    ?? result.passed
                say("\(isRight ? "ok  " : "FAIL") \(what)")
                for failure in result.failures { say("         found: \(failure)") }
                if !isRight { wasFooled = true }
            }
            await expect("a server that does its work", failure: nil, context)
            var sabotaged = context
            sabotaged.sabotage = .loses
            await expect("a server that loses a record", failure: "never arrived", sabotaged)
            sabotaged.sabotage = .repeats
            await expect("a server that has a record twice", failure: "duplicates", sabotaged)
            sabotaged.wire = .otlp
            await expect("the same by OTLP", failure: "duplicates", sabotaged)
            sabotaged.sabotage = .loses
            await expect("a loss by OTLP", failure: "never arrived", sabotaged)
            sabotaged.sabotage = nil
            await expect("a server of OTLP that does its work", failure: nil, sabotaged)
            sabotaged.wastedMemory = 80
            await expect("a process that grows by 80 MiB", failure: "memory grew", sabotaged)
            return !wasFooled
        }
    }

    private static func withContext(
        isQuick: Bool,
        _ body: (RowContext) async throws -> Bool
    ) async throws -> Bool {
        let files = FileManager.default
        let base = ProcessInfo.processInfo.environment["CHAOS_SCRATCH"] ?? NSTemporaryDirectory()
        let scratch = "\(base)/chaos-\(UUID().uuidString)"
        try files.createDirectory(atPath: scratch, withIntermediateDirectories: true)
        defer { try? files.removeItem(atPath: scratch) }
        // Other users start it, too.
        let program = "\(scratch)/chaos"
        try files.copyItem(atPath: try self.ownPath(), toPath: program)
        try files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: scratch)
        try files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let context = RowContext(
            scratch: scratch,
            isQuick: isQuick,
            program: program,
            certificates: try CertificateFixtures(folder: scratch),
            group: group
        )
        let result: Bool
        do {
            result = try await body(context)
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
        try? await group.shutdownGracefully()
        return result
    }

    private static func ownPath() throws -> String {
        try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    }
}
