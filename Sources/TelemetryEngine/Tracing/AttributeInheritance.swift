package import TelemetryModel
internal import Tracing

/// Attributes that a span hands down to the spans and log records inside it, in this process.
///
/// | Who                                    | Has, under each ``Heirloom/key``                    |
/// | -------------------------------------- | --------------------------------------------------- |
/// | a span inside a recorded span          | the parent's, else the parent's ``Heirloom/origin``, as they stand when it starts |
/// | a span that has none of them at its end | its own origins, if ``ownerKey`` says ``ownerValue`` |
/// | a log record inside a recorded span    | that span's, as they stand when the record is made; of a span that has none, what it would have at its end |
///
/// So the outermost span that has something to hand down names it for everything below it. What
/// somebody sets on a span or record stays.
package struct AttributeInheritance: Sendable {
    /// An attribute that is handed down.
    package struct Heirloom: Sendable {
        /// The key that it has on the way down.
        package let key: String
        /// The key that it has where it comes from.
        package let origin: String

        package init(key: String, origin: String) {
            self.key = key
            self.origin = origin
        }
    }

    private let heirlooms: [Heirloom]
    private let ownerKey: String
    private let ownerValue: String

    /// The lengths of all keys, as bits: nearly every other key is told from them by its length.
    private let lengths: UInt64

    /// - Parameters:
    ///   - heirlooms: what is handed down.
    ///   - ownerKey: the attribute by which a span says that its origins hold for itself, too.
    ///   - ownerValue: what it says then.
    package init(_ heirlooms: [Heirloom], ownerKey: String, ownerValue: String) {
        self.heirlooms = heirlooms
        self.ownerKey = ownerKey
        self.ownerValue = ownerValue
        self.lengths = ([ownerKey] + heirlooms.flatMap { [$0.key, $0.origin] })
            .reduce(0) { $0 | Self.bit(of: $1) }
    }

    /// What a span inside `parent` starts with; `nil` if that is nothing.
    func attributes(from parent: SpanRecording) -> Attributes? {
        guard let found = self.findings(on: parent) else { return nil }
        return self.attributes { found.held[$0] ?? found.origins[$0] }
    }

    /// Gives a span at its end what it would hand down, unless it was given something.
    package func complete(_ attributes: inout Attributes) {
        var found = Findings()
        for element in attributes { self.note(element.key, in: &found) { element.value } }
        guard !found.isEmpty else { return }
        for element in self.ownAttributes(found) ?? [:] {
            attributes.append(key: element.key, value: element.value)
        }
    }

    /// Gives a log record what the span has that it is inside of.
    func hand(down span: SpanRecording, to attributes: inout Attributes) {
        guard let found = self.findings(on: span) else { return }
        let given = self.attributes { found.held[$0] } ?? self.ownAttributes(found) ?? [:]
        for element in given where attributes[element.key] == nil {
            attributes.append(key: element.key, value: element.value)
        }
    }

    // MARK: Looking

    /// What was found among the attributes of a span.
    private struct Findings {
        /// What it was given, or says itself, by number of the heirloom.
        var held: [Int: AttributeValue] = [:]
        /// What it could hand down of its own, by number of the heirloom.
        var origins: [Int: AttributeValue] = [:]
        /// Whether its origins hold for itself.
        var isOwner = false

        /// Whether nothing of all that is there, which costs nothing to find out.
        var isEmpty: Bool { !self.isOwner && self.held.isEmpty && self.origins.isEmpty }
    }

    private func findings(on recording: SpanRecording) -> Findings? {
        guard let (set, initial) = recording.attributesToHandDown() else { return nil }
        var found = Findings()
        for element in initial { self.note(element.key, in: &found) { element.value } }
        // What was set wins over what the span started with.
        // swift-format-ignore: ReplaceForEachWithForLoop
        set.forEach { key, attribute in
            self.note(key, in: &found) { AttributeValue(attribute) }
        }
        guard found.isEmpty else { return found }
        recording.noteWithoutHeirlooms(count: set.count)
        return nil
    }

    private func note(_ key: String, in found: inout Findings, _ value: () -> AttributeValue) {
        guard self.lengths & Self.bit(of: key) != 0 else { return }
        if key == self.ownerKey {
            found.isOwner = value() == .string(self.ownerValue)
        } else if let index = self.heirlooms.firstIndex(where: { $0.key == key }) {
            found.held[index] = value()
        } else if let index = self.heirlooms.firstIndex(where: { $0.origin == key }) {
            found.origins[index] = value()
        }
    }

    /// What a span has that was given nothing; `nil` if that is nothing.
    private func ownAttributes(_ found: Findings) -> Attributes? {
        guard found.isOwner, found.held.isEmpty else { return nil }
        return self.attributes { found.origins[$0] }
    }

    private func attributes(_ value: (Int) -> AttributeValue?) -> Attributes? {
        var attributes = Attributes()
        for (index, heirloom) in self.heirlooms.enumerated() {
            if let value = value(index) { attributes.append(key: heirloom.key, value: value) }
        }
        return attributes.isEmpty ? nil : attributes
    }

    private static func bit(of key: String) -> UInt64 { 1 << UInt64(key.utf8.count & 63) }
}
