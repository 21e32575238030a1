import AzureIdentity
import AzureMonitor
import AzureMonitorExporter
import Foundation
import TelemetryEngine
import TelemetryTransport

/// All checks, from what is configured to what arrives.
///
/// They run in the order in which they depend on each other, and are shown in the order of
/// ``CheckName``: a line is held back until those before it are known.
struct Examination {
    /// The connection string of the command line, if there is one.
    var connectionString: String?
    /// The directory for offline storage; `nil` for the default.
    var storage: String?
    /// The variables.
    var environment: [String: String]
    /// The credential that the variables ask for.
    var credential: (any TokenCredential)?
    /// Where the variables send telemetry by OTLP, without secrets; `nil` if nowhere.
    var otlp: String?
    /// What is wrong with the variables.
    var notices: [String] = []
    /// Whether the variables turn every signal off.
    var isDisabled = false
    /// How long all of it may take.
    var timeLimit: Duration = .seconds(28)

    /// How long one step may take.
    private static let stepLimit: Duration = .seconds(5)
    private static let requestLimit: Duration = .seconds(8)
    private static let tokenLimit: Duration = .seconds(10)

    /// Checks everything.
    ///
    /// Once the task is cancelled, what is left is skipped.
    ///
    /// - Parameter show: Is given each result as soon as its turn has come.
    func run(_ show: @escaping (CheckResult) -> Void) async -> [CheckResult] {
        let deadline = ContinuousClock.now.advanced(by: self.timeLimit)
        var report = Report(show: show)
        var transport = TransportConfiguration(environment: self.environment)
        transport.connectTimeout = Self.stepLimit

        let configuration = ConfigurationCheck.finding(self)
        report.add(.configuration, configuration)
        var destination: ConnectionString?
        if !ConfigurationCheck.hasConnectionString(self) {
            report.skip(.connectionString, "there is no connection string")
        } else {
            let (finding, connectionString) = ConnectionStringCheck.finding(self)
            report.add(.connectionString, finding)
            destination = connectionString
        }
        if let destination, let service = ServiceAddress(destination.ingestionEndpoint) {
            let curl = CurlMultiplexer(configuration: transport)
            await self.examine(
                destination,
                at: service,
                through: service.proxy(of: transport),
                problems: transport.proxy.problems,
                WatchedTransport(curl),
                before: deadline,
                &report
            )
            await curl.shutdown()
        } else {
            for name in [.dns, .tcp, .tls, .proxy, .clock, .token, .ingestion] as [CheckName] {
                report.skip(name, "there is no connection string to go by")
            }
        }
        let storage = self.storage
        let place = destination?.destination
        let finding = await BoundedWait.onThread(Self.limit(Self.stepLimit, deadline)) {
            StorageCheck.finding(storage, for: place)
        }
        report.add(
            .storage,
            finding
                ?? .fail("the file system does not answer", "choose another storage directory")
        )
        return report.results
    }

    /// Checks the way to the service, and sends it an item.
    private func examine(
        _ destination: ConnectionString,
        at service: ServiceAddress,
        through proxy: Proxy?,
        problems: [String],
        _ transport: WatchedTransport,
        before deadline: ContinuousClock.Instant,
        _ report: inout Report
    ) async {
        var way =
            if let proxy {
                await self.way(to: service, through: proxy, before: deadline, &report)
            } else {
                await Self.way(to: service, before: deadline, &report)
            }
        await self.encrypt(
            &way,
            to: service,
            through: proxy,
            transport,
            before: deadline,
            &report
        )
        let tokens = self.credential.map { TokenSource($0) }
        let token = await TokenCheck.result(
            tokens,
            for: destination,
            environment: self.environment,
            within: Self.limit(Self.tokenLimit, deadline)
        )
        var ingestion = Finding.skip("the service cannot be reached")
        if report.isCancelled {
            ingestion = .skip("interrupted")
        } else if token.finding.status == .fail {
            ingestion = .skip("there is no token to send with")
        } else if way.isOpen {
            ingestion = await IngestionCheck.finding(
                self.connectionString,
                of: destination,
                environment: self.environment,
                tokens: tokens.map { ($0, token.credential ?? "the credential") },
                transport,
                within: Self.limit(Self.requestLimit, deadline)
            )
        }
        await tokens?.shutdown()
        if ingestion.status == .fail, let proxy,
            let refusal = ProxyCheck.refusal(transport.answers.last, by: proxy, for: service)
        {
            way.proxy = refusal
            ingestion = .skip("the proxy did not pass the item on")
        }
        if way.proxy.status == .ok, let problem = problems.first {
            way.proxy = .warn(problem, "correct the variable")
        }
        report.add(.proxy, way.proxy)
        report.add(.clock, ClockCheck.finding(transport.answers))
        report.add(.token, token.finding)
        report.add(.ingestion, ingestion)
    }

