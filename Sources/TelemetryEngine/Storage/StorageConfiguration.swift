/// How offline storage keeps what could not be sent.
public struct StorageConfiguration: Hashable, Sendable {
    /// The directory below which payloads are kept, one folder for each destination.
    ///
    /// It may have any mode and is created, with its parents, when something is first stored; a
    /// symbolic link is refused. What is created below it is open to nobody else. By default it is
    /// a directory of this program and user in `$XDG_STATE_HOME` or `~/.local/state` (on Apple
    /// platforms `~/Library/Caches`), or in the directory for temporary files where none of them
    /// can be written.
    public var directory: String?

    /// The most bytes that a destination's folder may hold; the default is 50 MiB.
    ///
    /// What comes beyond makes the oldest payloads go, counted as `evicted`.
    public var maximumSize = 50 << 20

    /// How long a payload is kept; the default is 48 hours.
    ///
    /// Older ones go, counted as `expired`.
    public var retention: Duration = .seconds(48 * 3_600)

    /// How often a payload may be refused while others are accepted; the default is 50.
    ///
    /// After that it goes, counted as `expired`.
    public var maximumAttempts = 50

    /// Creates a configuration of defaults.
    public init() {}
}
