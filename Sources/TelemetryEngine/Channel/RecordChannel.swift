/// A record that knows what it costs to keep.
package protocol ChargedRecord: Sendable {
    /// What the record costs, in bytes, as far as that can be told in constant time.
    var estimatedCharge: Int { get }

    /// What the record costs, in bytes, counting the text it holds.
    func measuredCharge() -> Int
}

/// The bridge from synchronous producers to the one actor that consumes their records.
///
/// Producers append to an open chunk under a lock. A chunk is as large as an export batch and is
/// closed when it is full, when its oldest record has lingered, when somebody flushes, and when
/// the channel is sealed; only then is the consumer woken. Producers read no clock: the first
/// record into an empty chunk wakes ``runLinger(_:time:)``, which does.
///
/// Overflow: at most ``Configuration/maximumRecords`` records and
/// ``Configuration/maximumBytes`` bytes wait here, open chunk included, whether anybody consumes
/// or not. What does not fit is dropped by ``Configuration/overflow`` and counted. There is no
/// other queue before or behind the channel.
///
/// The consumer's end is an `AsyncSequence` that ends when the channel is sealed and empty, and for
/// no other reason: a cancelled consumer loses nothing, because what it has not taken is still here.
package final class RecordChannel<Record: ChargedRecord>: Sendable {
    private let configuration: ChannelConfiguration
    private let state: Locked<State>

    package init(configuration: ChannelConfiguration) {
        self.configuration = configuration
        self.state = Locked(State())
    }

    // MARK: Producers

    /// Takes a record, or drops by policy and counts; never suspends.
    package func send(_ record: Record) {
        var spent: Record?
        let effects: Effects? = self.state.withLock { state in
            state.counts.offered += 1
            guard !state.isSealed else {
                state.counts.dropped[.shutdown, default: 0] += 1
                return nil
            }
            // Exact only while the consumer is behind: walking the attributes of each record would
            // cost a tenth of recording it, and what is not behind is gone in a moment.
            let charge =
                state.closed.isEmpty ? record.estimatedCharge : record.measuredCharge()
            var evicted: Chunk?
            if !state.hasRoom(for: 1, bytes: charge, within: self.configuration) {
                guard self.configuration.overflow == .dropOldest else {
                    state.counts.dropped[.queueFull, default: 0] += 1
                    return nil
                }
                evicted = state.removeOldest()
                state.counts.dropped[.queueFull, default: 0] += UInt64(evicted?.records.count ?? 0)
            }
            spent = state.append(record, charge: charge)
            let isFull = state.openCount >= self.configuration.chunkSize
            // Nearly always there is nothing to be done, and nothing is allocated to say so.
            guard isFull || evicted != nil || state.openCount == 1 && state.linger != nil else {
                return nil
            }
            let effects = Effects()
            effects.linger = state.linger.take()
            effects.evicted = evicted
            if evicted != nil { effects.finished = state.takeFinishedFlushes() }
            if isFull {
                effects.spent = state.closeOpenChunk(.full)
                effects.delivery = state.deliverToWaitingConsumer()
                effects.room = state.takeRoomyWaiters(within: self.configuration)
            }
            return effects
        }
        // Whatever leaves the state is released here, after the lock: a deinit may log.
        _ = spent
        effects?.perform()
    }

    /// Waits until `count` more records, at most a chunk, certainly fit; returns at once when the
    /// channel is sealed or the task is cancelled.
    ///
    /// A chunk's worth of room is kept in reserve, so that as many producers may wait at once as a
    /// chunk has records.
    package func room(for count: Int) async {
        let id = self.state.withLock { state in
            state.nextWaiterID += 1
            return state.nextWaiterID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let isRoomy = self.state.withLock { state in
                    if state.isSealed || Task.isCancelled
                        || state.hasReserve(for: count, within: self.configuration)
                    {
                        return true
                    }
                    state.roomWaiters.append(
                        RoomWaiter(id: id, count: count, continuation: continuation)
                    )
                    return false
                }
                if isRoomy { continuation.resume() }
            }
        } onCancel: {
            let waiter = self.state.withLock { state in
                let index = state.roomWaiters.firstIndex { $0.id == id }
                return index.map { state.roomWaiters.remove(at: $0) }
            }
            waiter?.continuation.resume()
        }
    }

    // MARK: Consumer

    /// The closed chunks, oldest first.
    ///
    /// There is one consumer.
    package var chunks: Chunks { Chunks(channel: self) }

    /// Takes back a chunk whose records are spent.
    ///
    /// Its records are released one at a time by the producers that fill its slots again: to
    /// release objects on the thread that allocates them spares the allocator a lock.
    package func recycle(_ chunk: consuming Chunk) {
        let isRecyclable = chunk.closing == .full
        let records = chunk.records
        let gates: [Gate] = self.state.withLock { state in
            state.inHand.removeAll { $0 == chunk.position }
            if isRecyclable, state.spare.isEmpty, !state.isSealed {
                state.spare = records
            }
            return state.takeFinishedFlushes()
        }
        for gate in gates { gate.open() }
    }

    fileprivate func next() async -> Chunk? {
        await withCheckedContinuation { continuation in
            let effects: Effects? = self.state.withLock { state in
                precondition(state.consumer == nil, "A record channel has one consumer.")
                var spent: [Record] = []
                if state.closed.isEmpty, state.isOverdue {
                    spent = state.closeOpenChunk(.linger)
                }
                if let chunk = state.takeClosedChunk() {
                    state.inHand.append(chunk.position)
                    let effects = Effects(
                        delivery: Delivery(continuation: continuation, chunk: chunk)
                    )
                    effects.spent = spent
                    effects.room = state.takeRoomyWaiters(within: self.configuration)
                    return effects
                }
                if state.isSealed {
                    return Effects(delivery: Delivery(continuation: continuation, chunk: nil))
                }
                state.consumer = continuation
                return nil
            }
            effects?.perform()
        }
    }

    // MARK: Closing chunks

    /// Closes what lingers, until the channel is sealed or the task cancelled.
    package func runLinger(_ duration: Duration, time: TimeSource) async {
        while await self.firstRecordArrived() {
            do {
                try await time.sleep(duration)
            } catch {
                return
            }
            self.close(.linger)
        }
    }

    /// Hands the open chunk to the consumer, however few records it has.
    package func flush() {
        self.close(.flush)
    }

    /// Hands the open chunk over, and waits until the consumer is done with every record that was
    /// sent before the call, or the task is cancelled.
    package func flushAndWait() async {
        let gate = Gate()
        let (isDone, effects): (Bool, Effects) = self.state.withLock { state in
            // In one step, or a record of a moment later would be waited for and not be flushed.
            let effects = Effects()
            effects.spent = state.closeOpenChunk(.flush)
            let target = state.takenRecords + UInt64(state.recordCount)
            effects.delivery = state.deliverToWaitingConsumer()
            effects.room = state.takeRoomyWaiters(within: self.configuration)
            guard state.finishedRecords < target else { return (true, effects) }
            state.flushes.append((target, gate))
            return (false, effects)
        }
        effects.perform()
        if !isDone { await gate.wait() }
        self.state.withLock { $0.flushes.removeAll { $0.gate === gate } }
    }

    /// Ends the channel: what waits is delivered, what comes later is dropped and counted.
    package func seal() {
        let (effects, spent): (Effects, [Record]) = self.state.withLock { state in
            guard !state.isSealed else { return (Effects(), []) }
            state.isSealed = true
            let effects = Effects()
            effects.spent = state.closeOpenChunk(.sealed)
            effects.linger = state.linger.take()
            effects.hasRecord = false
            effects.delivery = state.deliverToWaitingConsumer()
            if effects.delivery == nil, let consumer = state.consumer.take() {
                effects.delivery = Delivery(continuation: consumer, chunk: nil)
            }
            effects.room = state.roomWaiters
            state.roomWaiters = []
            // The open chunk is empty now, but its slots may hold spent records, too.
            let spent = state.spare + state.open
            state.spare = []
            state.open = []
            return (effects, spent)
        }
        _ = spent
        effects.perform()
    }

    /// Gives up what still waits in a sealed channel; returns how many records that were.
    package func abandon(_ reason: DropReason) -> Int {
        let (abandoned, effects): ([Chunk], Effects) = self.state.withLock { state in
            let effects = Effects()
            effects.spent = state.closeOpenChunk(.sealed)
            var chunks: [Chunk] = []
            while let chunk = state.takeClosedChunk() {
                state.counts.dropped[reason, default: 0] += UInt64(chunk.records.count)
                chunks.append(chunk)
            }
            effects.finished = state.takeFinishedFlushes()
            return (chunks, effects)
        }
        effects.perform()
        return abandoned.reduce(0) { $0 + $1.records.count }
    }

    /// How many flushes wait for the consumer.
    package var flushCount: Int { self.state.withLock { $0.flushes.count } }

    /// What came in, what was lost, and what waits.
    package var counts: ChannelCounts {
        self.state.withLock { state in
            var counts = state.counts
            counts.waiting = UInt64(state.recordCount)
            counts.waitingBytes = UInt64(state.byteCount)
            return counts
        }
    }

    private func close(_ closing: ChunkClosing) {
        let (effects, spare): (Effects, [Record]) = self.state.withLock { state in
            if closing == .linger, !state.closed.isEmpty {
                // The consumer is behind; a smaller chunk would not reach it any sooner.
                state.isOverdue = state.openCount > 0
                return (Effects(), [])
            }
            let spare = state.spare
            state.spare = []
            let spent = state.closeOpenChunk(closing)
            let effects = Effects(delivery: state.deliverToWaitingConsumer())
            effects.spent = spent
            effects.room = state.takeRoomyWaiters(within: self.configuration)
            return (effects, spare)
        }
        _ = spare
        effects.perform()
    }

    /// Suspends until the open chunk has a record; `false` when the channel is sealed.
    private func firstRecordArrived() async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
                let answer: Bool? = self.state.withLock { state in
                    if state.isSealed || Task.isCancelled { return false }
                    if state.openCount > 0 { return true }
                    state.linger = continuation
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            self.state.withLock { $0.linger.take() }?.resume(returning: false)
        }
    }
}