    /// What is known about the way to the service.
    private struct Way {
        /// Whether requests get there, as far as is known.
        var isOpen: Bool
        var proxy: Finding
    }

    /// Goes straight to the service.
    private static func way(
        to service: ServiceAddress,
        before deadline: ContinuousClock.Instant,
        _ report: inout Report
    ) async -> Way {
        let proxy = ProxyCheck.none(for: service)
        let resolution = await NameResolutionCheck.finding(
            service,
            within: Self.limit(Self.stepLimit, deadline)
        )
        report.add(.dns, resolution)
        guard resolution.status != .fail else {
            report.skip(.tcp, "the host has no address")
            return Way(isOpen: false, proxy: proxy)
        }
        let connection = await ConnectionCheck.finding(
            service,
            within: Self.limit(Self.stepLimit, deadline)
        )
        report.add(.tcp, connection)
        return Way(isOpen: connection.status != .fail, proxy: proxy)
    }

    /// Goes to the proxy, which has to resolve names and connect for us.
    private func way(
        to service: ServiceAddress,
        through proxy: Proxy,
        before deadline: ContinuousClock.Instant,
        _ report: inout Report
    ) async -> Way {
        report.skip(.dns, "\(proxy) is asked to connect")
        report.skip(.tcp, "\(proxy) is asked to connect")
        let finding = await ProxyCheck.finding(
            proxy,
            environment: self.environment,
            for: service,
            within: Self.limit(Self.stepLimit, deadline)
        )
        return Way(isOpen: finding.status != .fail, proxy: finding)
    }

    /// Sends a first request, which shows what the service and the proxy say to a connection.
    private func encrypt(
        _ way: inout Way,
        to service: ServiceAddress,
        through proxy: Proxy?,
        _ transport: WatchedTransport,
        before deadline: ContinuousClock.Instant,
        _ report: inout Report
    ) async {
        guard way.isOpen else {
            report.skip(.tls, "there is no connection")
            return
        }
        let probe = await Probe.result(
            of: service,
            transport,
            within: Self.limit(Self.requestLimit, deadline)
        )
        if let proxy, let refusal = ProxyCheck.refusal(probe, by: proxy, for: service) {
            way = Way(isOpen: false, proxy: refusal)
            report.skip(.tls, "the proxy did not connect")
        } else {
            let tls = TLSCheck.finding(probe, of: service, environment: self.environment)
            report.add(.tls, tls)
            way.isOpen = tls.status != .fail
        }
    }

    private static func limit(
        _ duration: Duration,
        _ deadline: ContinuousClock.Instant
    ) -> Duration {
        min(duration, max(.milliseconds(100), ContinuousClock.now.duration(to: deadline)))
    }

    /// Results, shown in their order.
    private struct Report {
        let show: (CheckResult) -> Void
        private var findings: [CheckName: Finding] = [:]
        private(set) var results: [CheckResult] = []

        init(show: @escaping (CheckResult) -> Void) {
            self.show = show
        }

        /// Whether nobody waits for what a check finds from now on.
        var isCancelled: Bool { Task.isCancelled }

        mutating func skip(_ name: CheckName, _ reason: String) {
            self.add(name, .skip(reason))
        }

        mutating func add(_ name: CheckName, _ finding: Finding) {
            // A check that was interrupted has found nothing.
            self.findings[name] =
                self.isCancelled && finding.status == .fail ? .skip("interrupted") : finding
            for name in CheckName.allCases.dropFirst(self.results.count) {
                guard let finding = self.findings[name] else { return }
                let result = CheckResult(name: name, finding: finding)
                self.results.append(result)
                self.show(result)
            }
        }
    }
}
