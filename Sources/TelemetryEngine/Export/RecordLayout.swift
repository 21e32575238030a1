/// How many items of a payload belong to each of its records.
///
/// A span with its events, for instance, is one record and several items. Nearly all records are
/// one item, so the layout is kept as runs.
public struct RecordLayout: Sendable, Hashable {
    /// Adjacent records of equally many items.
    public struct Run: Sendable, Hashable {
        /// How many items each record has; at least one.
        public var itemsPerRecord: Int
        /// How many records there are.
        public var records: Int

        /// Creates a run.
        public init(itemsPerRecord: Int, records: Int) {
            self.itemsPerRecord = itemsPerRecord
            self.records = records
        }
    }

    /// The runs, in the order of the items.
    public private(set) var runs: [Run] = []

    /// How many records there are.
    public private(set) var recordCount = 0

    /// How many items there are.
    public private(set) var itemCount = 0

    /// Creates an empty layout.
    public init() {}

    /// Creates a layout of `records` records of one item each.
    public init(records: Int) {
        self.append(itemsPerRecord: 1, records: records)
    }

    /// Creates a layout from runs.
    public init(runs: [Run]) {
        for run in runs {
            self.append(itemsPerRecord: run.itemsPerRecord, records: run.records)
        }
    }

    /// Appends records; runs without items or records are ignored.
    public mutating func append(itemsPerRecord: Int, records: Int = 1) {
        guard itemsPerRecord > 0, records > 0 else { return }
        self.recordCount += records
        self.itemCount += itemsPerRecord * records
        if let last = self.runs.indices.last, self.runs[last].itemsPerRecord == itemsPerRecord {
            self.runs[last].records += records
        } else {
            self.runs.append(Run(itemsPerRecord: itemsPerRecord, records: records))
        }
    }
}
