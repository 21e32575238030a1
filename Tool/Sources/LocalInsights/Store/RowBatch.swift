/// Rows on their way into the store, with all their text in one piece of memory.
package struct RowBatch: Sendable {
    /// The value of one column.
    enum Cell: Sendable {
        case null
        case integer(Int64)
        case real(Double)
        /// Bytes of ``RowBatch/text``, valid UTF-8.
        case text(offset: Int, count: Int)
    }

    /// Where a row goes and where its cells begin.
    struct Row: Sendable {
        /// The table, or nothing for a resource item.
        var table: TelemetryTable?
        var firstCell: Int
    }

    /// A point to return to when an item turns out to be bad.
    struct Mark {
        fileprivate let cells: Int
        fileprivate let text: Int
    }

    /// The text that the cells point into; never empty, so that it always has an address.
    private(set) var text: [UInt8] = [0]
    /// The values of all rows, one after the other.
    private(set) var cells: [Cell] = []
    /// The rows in the order in which they arrived.
    private(set) var rows: [Row] = []

    /// How many rows there are.
    package var count: Int { self.rows.count }

    /// About how much memory the batch takes.
    var byteCount: Int {
        self.text.count + self.cells.count * MemoryLayout<Cell>.stride
    }

    /// Creates an empty batch with room for the items of a body of so many bytes.
    init(bodyCount: Int = 0) {
        self.text.reserveCapacity(bodyCount)
        self.cells.reserveCapacity(bodyCount / 32)
    }

    /// Where the batch ends now.
    var mark: Mark { Mark(cells: self.cells.count, text: self.text.count) }

    /// Forgets the cells and the text added since the mark.
    mutating func rewind(to mark: Mark) {
        self.cells.removeSubrange(mark.cells...)
        self.text.removeSubrange(mark.text...)
    }

    /// Adds a cell to the row under way.
    mutating func append(_ cell: Cell) {
        self.cells.append(cell)
    }

    /// Makes a text cell from what a closure appends.
    mutating func textCell(_ write: (inout [UInt8]) -> Void) -> Cell {
        let offset = self.text.count
        write(&self.text)
        return .text(offset: offset, count: self.text.count - offset)
    }

    /// Makes a row of the cells added since the mark.
    mutating func finishRow(in table: TelemetryTable?, since mark: Mark) {
        self.rows.append(Row(table: table, firstCell: mark.cells))
    }
}
