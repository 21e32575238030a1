package import TelemetryModel

/// How the coordinator delivers.
package struct ExportConfiguration: Sendable {
    /// The most batches under way to one destination at once.
    package var maximumRequests = 4
    /// The most time one request may take; 30 seconds where nothing is said.
    package var requestTimeouts: [Signal: Duration] = [:]
    /// Whether records are kept, not dropped, while the quota of the destination is used up.
    package var storesOverQuota = false
    /// When a batch goes to offline storage.
    package var durability = Durability.onFailure
    /// The most seconds between the start and the first look into offline storage.
    package var redeliveryStartSpread = 2.0
    /// Where the engine says what is wrong.
    package var diagnostics = Diagnostics(level: .off)

    package init() {}
}
