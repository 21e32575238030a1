import LocalInsights

/// The rows of a query as text in columns.
struct TextTable {
    /// The lines, the names of the columns first; none if there are no rows.
    let lines: [String]

    /// Lays out a JSON array of objects, or gives nothing if it is not one.
    init?(rows: [UInt8]) {
        var tape = JSONTape(rows)
        guard let root = try? tape.readValue(at: 0, upTo: rows.count),
            tape.kind(of: root.node) == .array
        else { return nil }
        var table: [[Field]] = []
        for row in tape.elements(of: root.node) {
            guard tape.kind(of: row) == .object else { return nil }
            var names: [Field] = []
            var fields: [Field] = []
            var key = row + 1
            while key < tape.nodes[row].next {
                names.append(Field(text: Self.printable(tape.text(key)), isNumber: false))
                fields.append(Self.field(key + 1, of: tape))
                key = tape.nodes[key + 1].next
            }
            if table.isEmpty { table.append(names) }
            table.append(fields)
        }
        let columns = table.first?.count ?? 0
        let widths = (0..<columns).map { column in
            table.map { $0[column].text.count }.max() ?? 0
        }
        var lines = table.map { Self.line($0, widths: widths) }
        if !lines.isEmpty {
            lines.insert(
                widths.map { String(repeating: "-", count: $0) }.joined(separator: "  "),
                at: 1
            )
        }
        self.lines = lines
    }

    private struct Field {
        var text: String
        var isNumber: Bool
    }

    private static func field(_ node: Int, of tape: JSONTape) -> Field {
        switch tape.kind(of: node) {
        case .null: Field(text: "", isNumber: false)
        case .string: Field(text: self.printable(tape.text(node)), isNumber: false)
        case .number: Field(text: tape.source(node), isNumber: true)
        case .bool, .array, .object: Field(text: tape.source(node), isNumber: false)
        }
    }

    private static func line(_ fields: [Field], widths: [Int]) -> String {
        var line = ""
        for (column, field) in fields.enumerated() {
            let padding = String(repeating: " ", count: widths[column] - field.text.count)
            let isLast = column == fields.count - 1
            line += field.isNumber ? padding + field.text : field.text + (isLast ? "" : padding)
            if !isLast { line += "  " }
        }
        return line
    }

    /// Text of telemetry without what would steer the terminal.
    private static func printable(_ text: String) -> String {
        var printable = ""
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator:
                printable += scalar == "\n" ? "⏎" : scalar == "\t" ? " " : "\u{FFFD}"
            default: printable.unicodeScalars.append(scalar)
            }
        }
        return printable
    }
}
