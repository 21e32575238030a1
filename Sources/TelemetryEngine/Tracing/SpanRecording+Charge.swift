private import Synchronization
internal import TelemetryModel
internal import Tracing

extension SpanRecording: ChargedRecord {
    // Roughly what malloc hands out for them, dictionary slots and short texts included.
    static let chargePerSpan = 512
    private static let chargePerAttribute = 96
    private static let chargePerEventOrLink = 160

    package var estimatedCharge: Int { self.charge.load(ordering: .relaxed) }

    static func charge(of state: borrowing State) -> Int {
        let attributes = state.finalAttributes?.count ?? state.attributes.count
        var charge = Self.chargePerSpan + attributes * Self.chargePerAttribute
        if let rare = state.rare {
            charge += (rare.events.count + rare.links.count) * Self.chargePerEventOrLink
        }
        return charge
    }

    package func measuredCharge() -> Int {
        let content = self.withAttributes { $0.content }
        var charge = Self.chargePerSpan + content.name.utf8.count
        charge += Self.charge(of: content.attributes)
        if let attributes = content.finalAttributes { charge += Self.charge(of: attributes) }
        guard let rare = content.rare else { return charge }
        charge += (rare.events.count + rare.links.count) * Self.chargePerEventOrLink
        for event in rare.events {
            charge += event.name.utf8.count + Self.charge(of: event.attributes)
        }
        return charge
    }

    private static func charge(of attributes: Attributes) -> Int {
        attributes.elements.reduce(0) { charge, element in
            charge + Self.chargePerAttribute + element.key.utf8.count
                + Self.charge(of: element.value)
        }
    }

    /// What a value takes beyond its place in the list.
    private static func charge(of value: AttributeValue) -> Int {
        switch value {
        case .string(let text): text.utf8.count
        case .array(let values): values.reduce(0) { $0 + 40 + self.charge(of: $1) }
        default: 0
        }
    }

    private static func charge(of attributes: SpanAttributes) -> Int {
        var charge = 0
        // Calls nothing of a value's own: the channel's lock is held.
        // swift-format-ignore: ReplaceForEachWithForLoop
        attributes.forEach { key, value in
            charge += Self.chargePerAttribute + key.utf8.count
            switch value {
            case .string(let text): charge += text.utf8.count
            case .stringArray(let texts): charge += texts.reduce(0) { $0 + 16 + $1.utf8.count }
            case .boolArray(let values): charge += values.count
            case .int32Array(let values): charge += values.count * 4
            case .int64Array(let values): charge += values.count * 8
            case .doubleArray(let values): charge += values.count * 8
            case .stringConvertibleArray(let values): charge += values.count * 40
            default: break
            }
        }
        return charge
    }
}
