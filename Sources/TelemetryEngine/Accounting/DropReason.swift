/// Why a record was lost.
///
/// The set is closed, and the raw values are fit for a metric's label.
public enum DropReason: String, Hashable, Sendable, CaseIterable {
    /// The channel was full when the record came.
    case queueFull
    /// The record could not be mapped or encoded.
    case invalid
    /// The destination refused the item for its size.
    case tooLarge
    /// The destination refused the item for good.
    case rejected
    /// The destination's quota, which its owner set, was used up.
    case quota
    /// Offline storage was full, and the record was the oldest there.
    case evicted
    /// Offline storage kept the record as long, or tried it as often, as it may.
    case expired
    /// Offline storage could not be written.
    case storageFailed
    /// The destination could not be reached for a minute, and offline storage is off.
    case unreachable
    /// The record came after the end of the pipeline, or was not delivered by then and offline
    /// storage is off.
    case shutdown
}
