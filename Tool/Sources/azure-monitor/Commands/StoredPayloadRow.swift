import Foundation
import TelemetryEngine
import TelemetryModel

/// A payload of offline storage as it is shown.
struct StoredPayloadRow {
    private let entry: OfflineStorage.Entry

    init(_ entry: OfflineStorage.Entry) {
        self.entry = entry
    }

    /// One object with the members that the command line's contract names.
    var json: String {
        let members = [
            "\"file\":\(JSONLiteral.text(self.entry.file))",
            "\"endpoint\":\(JSONLiteral.text(self.endpoint))",
            "\"signal\":\(JSONLiteral.text(self.entry.signal.rawValue))",
            "\"items\":\(self.entry.items)",
            "\"bytes\":\(self.entry.bytes)",
            "\"created\":\(JSONLiteral.text(self.created))",
            "\"attempts\":\(self.entry.attempts)",
            "\"held\":\(self.entry.isHeld)",
        ]
        return "{\(members.joined(separator: ","))}"
    }

    /// The same for people.
    var line: String {
        [
            self.entry.file, self.endpoint, self.entry.signal.rawValue,
            "\(self.entry.items) items", "\(self.entry.bytes) bytes", self.created,
            "\(self.entry.attempts) attempts", self.entry.isHeld ? "held" : "free",
        ].joined(separator: "  ")
    }

    /// The address, without what only tells keys apart and without a user name or password, should
    /// somebody else's exporter put one there.
    private var endpoint: String {
        let text = self.entry.endpoint
        let address = text[..<(text.lastIndex(of: "#") ?? text.endIndex)]
        guard let scheme = address.range(of: "://"),
            let host = address[scheme.upperBound...].prefix(while: { $0 != "/" })
                .lastIndex(of: "@")
        else { return String(address) }
        return String(address[..<scheme.upperBound] + address[host...].dropFirst())
    }

    /// When it was stored: UTC with six fraction digits, as times are everywhere in the tool.
    private var created: String {
        let microseconds = self.entry.created.nanosecondsSinceEpoch / 1_000
        let second = Date(timeIntervalSince1970: Double(microseconds / 1_000_000))
        let fraction = String(microseconds % 1_000_000)
        let zeros = String(repeating: "0", count: 6 - fraction.count)
        return "\(second.formatted(.iso8601).dropLast()).\(zeros)\(fraction)Z"
    }
}