/// How large a channel is, and what it does when it is full.
package struct ChannelConfiguration: Sendable {
    /// The number of records in a full chunk.
    package var chunkSize: Int
    /// The most records that may wait.
    package var maximumRecords: Int
    /// The most bytes that may wait.
    package var maximumBytes: Int
    /// What happens beyond that.
    package var overflow: OverflowPolicy

    package init(
        chunkSize: Int = 512,
        maximumRecords: Int = 8_192,
        maximumBytes: Int = 16 << 20,
        overflow: OverflowPolicy = .dropNewest
    ) {
        self.chunkSize = Swift.max(1, Swift.min(chunkSize, maximumRecords))
        self.maximumRecords = Swift.max(1, maximumRecords)
        self.maximumBytes = Swift.max(1, maximumBytes)
        self.overflow = overflow
    }
}

/// Why a chunk went to the consumer.
package enum ChunkClosing: Sendable, Hashable {
    /// It holds as many records as a batch.
    case full
    /// Its oldest record had waited long enough.
    case linger
    /// Somebody flushes.
    case flush
    /// The channel was sealed.
    case sealed
}

/// What a channel has seen.
package struct ChannelCounts: Sendable, Hashable {
    /// Every record that was sent, dropped ones included.
    package var offered: UInt64 = 0
    /// The records that were lost here.
    package var dropped: [DropReason: UInt64] = [:]
    /// The records that wait.
    package var waiting: UInt64 = 0
    /// What they cost, in bytes.
    package var waitingBytes: UInt64 = 0
}

extension RecordChannel {
    /// Records that travel together.
    package struct Chunk: Sendable {
        /// The records, oldest first; never empty.
        package var records: [Record]
        /// Why the chunk was closed.
        package var closing: ChunkClosing
        /// What the records cost, in bytes.
        var charge: Int
        /// How many records had left the channel before these.
        var position: UInt64 = 0
        /// Spent records that go where the chunk goes.
        var spent: [Record] = []
    }

    /// The consumer's end of a channel.
    package struct Chunks: AsyncSequence, AsyncIteratorProtocol {
        fileprivate let channel: RecordChannel

        package func makeAsyncIterator() -> Chunks { self }

        package func next() async -> Chunk? { await self.channel.next() }

        package func next(isolation actor: isolated (any Actor)?) async -> Chunk? {
            await self.channel.next()
        }
    }
}
