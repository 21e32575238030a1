private import Synchronization
internal import TelemetryModel

extension InstrumentRegistry {
    /// One instrument's part of a collection.
    struct CollectionTask: Sendable {
        let instrument: Instrument
        let position: Int
        let seriesCount: Int
        let overflow: MetricCell?
        var departed: [MetricCell] = []
    }

    private struct InstrumentKey: Hashable, Sendable {
        let kind: InstrumentKind
        let label: String
    }

    /// An instrument and its series, whose positions agree.
    private struct Entry: Sendable {
        var key: InstrumentKey
        var instrument: Instrument
        var cells: [MetricCell] = []
        var references: [Int] = []
        var overflow: MetricCell?
    }

    private struct SeriesPosition: Sendable {
        let entry: Int
        let series: Int
    }

    /// Which series exist, and their cells: what the lock guards.
    struct State: Sendable {
        /// How many cells are copied at a time for a collection, while callers wait.
        private static let collectionStep = 256
        private static let maximumNotices = 100

        private let configuration: Configuration
        private let faults: MeasurementFaults
        private var series: [SeriesKey: SeriesPosition] = [:]
        private var instruments: [InstrumentKey: Int] = [:]
        private var entries: [Entry] = []
        private var vacantEntries: [Int] = []
        private var kinds: [String: Set<InstrumentKind>] = [:]
        private var destroyed: Set<SeriesKey> = []
        private var lastSeriesID: UInt64 = 0
        var counts = Counts()
        var notices: [Notice] = []

        init(configuration: Configuration, faults: MeasurementFaults) {
            self.configuration = configuration
            self.faults = faults
        }

        // MARK: Making

        @inline(__always)
        mutating func find(_ key: SeriesKey) -> MetricCell? {
            guard let position = self.series[key] else { return nil }
            self.entries[position.entry].references[position.series] &+= 1
            return self.entries[position.entry].cells[position.series]
        }

        mutating func findOrMake(_ key: SeriesKey) -> MetricCell? {
            guard let entry = self.findOrMakeEntry(key) else {
                self.counts.refused += 1
                return nil
            }
            let instrument = self.entries[entry].instrument
            if case .dropped = instrument.aggregation { return nil }
            var key = key
            if !instrument.attributes.isEverything || key.hasDuplicates {
                key = key.selecting(instrument.attributes)
                if let cell = self.find(key) { return cell }
            }
            return self.makeCell(key, entry: entry)
        }

        private mutating func findOrMakeEntry(_ key: SeriesKey) -> Int? {
            let instrumentKey = InstrumentKey(kind: key.kind, label: key.label)
            if let entry = self.instruments[instrumentKey] { return entry }
            if let limit = self.configuration.instrumentLimit, self.instruments.count >= limit {
                if self.counts.refused == 0 { self.note(.instrumentLimitReached) }
                return nil
            }
            let made = Entry(
                key: instrumentKey,
                instrument: Instrument(
                    kind: key.kind,
                    label: key.label,
                    views: self.configuration.views,
                    histograms: self.configuration.histogramAggregation
                )
            )
            let position: Int
            if let vacant = self.vacantEntries.popLast() {
                position = vacant
                self.entries[vacant] = made
            } else {
                position = self.entries.count
                self.entries.append(made)
            }
            self.instruments[instrumentKey] = position
            self.counts.instruments += 1
            self.noteKind(instrumentKey)
            return position
        }

        private mutating func noteKind(_ key: InstrumentKey) {
            self.kinds[key.label, default: []].insert(key.kind)
            guard let kinds = self.kinds[key.label], kinds.count == 2 else { return }
            // A third kind is not another conflict.
            self.counts.conflicts += 1
            self.note(.conflict(label: key.label))
        }

        private mutating func note(_ notice: Notice) {
            // Nobody need read them: a hundred say as much as a thousand.
            if self.notices.count < Self.maximumNotices { self.notices.append(notice) }
        }

        private mutating func makeCell(_ key: SeriesKey, entry: Int) -> MetricCell? {
            // One of the series is kept for overflow.
            if let limit = self.configuration.cardinalityLimit,
                self.entries[entry].cells.count >= limit - 1
            {
                return self.overflowCell(entry: entry)
            }
            let identity = self.makeIdentity(key, attributes: key.attributes)
            let instrument = self.entries[entry].instrument
            guard let cell = instrument.makeCell(identity, faults: self.faults) else { return nil }
            self.series[key] = SeriesPosition(
                entry: entry,
                series: self.entries[entry].cells.count
            )
            self.entries[entry].cells.append(cell)
            self.entries[entry].references.append(1)
            self.counts.series += 1
            return cell
        }

