import TelemetryEngine
import TelemetryTransport

/// The memory that a batch is written and compressed in; used by one at a time.
final class EncodingWorkspace: @unchecked Sendable {
    // Unchecked: whoever took it has it alone until it is given back.
    var buffer = ByteBuffer()
    var compressor = Gzip.Compressor(level: 1)
}

/// Lends memory to those who encode, so that each batch finds what one before it has used.
///
/// There are as many as encode at once, each as large as a body and some 260 KB for compressing.
final class EncodingWorkspaces: Sendable {
    /// What a body needs that is as large as bodies may be, and its next record.
    private static let keptBuffer = EnvelopeEncoder.maximumBody + EnvelopeEncoder.maximumSharedItem

    private let idle = Locked<[EncodingWorkspace]>([])

    /// Takes one, which is to be given back.
    func take() -> EncodingWorkspace {
        self.idle.withLock { $0.popLast() } ?? EncodingWorkspace()
    }

    /// Gives one back.
    func giveBack(_ workspace: EncodingWorkspace) {
        workspace.buffer.reset(keeping: Self.keptBuffer)
        self.idle.withLock { $0.append(workspace) }
    }
}
