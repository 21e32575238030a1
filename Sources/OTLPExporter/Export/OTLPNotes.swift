package import TelemetryEngine
import TelemetryModel

/// Says what servers say about requests that they took: each text once.
package final class OTLPNotes: Sendable {
    /// Whoever says more different things than that repeats himself.
    private static let capacity = 64

    private let name: String
    private let diagnostics: Diagnostics
    private let said = Locked<Set<String>>([])

    /// Creates notes about a destination.
    package init(destination name: String, diagnostics: Diagnostics) {
        self.name = name
        self.diagnostics = diagnostics
    }

    /// A request was taken, though perhaps not all of it.
    func took(_ reply: OTLPReply, signal: Signal) {
        guard reply.rejected > 0 || !reply.message.isEmpty else { return }
        let text = reply.message.isEmpty ? "it does not say why" : reply.message
        let number = self.said.withLock { said -> Int? in
            let key = reply.rejected > 0 ? "\(signal.rawValue) \(text)" : text
            guard said.count < Self.capacity, said.insert(key).inserted else { return nil }
            return said.count
        }
        guard let number else { return }
        guard reply.rejected > 0 else {
            self.diagnostics.report(
                .warning,
                "export.\(self.name).server-warning.\(number)",
                text
            )
            return
        }
        self.diagnostics.report(
            .error,
            "export.\(self.name).partial-success.\(number)",
            "\(reply.rejected) \(signal.rawValue) of a request are lost, the server refused them: "
                + "\(text)"
        )
    }
}
