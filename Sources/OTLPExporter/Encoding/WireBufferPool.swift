import TelemetryEngine

/// Keeps the buffer of one encoding for the next.
///
/// The pages of a fresh buffer cost about as much as writing the records into it.
final class WireBufferPool: Sendable {
    /// The most memory that is kept.
    private static let maximumCapacity = 1 << 20

    private final class Holder: @unchecked Sendable {
        // Unchecked: a holder is in the pool, or with one task.
        var buffer: WireBuffer?

        init(_ buffer: consuming WireBuffer) {
            self.buffer = consume buffer
        }
    }

    private let idle = Locked<Holder?>(nil)

    /// Takes the buffer that is kept, emptied, or a new one with room for so many bytes.
    func take(capacity: Int) -> WireBuffer {
        let holder = self.idle.withLock { $0.take() }
        guard var buffer = holder?.buffer.take() else { return WireBuffer(capacity: capacity) }
        buffer.truncate(to: 0)
        return buffer
    }

    /// Keeps a buffer, unless it is too large; of several the last.
    func put(_ buffer: consuming WireBuffer) {
        guard buffer.capacity <= Self.maximumCapacity else { return }
        let holder = Holder(buffer)
        let former = self.idle.withLock { idle in
            let former = idle
            idle = holder
            return former
        }
        // Its memory is freed here, not while the lock is held.
        _ = consume former
    }
}
