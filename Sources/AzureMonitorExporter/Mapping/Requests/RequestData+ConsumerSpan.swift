import TelemetryModel

extension RequestData {
    /// Reads a message or event that an Azure SDK received.
    ///
    /// | Field                            | From                                                        |
    /// | -------------------------------- | ----------------------------------------------------------- |
    /// | `source`                         | address/destination, if both are found                      |
    /// | address                          | `server.address`\|`net.peer.name`\|`peer.address`           |
    /// | destination                      | `messaging.destination.name`\|`message_bus.destination`     |
    /// | `measurements.timeSinceEnqueued` | the mean of span start - `enqueuedTime` over the links that have one; not below 0 |
    mutating func applyAzure(_ span: BatchSpan, _ attributes: inout SemanticAttributes) {
        self.source = attributes.consumeAzureEntity()
        self.timeSinceEnqueued = Self.timeSinceEnqueued(span)
    }

    /// Reads a message.
    ///
    /// | Field       | From                                                                       |
    /// | ----------- | -------------------------------------------------------------------------- |
    /// | `source`    | address/destination, or the destination alone; none without a destination  |
    /// | address     | `client.address`\|`server.address`\|`net.peer.name`\|`net.peer.ip`         |
    /// | destination | `messaging.destination.name`\|`messaging.destination`                      |
    ///
    /// - SeeAlso: [Messaging spans 1.38](https://github.com/open-telemetry/semantic-conventions/blob/v1.38.0/docs/messaging/messaging-spans.md)
    mutating func applyMessaging(_ attributes: inout SemanticAttributes) {
        let destination = attributes.first(.messagingDestinationName, .messagingDestination)
        guard let destination = attributes.consume(destination) else { return }
        let address = attributes.first(
            .clientAddress,
            .serverAddress,
            .netPeerName,
            .netPeerIP
        )
        self.source = attributes.consume(address).map { "\($0)/\(destination)" } ?? destination
    }

    /// The mean time in milliseconds that the linked messages waited.
    ///
    /// Counted in whole nanoseconds, so that times keep their precision.
    private static func timeSinceEnqueued(_ span: BatchSpan) -> Double? {
        guard !span.links.isEmpty,
            let start = Int64(exactly: span.startTime.nanosecondsSinceEpoch)
        else { return nil }
        var sum: Int64 = 0
        var count = 0
        for link in span.links {
            let milliseconds: Int64
            switch link.attributes["enqueuedTime"] {
            case .int(let value)?: milliseconds = value
            case .string(let text)?:
                guard let value = Int64(text) else { continue }
                milliseconds = value
            default: continue
            }
            let (enqueued, isTooLarge) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
            let (waited, isTooFar) = start.subtractingReportingOverflow(enqueued)
            let (total, isTooMuch) = sum.addingReportingOverflow(waited)
            guard !isTooLarge, !isTooFar, !isTooMuch else { continue }
            sum = total
            count += 1
        }
        guard count > 0 else { return nil }
        return max(0, Double(sum) / Double(count) / 1_000_000)
    }
}

extension SemanticAttributes {
    /// Consumes what names an entity of Azure's messaging services: address/destination.
    ///
    /// - Returns: `nil`, and nothing is consumed, if one of the two is missing. The destination is
    ///   consumed only under its newer name.
    mutating func consumeAzureEntity() -> String? {
        guard let address = self.first(.serverAddress, .netPeerName, .peerAddress),
            let destination = self.first(.messagingDestinationName, .messageBusDestination)
        else { return nil }
        self.consume(address.key)
        if destination.key == .messagingDestinationName { self.consume(destination.key) }
        return "\(address.text)/\(destination.text)"
    }
}
