/// The account of one destination.
///
/// Every record is accounted for exactly once:
/// `accepted = exported + stored + dropped + pending`, and `pending` is 0 after shutdown. A span
/// with its events is one record; a metric point is one. A batch that is just being handed from its
/// queue to the destination's lane is in no sum for that moment.
public struct DeliveryBooks: Sendable, Hashable {
    /// The records that this pipeline handed over for this destination, those for which there was
    /// no room included; what a sampler or processor turned away, or the destination's exporter
    /// leaves out by design, is not.
    public var accepted: UInt64 = 0

    /// The records that the destination accepted.
    public var exported: UInt64 = 0

    /// The records of this pipeline that lie in offline storage, those included that are being
    /// sent from there.
    public var stored: UInt64 = 0

    /// The records that were lost, by reason.
    public var dropped: [DropReason: UInt64] = [:]

    /// The records of other pipelines, mostly of earlier processes, that were delivered from
    /// offline storage; they are in none of the other sums.
    public var redelivered: UInt64 = 0

    /// The items (envelopes) that the destination accepted, those of ``redelivered`` not counted.
    public var items: UInt64 = 0

    /// Creates empty books.
    package init() {}

    /// The records on their way.
    public var pending: UInt64 {
        let settled = self.exported + self.stored + self.droppedCount
        return self.accepted > settled ? self.accepted - settled : 0
    }

    /// The records that were lost, whatever the reason.
    public var droppedCount: UInt64 { self.dropped.values.reduce(0, +) }

    /// The records whose fate is known.
    package var settled: UInt64 { self.exported + self.stored + self.droppedCount }

    package mutating func drop(_ records: Int, _ reason: DropReason) {
        guard records > 0 else { return }
        self.dropped[reason, default: 0] += UInt64(records)
    }

    package mutating func add(lost counts: [DropReason: UInt64]) {
        for (reason, count) in counts where count > 0 {
            self.accepted += count
            self.dropped[reason, default: 0] += count
        }
    }

    /// Adds the sums of another account.
    package static func + (lhs: DeliveryBooks, rhs: DeliveryBooks) -> DeliveryBooks {
        var sum = lhs
        sum.accepted += rhs.accepted
        sum.exported += rhs.exported
        sum.stored += rhs.stored
        sum.dropped.merge(rhs.dropped, uniquingKeysWith: +)
        sum.redelivered += rhs.redelivered
        sum.items += rhs.items
        return sum
    }
}
