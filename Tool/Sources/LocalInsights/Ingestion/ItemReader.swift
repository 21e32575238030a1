/// Reads the fields of one JSON object and complains in the words of the ingestion service.
///
/// A `null` counts as absent everywhere.
struct ItemReader {
    let tape: JSONTape
    /// The node of the object.
    let object: Int
    /// The name of the object's type, for messages.
    let type: String

    /// The node of a field, or nothing if it is absent or null.
    func field(_ name: StaticString) -> Int? {
        guard let node = self.tape.member(name, of: self.object) else { return nil }
        return self.tape.kind(of: node) == .null ? nil : node
    }

    /// The node of a field of the given kind, or nothing if it is absent.
    func field(_ name: StaticString, _ kind: JSONTape.Kind) throws(ItemFault) -> Int? {
        guard let node = self.field(name) else { return nil }
        guard self.tape.kind(of: node) == kind else {
            throw self.wrongType("\(name)", node, expected: kind.name)
        }
        return node
    }

    /// The node of a field that must be there and of the given kind.
    func required(_ name: StaticString, _ kind: JSONTape.Kind) throws(ItemFault) -> Int {
        guard let node = try self.field(name, kind) else {
            throw .missing(name, of: self.type, expected: kind.name)
        }
        return node
    }

    /// A text of the object as a cell, null if it is absent.
    func text(_ name: StaticString, into batch: inout RowBatch) throws(ItemFault) -> RowBatch.Cell {
        guard let node = try self.field(name, .string) else { return .null }
        return self.cell(node, into: &batch)
    }

    /// A text of the object as a cell; it must be there.
    func requiredText(
        _ name: StaticString,
        into batch: inout RowBatch
    ) throws(ItemFault) -> RowBatch.Cell {
        self.cell(try self.required(name, .string), into: &batch)
    }

    /// A bool as 0 or 1.
    func bool(_ name: StaticString) throws(ItemFault) -> RowBatch.Cell? {
        guard let node = try self.field(name, .bool) else { return nil }
        return .integer(self.tape.isTrue(node) ? 1 : 0)
    }

    /// A finite number.
    func number(_ name: StaticString) throws(ItemFault) -> Double? {
        guard let node = try self.field(name, .number) else { return nil }
        guard let value = self.tape.double(node) else {
            throw .invalid(name, of: self.type, expected: "a number that fits a double")
        }
        return value
    }

    /// A number without a fraction.
    func integer(_ name: StaticString) throws(ItemFault) -> Int64? {
        guard let node = try self.field(name, .number) else { return nil }
        guard let value = self.tape.integer(node) else {
            throw self.wrongType("\(name)", node, expected: "integer")
        }
        return value
    }

    /// A duration in milliseconds.
    func duration(_ name: StaticString) throws(ItemFault) -> Double? {
        guard let node = try self.field(name, .string) else { return nil }
        var text: [UInt8] = []
        self.tape.appendText(of: node, to: &text)
        guard let value = ItemDuration.milliseconds(text) else {
            throw .invalid(
                name,
                of: self.type,
                expected: "[D.]HH:MM:SS[.fffffff], less than 1,000 days"
            )
        }
        return value
    }

    /// A severity level, written as 0…4 or as one of the names in that order.
    func severityLevel() throws(ItemFault) -> RowBatch.Cell {
        guard let node = self.field("severityLevel") else { return .null }
        switch self.tape.kind(of: node) {
        case .number:
            if let level = self.tape.integer(node), 0...4 ~= level { return .integer(level) }
        case .string:
            let names = ["verbose", "information", "warning", "error", "critical"]
            if let level = names.firstIndex(of: self.tape.text(node).lowercased()) {
                return .integer(Int64(level))
            }
        default:
            throw self.wrongType("severityLevel", node, expected: "integer or string")
        }
        throw .invalid(
            "severityLevel",
            of: self.type,
            expected: "0…4, Verbose, Information, Warning, Error or Critical"
        )
    }

    /// A string node as a cell.
    func cell(_ node: Int, into batch: inout RowBatch) -> RowBatch.Cell {
        batch.textCell { text in self.tape.appendText(of: node, to: &text) }
    }

    /// The fault of a field that has another type than it should.
    func wrongType(_ name: String, _ node: Int, expected: String) -> ItemFault {
        .wrongType(
            name,
            of: self.type,
            expected: expected,
            actual: self.tape.kind(of: node).name
        )
    }
}

// MARK: - Maps

extension ItemReader {
    /// An object of texts or of numbers as JSON text, `{}` if it is absent.
    ///
    /// Members that are null are left out; of members with the same key the last one counts.
    func map(
        _ name: StaticString,
        of kind: JSONTape.Kind,
        into batch: inout RowBatch
    ) throws(ItemFault) -> RowBatch.Cell {
        guard let map = try self.field(name, .object) else {
            return batch.textCell { $0.append(contentsOf: "{}".utf8) }
        }
        var members: [Int] = []
        var key = map + 1
        let end = self.tape.nodes[map].next
        while key < end {
            let value = key + 1
            switch self.tape.kind(of: value) {
            case kind:
                if kind == .number, self.tape.double(value) == nil {
                    throw .invalid(name, of: self.type, expected: "numbers that fit a double")
                }
                members.append(key)
            case .null: break
            default:
                throw self.wrongType(
                    "\(name).\(self.tape.text(key).prefix(150))",
                    value,
                    expected: kind.name
                )
            }
            key = self.tape.nodes[value].next
        }
        self.removeRepeatedKeys(from: &members)
        return batch.textCell { text in
            text.append(UInt8(ascii: "{"))
            for (index, key) in members.enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                self.tape.appendQuoted(key, to: &text)
                text.append(UInt8(ascii: ":"))
                self.tape.appendValue(key + 1, to: &text)
            }
            text.append(UInt8(ascii: "}"))
        }
    }

    private func removeRepeatedKeys(from members: inout [Int]) {
        guard members.count > 1 else { return }
        // Keys are compared as they are written: an escape that spells the same key stays.
        let bytes = self.tape.bytes
        func source(_ key: Int) -> ArraySlice<UInt8> {
            bytes[self.tape.nodes[key].start..<self.tape.nodes[key].end]
        }
        if members.count <= 16 {
            var kept: [Int] = []
            for (index, key) in members.enumerated() {
                let isRepeated = members[(index + 1)...].contains { source($0) == source(key) }
                if !isRepeated { kept.append(key) }
            }
            if kept.count < members.count { members = kept }
            return
        }
        var seen = Set<ArraySlice<UInt8>>(minimumCapacity: members.count)
        members = members.reversed().filter { seen.insert(source($0)).inserted }.reversed()
    }
}
