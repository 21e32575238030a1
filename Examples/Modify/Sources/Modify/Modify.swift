import AzureMonitor
import Logging
import Tracing

/// Telemetry that is changed on its way out: completed, renamed, masked, and left out.
///
///     export APPLICATIONINSIGHTS_CONNECTION_STRING='InstrumentationKey=…;IngestionEndpoint=…'
///     export OTEL_SERVICE_NAME=shop
///     swift run Modify
@main
struct Modify {
    static func main() async throws {
        var configuration = AzureMonitor.Configuration()
        Self.change(&configuration)

        let monitor = try AzureMonitor.bootstrap(configuration)
        await monitor.run {
            let ann = Visitor(account: "ann", cookie: "c-17", address: "203.0.113.7")
            await Visitor.$current.withValue(ann) {
                await Self.serve("GET /orders/7")
                await Self.serve("POST /payments")
            }
            await Self.serve("GET /health")

            // What was left out is not lost: it is counted as filtered, and in no account.
            let health = await monitor.forceFlush()
            print("\(health.total.exported) records sent, \(health.filtered) left out")
        }
    }

    static func change(_ configuration: inout AzureMonitor.Configuration) {
        // A custom dimension, in whatever is sent.
        configuration.traces.modify { $0.attributes["shop.region"] = "eu" }
        configuration.logs.modify { $0.attributes["shop.region"] = "eu" }

        // User and client of a request. Who that is, is known where the request is served, hence at
        // the start of its span; whatever happens inside of the request inherits it.
        configuration.traces.modifyAtStart { span in
            guard let visitor = Visitor.current else { return }
            span.attributes["enduser.id"] = visitor.account  // user_AuthenticatedId
            span.attributes["enduser.pseudo.id"] = visitor.cookie  // user_Id
            span.attributes["microsoft.client.ip"] = visitor.address  // client_IP
        }

        // A name for all orders, instead of one for each.
        configuration.traces.modify { span in
            if span.name.hasPrefix("GET /orders/") { span.name = "GET /orders/{id}" }
        }

        // Masks: an attribute of a span, and whatever looks like a card number in a message.
        configuration.traces.modify { span in
            if case .string(let card)? = span.attributes["card.number"] {
                span.attributes["card.number"] = .string(Self.masking(card))
            }
        }
        configuration.logs.modify { record in
            if case .string(let message)? = record.body {
                record.body = .string(Self.masking(message))
            }
        }

        // Nobody wants to see these.
        configuration.traces.drop { $0.name == "GET /health" }
        configuration.logs.drop { $0.scope.name == "talkative" && $0.severity < .warning }
    }

    /// Leaves the last four of the digits of a card number.
    static func masking(_ text: String) -> String {
        text.replacing(/[0-9]{8,15}([0-9]{4})/) { "****\($0.output.1)" }
    }

    /// Stands for a server, whose middleware starts a span for each request.
    static func serve(_ request: String) async {
        await withSpan(request, ofKind: .server) { _ in
            switch request {
            case "POST /payments":
                await withSpan("charge card", ofKind: .client) { span in
                    span.attributes["peer.service"] = "bank"
                    span.attributes["card.number"] = "4111111111111111"
                    await Self.waitForOthers()
                }
                Logger(label: "payments").info("charged 4111111111111111")
            case "GET /health":
                break
            default:
                Logger(label: "talkative").info("looking for it")
                await Self.waitForOthers()
            }
        }
    }

    /// Stands for a call to another service.
    static func waitForOthers() async {
        try? await Task.sleep(for: .milliseconds(20))
    }
}

/// Whoever sent a request.
struct Visitor: Sendable {
    /// The name that somebody signed in with.
    var account: String
    /// What tells one browser from another, and nothing about its user.
    var cookie: String
    /// The address of the client.
    var address: String

    /// The visitor whose request the task serves.
    @TaskLocal static var current: Visitor?
}
