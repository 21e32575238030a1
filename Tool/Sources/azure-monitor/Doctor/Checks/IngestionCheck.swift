import AzureIdentity
import AzureMonitorExporter
import Foundation
import TelemetryEngine
import TelemetryModel

/// Whether an item that is sent arrives.
enum IngestionCheck {
    /// What the message of the item begins with.
    static let message = "azure-monitor doctor"

    private static let role = "Monitoring Metrics Publisher"

    /// Sends a message as the exporter sends it, once.
    ///
    /// - Parameters:
    ///   - connectionString: That of the command line.
    ///   - destination: What that, or that of the variables, says.
    ///   - environment: The variables.
    ///   - tokens: Where tokens come from, and who gets them.
    ///   - transport: What sends.
    ///   - limit: How long it may take.
    static func finding(
        _ connectionString: String?,
        of destination: ConnectionString,
        environment: [String: String],
        tokens: (source: TokenSource, credential: String)?,
        _ transport: WatchedTransport,
        within limit: Duration
    ) async -> Finding {
        let exporter: AzureMonitorLogExporter
        do throws(AzureMonitorError) {
            exporter = try AzureMonitorLogExporter(
                connectionString: Self.text(connectionString, environment),
                credential: tokens?.source,
                disableOfflineStorage: true,
                transport: transport
            )
        } catch {
            return .fail(error.message, "correct the connection string")
        }
        let item = "\(Self.message) \(UUID().uuidString.lowercased())"
        let encoded = await exporter.encode(Self.batch(item))
        let earlier = transport.answers.count
        guard let payload = encoded.payloads.first else {
            await exporter.shutdown()
            return .fail("the test item cannot be written", "report this as a defect")
        }
        let outcome = await exporter.send(payload, within: limit)
        await exporter.shutdown()
        return Self.finding(
            outcome,
            item: item,
            answers: Array(transport.answers.dropFirst(earlier)),
            endpoint: destination.ingestionEndpoint,
            credential: tokens?.credential
        )
    }

    /// The exporter reads the variables of the process; here the given ones count.
    private static func text(_ explicit: String?, _ environment: [String: String]) -> String? {
        if let explicit, !explicit.allSatisfy(\.isWhitespace) { return explicit }
        guard let source = ConfigurationCheck.variable(in: environment) else { return nil }
        let value = environment[source.description] ?? ""
        return source == .connectionStringVariable
            ? value : "InstrumentationKey=\(value.trimmingCharacters(in: .whitespaces))"
    }

    private static func batch(_ item: String) -> ExportBatch {
        let now = Timestamp(
            nanosecondsSinceEpoch: UInt64(max(0, Date().timeIntervalSince1970 * 1_000_000)) * 1_000
        )
        return ExportBatch(
            resource: Resource(attributes: ["service.name": .string(Self.message)]),
            records: .logs([
                LogRecord(
                    time: now,
                    severity: .info,
                    body: .string(item),
                    scope: InstrumentationScope(name: Self.message)
                )
            ])
        )
    }

    // MARK: The reply

    private static func finding(
        _ outcome: DeliveryOutcome,
        item: String,
        answers: [WatchedTransport.Answer],
        endpoint: String,
        credential: String?
    ) -> Finding {
        let status = answers.last?.status
        if case .accepted = outcome {
            let last = answers.last?.origin ?? ""
            let detour = answers.count > 1 && !endpoint.hasPrefix(last) ? " by \(last)" : ""
            return .ok(
                "the item was accepted\(detour), status \(status ?? 200): a row of traces will "
                    + "have the message '\(item)'"
            )
        }
        switch (status, credential) {
        case (401, let credential?):
            return .fail(
                "status 401: the token of \(credential) was not accepted",
                "check the identity's tenant and AADAudience, and give it the role \(Self.role) "
                    + "on the resource"
            )
        case (403, let credential?):
            return .fail(
                "status 403: the identity of \(credential) may not send to this resource",
                "give it the role \(Self.role) on the resource, and wait some minutes; if it has "
                    + "it, check the resource's network isolation"
            )
        case (401, nil), (403, nil):
            return .fail(
                "status \(status ?? 0): the resource does not take items with the instrumentation "
                    + "key alone, and no credential is configured",
                "set APPLICATIONINSIGHTS_AUTHENTICATION_STRING=Authorization=AAD where a managed "
                    + "identity has the role \(Self.role), or allow local authentication"
            )
        case (402, _), (439, _):
            return .fail(
                "status \(status ?? 0): the daily cap or quota of the resource is used up",
                "raise the daily cap, or wait until it is reset"
            )
        case (404, _):
            return .fail(
                "status 404: nobody takes telemetry at \(endpoint)",
                "copy IngestionEndpoint from the overview page of the resource"
            )
        default:
            return Self.finding(outcome, status: status, words: answers.last.flatMap(Self.words))
        }
    }

    private static func finding(
        _ outcome: DeliveryOutcome,
        status: Int?,
        words: String?
    ) -> Finding {
        let reason = words.map { ": the service says '\($0)'" } ?? ""
        let check = "check that the instrumentation key is the resource's"
        switch outcome {
        case .accepted:
            return .ok("the item was accepted")
        case .partiallyAccepted, .payloadTooLarge:
            return .fail("status \(status ?? 0): the item was refused\(reason)", check)
        case .refused(_, let explanation):
            return Self.split(
                reason.isEmpty
                    ? explanation : "status \(status ?? 0): the item was refused\(reason)",
                remedy: check
            )
        case .failed(let failure):
            let remedy: String
            switch failure.kind {
            case .network: remedy = "try again, and check the way to the service"
            case .throttled: remedy = "wait, and send less"
            case .server: remedy = "try again later"
            case .authentication, .quota: remedy = "check the resource in the Azure portal"
            }
            return Self.split(failure.explanation + reason, remedy: remedy)
        }
    }

    /// The library's explanations have their remedy behind a semicolon, if they have one.
    private static func split(_ explanation: String, remedy: String) -> Finding {
        let parts = explanation.split(separator: "; ", maxSplits: 1)
        return .fail(
            parts.first.map(String.init) ?? "the item was not accepted",
            parts.count > 1 ? String(parts[1]) : remedy
        )
    }

    /// What the service says about the item, shortened and without anything like a key.
    private static func words(of answer: WatchedTransport.Answer) -> String? {
        guard
            let body = try? JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any],
            let errors = body["errors"] as? [[String: Any]],
            let message = errors.lazy.compactMap({ $0["message"] as? String }).first,
            !message.isEmpty
        else { return nil }
        return String(message.prefix(200))
            .split(whereSeparator: \.isWhitespace)
            .map { $0.count { $0.isHexDigit || $0 == "-" } >= 16 ? "…" : String($0) }
            .joined(separator: " ")
    }
}
