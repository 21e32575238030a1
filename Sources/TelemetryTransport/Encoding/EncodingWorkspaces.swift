/// The memory that a batch is written and compressed in; used by one at a time.
package final class EncodingWorkspace: @unchecked Sendable {
    // Unchecked: whoever took it has it alone until it is given back.

    /// What is written.
    package var buffer = WireBuffer()

    /// What compresses it; takes no memory until it is used.
    package var compressor = Gzip.Compressor(level: 1)
}

/// Lends memory to those who encode, so that each batch finds what one before it has used.
///
/// The pages of a fresh buffer cost about as much as writing the records into it. There are as many
/// workspaces as encode at once, each as large as a body and some 260 KB for compressing.
package final class EncodingWorkspaces: Sendable {
    private let idle = Locked<[EncodingWorkspace]>([])
    private let keptCapacity: Int

    /// Creates a lender without any memory.
    ///
    /// - Parameter capacity: The most bytes of a buffer that are kept for the next batch.
    package init(keeping capacity: Int) {
        self.keptCapacity = capacity
    }

    /// Takes one, which is to be given back.
    package func take() -> EncodingWorkspace {
        self.idle.withLock { $0.popLast() } ?? EncodingWorkspace()
    }

    /// Gives one back.
    package func giveBack(_ workspace: EncodingWorkspace) {
        workspace.buffer.reset(keeping: self.keptCapacity)
        self.idle.withLock { $0.append(workspace) }
    }
}
