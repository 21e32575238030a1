/// When records are written to offline storage.
///
/// | Durability      | A batch is on disk…                            | What the death of the process costs |
/// | --------------- | ---------------------------------------------- | ----------------------------------- |
/// | ``onFailure``   | once it could not be delivered                 | what waits in memory or is under way |
/// | ``writeAhead``  | before it is sent, until it was accepted        | what ended within the last second    |
///
/// Neither waits for the disk itself before the pipeline stops: what is written survives the death
/// of the process, by `kill -9` or for want of memory, but not that of the machine.
public struct Durability: Hashable, Sendable {
    private enum Value { case onFailure, writeAhead }
    private let value: Value

    /// The name, as it stands in configurations.
    package let name: String

    /// Records are written when they cannot be delivered, or cannot be by the end of the pipeline.
    ///
    /// The default.
    public static let onFailure = Durability(value: .onFailure, name: "onFailure")

    /// Every batch is written before it is sent, and its file is removed once it was accepted.
    ///
    /// A batch that finds all requests to its destination under way is written and left to be sent
    /// from there, so that a slow destination keeps nothing in memory. A batch is closed after half
    /// a second at the latest, whatever ``TelemetryConfiguration/Batching/scheduleDelay`` says, so
    /// that it is on disk within a second. A process that dies loses what ended within that time,
    /// and measurements since the last collection; what the destination had accepted and not yet
    /// confirmed is delivered twice. Where storage cannot be written it is as ``onFailure``.
    /// Without offline storage it has no effect.
    public static let writeAhead = Durability(value: .writeAhead, name: "writeAhead")

    private init(value: Value, name: String) {
        self.value = value
        self.name = name
    }

    /// Reads a name in any case; `nil` if it is none.
    package init?(_ name: some StringProtocol) {
        switch name.lowercased() {
        case "onfailure": self = .onFailure
        case "writeahead": self = .writeAhead
        default: return nil
        }
    }
}

extension TelemetryConfiguration {
    /// How long a batch waits for more, so that writing it ahead is done within a second.
    private static let lingerOfWritingAhead: Duration = .milliseconds(500)

    /// How long a batch waits for more before it is closed.
    func linger(of batching: Batching) -> Duration {
        self.durability == .writeAhead
            ? min(batching.scheduleDelay, Self.lingerOfWritingAhead) : batching.scheduleDelay
    }
}
