import TelemetryEngine
import TelemetryTransport

/// Compressors that are kept for the next batch: their memory costs more than a small body.
final class CompressorPool: Sendable {
    /// More than that are rarely at work at once.
    private static let capacity = 2

    /// A compressor, which whoever took the holder out of the pool has alone.
    private final class Holder: @unchecked Sendable {
        // Unchecked: a holder is in the pool, or with one task.
        var compressor = Gzip.Compressor(level: 1)
    }

    private let idle = Locked<[Holder]>([])

    /// Compresses bodies, one after the other.
    func compress(_ bodies: [[UInt8]]) -> [[UInt8]] {
        let holder = self.idle.withLock { $0.popLast() } ?? Holder()
        let compressed = bodies.map { holder.compressor.compress($0) }
        self.idle.withLock { idle in
            if idle.count < Self.capacity { idle.append(holder) }
        }
        return compressed
    }
}