        private mutating func overflowCell(entry: Int) -> MetricCell? {
            self.counts.overflows += 1
            if let cell = self.entries[entry].overflow { return cell }
            let key = self.entries[entry].key
            let identity = self.makeIdentity(
                SeriesKey(kind: key.kind, label: key.label, dimensions: []),
                attributes: ["otel.metric.overflow": true],
                isOverflow: true
            )
            let instrument = self.entries[entry].instrument
            let cell = instrument.makeCell(identity, faults: self.faults)
            self.entries[entry].overflow = cell
            self.counts.series += 1
            self.note(.cardinalityLimitReached(label: key.label))
            return cell
        }

        private mutating func makeIdentity(
            _ key: SeriesKey,
            attributes: Attributes,
            isOverflow: Bool = false
        ) -> SeriesIdentity {
            self.lastSeriesID += 1
            return SeriesIdentity(
                key: key,
                id: self.lastSeriesID,
                attributes: attributes,
                isOverflow: isOverflow
            )
        }

        // MARK: Destroying

        mutating func destroy(_ cell: MetricCell) {
            let key = cell.identity.key
            guard let position = self.series[key],
                self.entries[position.entry].cells[position.series] === cell
            else { return }
            self.entries[position.entry].references[position.series] -= 1
            self.destroyed.insert(key)
        }

        /// Removes a destroyed series that nobody uses, and returns its cell.
        private mutating func removeIfUnused(_ key: SeriesKey) -> (entry: Int, cell: MetricCell)? {
            guard let position = self.series[key] else { return nil }
            let entry = position.entry
            // Programs that make an instrument for each measurement do not destroy each of them.
            guard
                self.entries[entry].references[position.series] <= 0
                    || isKnownUniquelyReferenced(&self.entries[entry].cells[position.series])
            else { return nil }
            // What its last holder measured must be seen when it is drained.
            atomicMemoryFence(ordering: .acquiring)
            self.series[key] = nil
            self.destroyed.remove(key)
            self.counts.series -= 1
            let cell = self.entries[entry].cells[position.series]
            // The last series takes the place of the one that goes.
            let last = self.entries[entry].cells.removeLast()
            let references = self.entries[entry].references.removeLast()
            if position.series < self.entries[entry].cells.count {
                self.entries[entry].cells[position.series] = last
                self.entries[entry].references[position.series] = references
                self.series[last.identity.key] = position
            }
            return (entry, cell)
        }

        private mutating func removeIfEmpty(entry: Int) {
            let key = self.entries[entry].key
            guard self.entries[entry].cells.isEmpty, self.entries[entry].overflow == nil,
                self.instruments[key] == entry
            else { return }
            self.instruments[key] = nil
            self.vacantEntries.append(entry)
            self.counts.instruments -= 1
            self.kinds[key.label]?.remove(key.kind)
            if self.kinds[key.label]?.isEmpty == true { self.kinds[key.label] = nil }
        }

        // MARK: Collecting

        mutating func beginCollection() -> [CollectionTask] {
            var departed: [Int: [MetricCell]] = [:]
            for key in self.destroyed {
                guard let (entry, cell) = self.removeIfUnused(key) else { continue }
                departed[entry, default: []].append(cell)
            }
            var tasks: [CollectionTask] = []
            tasks.reserveCapacity(self.instruments.count)
            for (position, entry) in self.entries.enumerated() {
                let task = CollectionTask(
                    instrument: entry.instrument,
                    position: position,
                    seriesCount: entry.cells.count,
                    overflow: entry.overflow,
                    departed: departed[position] ?? []
                )
                let hasSeries = task.seriesCount > 0 || task.overflow != nil
                if hasSeries || !task.departed.isEmpty { tasks.append(task) }
            }
            for entry in departed.keys {
                self.removeIfEmpty(entry: entry)
            }
            return tasks
        }

        /// The next few of the cells that there were when the collection began.
        func cells(of task: CollectionTask, from start: Int) -> [MetricCell] {
            let entry = self.entries[task.position]
            guard entry.instrument === task.instrument else { return [] }
            let end = min(start + Self.collectionStep, task.seriesCount, entry.cells.count)
            return start < end ? Array(entry.cells[start..<end]) : []
        }
    }
}
