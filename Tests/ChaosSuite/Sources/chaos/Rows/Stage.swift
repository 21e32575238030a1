import AzureMonitor
import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// One case of a row: a folder, servers, and the processes that send to them.
final class Stage: Sendable {
    let name: String
    let context: RowContext
    let checks: Checks
    /// The case's own folder.
    let folder: String
    /// Where its processes keep what they could not send.
    var storage: String { "\(self.folder)/storage" }

    /// Makes a case and runs it; an error is a failure of the case.
    static func run(
        _ name: String,
        _ context: RowContext,
        _ checks: Checks,
        body: (Stage) async throws -> Void
    ) async {
        checks.beginCase()
        let stage: Stage
        do {
            stage = try Stage(name, context, checks)
        } catch {
            return checks.fail("\(name): \(error)")
        }
        do {
            try await body(stage)
        } catch {
            checks.fail("\(name): \(error)")
        }
        // Whoever is left was not waited for, because something else went wrong.
        for child in stage.children.withLock({ $0 }) where child.end == nil {
            child.signal(SIGKILL)
            _ = await child.wait(atMost: .seconds(120))
        }
    }

    private let children = Mutex<[ChildProcess]>([])

    private init(_ name: String, _ context: RowContext, _ checks: Checks) throws {
        self.name = name
        self.context = context
        self.checks = checks
        self.folder = "\(context.scratch)/\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: self.folder,
            withIntermediateDirectories: true
        )
    }

    // MARK: Servers

    /// A server that listens.
    func server(
        address: String = "127.0.0.1",
        certificate: CertificateFixtures.Kind? = nil,
        script: @escaping ScriptedServer.Script = { _, _ in .accepted }
    ) async throws -> ScriptedServer {
        let server = ScriptedServer(
            group: self.context.group,
            ledger: Ledger(sabotage: self.context.sabotage),
            address: address,
            tls: try certificate.map { try self.context.certificates.context($0) },
            script: script
        )
        try await server.goUp()
        return server
    }

    /// A server that refuses everything until so many seconds after its first request.
    ///
    /// By the first request, for a process takes its time to start on a busy machine.
    func server(inTroubleFor seconds: UInt64) async throws -> ScriptedServer {
        let first = Mutex<UInt64?>(nil)
        return try await self.server { _, _ in
            let now = MonotonicTime.now
            let start = first.withLock { first in
                first = first ?? now
                return first ?? now
            }
            return now - start < seconds * 1_000_000_000 ? .refused(503) : .accepted
        }
    }

    /// A server with another certificate in the place of one that went down.
    func replacement(
        for server: ScriptedServer,
        certificate: CertificateFixtures.Kind
    ) async throws -> ScriptedServer {
        let replacement = ScriptedServer(
            group: self.context.group,
            ledger: Ledger(sabotage: self.context.sabotage),
            address: server.address,
            port: server.port,
            tls: try self.context.certificates.context(certificate)
        )
        try await replacement.goUp()
        return replacement
    }

    // MARK: Processes

    /// The variables that make a process send to a server.
    private func destination(_ wire: Wire, _ url: String) -> [String: String] {
        switch wire {
        case .azure:
            [
                "APPLICATIONINSIGHTS_CONNECTION_STRING":
                    "InstrumentationKey=00000000-0000-0000-0000-000000000004;"
                    + "IngestionEndpoint=\(url);LiveEndpoint=\(url)"
            ]
        case .otlp:
            [
                "OTEL_TRACES_EXPORTER": "otlp", "OTEL_LOGS_EXPORTER": "otlp",
                "OTEL_EXPORTER_OTLP_ENDPOINT": url,
            ]
        }
    }

    /// The variables of a process that sends to two servers, each of which gets everything.
    func environment(azure: String, otlp: String) -> [String: String] {
        self.environment(for: azure, wire: .azure)
            .merging(self.destination(.otlp, otlp)) { $1 }
    }

    /// The variables of a process that sends to a server.
    ///
    /// - Parameter wire: what it speaks; `nil` for what the row speaks.
    func environment(
        for url: String,
        wire: Wire? = nil,
        _ more: [String: String] = [:]
    ) -> [String: String] {
        var environment = [
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin",
            "HOME": self.folder,
            // Only what is recorded here is counted.
            "OTEL_METRICS_EXPORTER": "none",
            "SSL_CERT_FILE": self.context.certificates.trustPath,
        ]
        environment.merge(self.destination(wire ?? self.context.wire, url)) { $1 }
        environment.merge(more) { $1 }
        return environment
    }

    /// The options of a process, as it wants them in its environment.
    func text(_ options: EmitterOptions) throws -> String {
        var options = options
        options.wastedMemory = self.context.wastedMemory
        return String(decoding: try JSONEncoder().encode(options), as: UTF8.self)
    }

    /// Starts a process that records and sends.
    func start(
        _ options: EmitterOptions,
        to url: String,
        _ environment: [String: String] = [:],
        through wrapper: [String] = []
    ) throws -> ChildProcess {
        var variables = self.environment(for: url, wire: nil, environment)
        variables["CHAOS_EMIT"] = try self.text(options)
        return try self.start(wrapper + [self.context.program], variables)
    }

    /// Starts any process.
    func start(_ arguments: [String], _ environment: [String: String]) throws -> ChildProcess {
        let child = try ChildProcess(
            arguments,
            environment: environment,
            files: "\(self.folder)/\(UUID().uuidString)"
        )
        self.children.withLock { $0.append(child) }
        return child
    }

    /// Waits until a condition holds, at most two minutes and not beyond the end of a process.
    private func wait(
        for what: String,
        of child: ChildProcess,
        until condition: () throws -> Bool
    ) async throws {
        let deadline = ContinuousClock.now + .seconds(120)
        while try !condition() {
            guard child.end == nil, ContinuousClock.now < deadline else {
                throw ChaosError("\(what) did not come: \(child.errors.suffix(500))")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Waits until a process has sent something.
    func waitForRequest(at server: ScriptedServer, of child: ChildProcess) async throws {
        try await self.wait(for: "a request", of: child) { !server.ledger.requests.isEmpty }
    }

    /// Waits until a process has stored something.
    func waitForStored(of child: ChildProcess) async throws {
        try await self.wait(for: "a stored payload", of: child) {
            try FileManager.default.fileExists(atPath: self.storage)
                && !OfflineStorage.list(self.storage).isEmpty
        }
    }

    /// Waits for the end of a process that must end well; returns what it says.
    func report(of child: ChildProcess, atMost seconds: Double = 300) async throws -> EmitterReport
    {
        let end = await child.wait(atMost: .seconds(seconds))
        guard end == .exit(0) else {
            throw ChaosError("a process ended with \(end) and said: \(child.errors.suffix(500))")
        }
        return try Self.report(in: child)
    }

    static func report(in child: ChildProcess) throws -> EmitterReport {
        guard let report = try self.reports(in: child).last else {
            throw ChaosError("a process reported nothing: \(child.errors.suffix(500))")
        }
        return report
    }

    /// The reports of all processes that wrote to one file.
    static func reports(in child: ChildProcess) throws -> [EmitterReport] {
        try child.lines.filter { $0.hasPrefix("{") }
            .map { try JSONDecoder().decode(EmitterReport.self, from: Data($0.utf8)) }
    }

    /// Runs a process to its end.
    func emit(
        _ options: EmitterOptions,
        to url: String,
        _ environment: [String: String] = [:],
        atMost seconds: Double = 300
    ) async throws -> EmitterReport {
        try await self.report(
            of: self.start(options, to: url, environment),
            atMost: seconds
        )
    }

    /// The options of a process that keeps what it cannot send in this case's folder.
    func options(spans: Int = 0, logs: Int = 0) -> EmitterOptions {
        var options = EmitterOptions()
        options.spans = spans
        options.logs = logs
        options.storage = self.storage
        return options
    }

    /// The options of a process that has all the time that a busy machine needs to send to a server
    /// that always answers.
    func patientOptions(spans: Int = 0, logs: Int = 0) -> EmitterOptions {
        var options = self.options(spans: spans, logs: logs)
        options.shutdownTimeout = 120
        return options
    }

    /// The options of a process that only delivers what others left.
    func drainer(seconds: Double = 30) -> EmitterOptions {
        var options = self.options()
        options.run = "drainer"
        options.linger = seconds
        return options
    }

    /// Compares the lists of servers with the books of processes.
    func audit(
        _ reports: [EmitterReport],
        _ servers: [ScriptedServer],
        dropped: [String: UInt64] = [:],
        duplicates: Int = 0,
        left: Int = 0
    ) {
        Audit(
            name: self.name,
            checks: self.checks,
            reports: reports,
            ledgers: servers.map(\.ledger),
            dropped: dropped,
            duplicates: duplicates,
            left: left
        ).run()
    }
}
