import Foundation
import TelemetryEngine
import TelemetryModel

/// Whether what cannot be sent can be kept, and what is.
enum StorageCheck {
    /// Creates and removes what a pipeline would create.
    ///
    /// - Parameters:
    ///   - directory: The directory; `nil` for the default.
    ///   - destination: Whom it would be kept for, if that is known.
    static func finding(_ directory: String?, for destination: Destination?) -> Finding {
        do throws(StorageError) {
            let place = try OfflineStorage.check(
                directory,
                for: destination ?? Destination(name: "azure", identity: "nobody")
            )
            let entries = try OfflineStorage.list(place.directory)
            let owner = directory == nil ? " (this tool's; every program has its own)" : ""
            let what =
                "\(place.directory)\(owner) can be written, "
                + "\(Self.size(place.freeBytes)) free, \(Self.waiting(entries))"
            guard place.freeBytes >= StorageConfiguration().maximumSize else {
                return .warn(what, "make room, or choose another storage directory")
            }
            guard !entries.isEmpty else { return .ok(what) }
            return .ok(what, "`azure-monitor storage send \(place.directory)` sends it")
        } catch {
            let parts = error.message.split(separator: "; ", maxSplits: 1)
            return .fail(
                parts.first.map(String.init) ?? error.message,
                parts.count > 1
                    ? String(parts[1]) : "make room, or choose another storage directory"
            )
        }
    }

    private static func waiting(_ entries: [OfflineStorage.Entry]) -> String {
        guard let oldest = entries.first else { return "nothing waits there" }
        let items = entries.reduce(0) { $0 + $1.items }
        let held = entries.count { $0.isHeld }
        let seconds = Double(oldest.created.nanosecondsSinceEpoch / 1_000_000_000)
        let since = Date(timeIntervalSince1970: seconds).formatted(.iso8601)
        return "\(items) items wait there in \(entries.count) payloads, the oldest since \(since)"
            + (held > 0 ? ", \(held) of them held by a living process" : "")
    }

    private static func size(_ bytes: Int) -> String {
        bytes >= 10 << 30 ? "\(bytes >> 30) GiB" : "\(bytes >> 20) MiB"
    }
}
