internal import DequeModule

extension RecordChannel {
    /// A producer that waits until so many records fit.
    struct RoomWaiter {
        let id: UInt64
        let count: Int
        let continuation: CheckedContinuation<Void, Never>
    }

    /// A chunk for a consumer that waits, or the end.
    struct Delivery {
        let continuation: CheckedContinuation<Chunk?, Never>
        let chunk: Chunk?
    }

    /// What is to be done once the lock is released.
    ///
    /// A class, so that having nothing to do costs nothing.
    final class Effects {
        var evicted: Chunk?
        /// Records that are released when this is, after the lock: a deinit may log.
        var spent: [Record] = []
        /// The flushes that wait for nothing any more.
        var finished: [Gate] = []

        var delivery: Delivery?
        var linger: CheckedContinuation<Bool, Never>?
        /// Whether ``linger`` is woken for a record, and not for the end.
        var hasRecord = true
        var room: [RoomWaiter] = []

        init(delivery: Delivery? = nil) {
            self.delivery = delivery
        }

        func perform() {
            for gate in self.finished { gate.open() }
            self.linger?.resume(returning: self.hasRecord)
            if let delivery = self.delivery {
                delivery.continuation.resume(returning: delivery.chunk)
            }
            for waiter in self.room { waiter.continuation.resume() }
        }
    }

    /// What the lock guards.
    struct State {
        /// The slots of the open chunk: `openCount` records, then spent ones of an earlier chunk.
        var open: [Record] = []
        var openCount = 0
        var openCharge = 0
        var closed: Deque<Chunk> = []
        /// A spent chunk whose slots will be the next open chunk's.
        var spare: [Record] = []
        var recordCount = 0
        var byteCount = 0
        var isSealed = false
        /// The open chunk has lingered while the consumer was behind.
        var isOverdue = false
        var counts = ChannelCounts()
        var consumer: CheckedContinuation<Chunk?, Never>?
        var linger: CheckedContinuation<Bool, Never>?
        var roomWaiters: [RoomWaiter] = []
        var nextWaiterID: UInt64 = 0
        /// The records that left the channel, by whatever way.
        var takenRecords: UInt64 = 0
        /// The positions of the chunks that the consumer works on: one, or none.
        var inHand: [UInt64] = []
        var flushes: [(target: UInt64, gate: Gate)] = []

        /// How many records, counted from the first one ever, nobody works on any more.
        ///
        /// They leave in order, by whatever way, so this is where the consumer's oldest chunk
        /// begins: what was evicted behind that chunk does not make the chunk finished.
        var finishedRecords: UInt64 { self.inHand.min() ?? self.takenRecords }

        func hasRoom(for count: Int, bytes: Int, within limits: ChannelConfiguration) -> Bool {
            // One record always fits, however large: it must be able to leave.
            self.recordCount == 0
                || self.recordCount + count <= limits.maximumRecords
                    && self.byteCount + bytes <= limits.maximumBytes
        }

        func hasReserve(for count: Int, within limits: ChannelConfiguration) -> Bool {
            let reserve = Swift.min(limits.chunkSize, limits.maximumRecords / 2)
            return self.recordCount + count + reserve <= limits.maximumRecords
                && self.byteCount <= limits.maximumBytes / 2 || self.recordCount == 0
        }

        /// Puts a record into the next slot and returns the spent one that was there.
        mutating func append(_ record: Record, charge: Int) -> Record? {
            var spent: Record?
            if self.openCount < self.open.count {
                // Swapped: to copy would count references up and down.
                var slot = record
                swap(&self.open[self.openCount], &slot)
                spent = slot
            } else {
                self.open.append(record)
            }
            self.openCount += 1
            self.openCharge += charge
            self.recordCount += 1
            self.byteCount += charge
            return spent
        }

        /// Closes the open chunk; returns spent records, which must be released after the lock.
        mutating func closeOpenChunk(_ closing: ChunkClosing) -> [Record] {
            self.isOverdue = false
            guard self.openCount > 0 else { return [] }
            var spent: [Record] = []
            if self.openCount < self.open.count {
                spent = Array(self.open[self.openCount...])
                self.open.removeLast(spent.count)
            }
            self.closed.append(
                Chunk(records: self.open, closing: closing, charge: self.openCharge)
            )
            self.open = self.spare
            self.spare = []
            self.openCount = 0
            self.openCharge = 0
            return spent
        }

        mutating func takeClosedChunk() -> Chunk? {
            guard var chunk = self.closed.popFirst() else { return nil }
            chunk.position = self.takenRecords
            self.recordCount -= chunk.records.count
            self.byteCount -= chunk.charge
            self.takenRecords += UInt64(chunk.records.count)
            return chunk
        }

        mutating func removeOldest() -> Chunk? {
            // The channel is full, so hardly a slot of the open chunk is a spent one's.
            let spent = self.closed.isEmpty ? self.closeOpenChunk(.full) : []
            guard var chunk = self.takeClosedChunk() else { return nil }
            chunk.spent = spent
            return chunk
        }

        mutating func takeFinishedFlushes() -> [Gate] {
            guard !self.flushes.isEmpty else { return [] }
            let finished = self.finishedRecords
            let gates = self.flushes.filter { $0.target <= finished }.map(\.gate)
            self.flushes.removeAll { $0.target <= finished }
            return gates
        }

        mutating func deliverToWaitingConsumer() -> Delivery? {
            guard self.consumer != nil, let chunk = self.takeClosedChunk() else { return nil }
            self.inHand.append(chunk.position)
            return self.consumer.take().map { Delivery(continuation: $0, chunk: chunk) }
        }

        mutating func takeRoomyWaiters(within limits: ChannelConfiguration) -> [RoomWaiter] {
            guard !self.roomWaiters.isEmpty else { return [] }
            // First come, first served, and no room is promised twice.
            var promised = 0
            var roomy: [RoomWaiter] = []
            for waiter in self.roomWaiters {
                promised += waiter.count
                guard self.hasReserve(for: promised, within: limits) else { break }
                roomy.append(waiter)
            }
            self.roomWaiters.removeFirst(roomy.count)
            return roomy
        }
    }
}
