package import Synchronization

/// Counts what we hold of libcurl's, so that a test can see that nothing is left.
package final class HandleLedger: Sendable {
    /// Easy handles, in use or waiting for it.
    package let easyHandles = Atomic<Int>(0)

    /// Lists of header fields.
    package let headerLists = Atomic<Int>(0)

    /// Transfers under way.
    package let transfers = Atomic<Int>(0)

    /// Multi handles.
    package let multiHandles = Atomic<Int>(0)
}
