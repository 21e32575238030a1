import HTTPTypes
import TelemetryEngine
import TelemetryModel
import TelemetryTransport

/// What an answer of the ingestion service means.
///
/// The status decides; a body that cannot be read changes nothing about it.
///
/// | Status                       | Meaning                                                    |
/// | ---------------------------- | ---------------------------------------------------------- |
/// | 2xx but 206                  | accepted                                                   |
/// | 206, or 400 that names items | item by item                                               |
/// | 413, or any other 400        | too large if the request can be divided, else refused      |
/// | 307, 308                     | redirect                                                   |
/// | 401, 403                     | another token, then another time                           |
/// | 402, 439                     | the owner's quota is used up                               |
/// | 429                          | another time, as the service asks                          |
/// | 408, 5xx but 501 and 505     | another time                                               |
/// | 3xx but 307 and 308          | another time: somebody stands between us and the service   |
/// | other 4xx, 501, 505          | refused                                                    |
enum IngestionResult: Hashable {
    /// The final word.
    case outcome(DeliveryOutcome)

    /// The service is elsewhere.
    case redirect(isPermanent: Bool, location: String?)

    /// The token was not accepted, or there was none.
    case unauthorized(DeliveryFailure)

    /// Reads an answer.
    ///
    /// - Parameters:
    ///   - status: The status code.
    ///   - headers: The header fields.
    ///   - body: The decoded body, as far as it could be read.
    ///   - itemCount: How many items the request had, leading ones counted.
    ///   - isDivisible: Whether the request can be divided; the items of one record cannot.
    ///   - now: The wall clock's time, for dates in header fields.
    static func classify(
        status: Int,
        headers: HTTPFields,
        body: [UInt8],
        itemCount: Int,
        isDivisible: Bool,
        now: Timestamp
    ) -> IngestionResult {
        func failure(
            _ kind: DeliveryFailure.Kind,
            _ explanation: String,
            mayHaveArrived: Bool = false
        ) -> DeliveryFailure {
            DeliveryFailure(
                kind: kind,
                retryAfter: RetryAfter.duration(in: headers, now: now),
                mayHaveArrived: mayHaveArrived,
                explanation: "status \(status): \(explanation)"
            )
        }
        switch status {
        case 206:
            return .outcome(
                Self.itemByItem(IngestionReply(body: body, itemCount: itemCount), unnamed: nil)
            )
        case 200..<300:
            return .outcome(.accepted)
        case 307, 308:
            return .redirect(isPermanent: status == 308, location: headers[.location])
        case 400:
            return .outcome(
                Self.badRequest(
                    IngestionReply(body: body, itemCount: itemCount),
                    itemCount: itemCount,
                    isDivisible: isDivisible
                )
            )
        case 401:
            return .unauthorized(
                failure(
                    .authentication,
                    "the token was not accepted, or the resource requires one; "
                        + "check the credential, its tenant and AADAudience"
                )
            )
        case 403:
            return .unauthorized(
                failure(
                    .authentication,
                    "the identity may not send to this resource; "
                        + "give it the role Monitoring Metrics Publisher"
                )
            )
        case 402, 439:
            return .outcome(
                .failed(failure(.quota, "the daily cap or quota of the resource is used up"))
            )
        case 408:
            return .outcome(.failed(failure(.server, "the service waited too long for us")))
        case 413:
            guard !isDivisible else { return .outcome(.payloadTooLarge) }
            return .outcome(
                .refused(.tooLarge, explanation: "status 413: a single record is too large")
            )
        case 429:
            return .outcome(.failed(failure(.throttled, "the service asks for patience")))
        case 404:
            return .outcome(
                .refused(
                    .rejected,
                    explanation: "status 404: nobody ingests telemetry at this address; "
                        + "check IngestionEndpoint in the connection string"
                )
            )
        case 400..<500, 501, 505:
            return .outcome(
                .refused(.rejected, explanation: "status \(status): the request was refused")
            )
        case 500...:
            // Beyond these the origin may have taken what a gateway could not confirm.
            let isGateway = [502, 504, 598, 599].contains(status) || (520..<530).contains(status)
            return .outcome(
                .failed(
                    failure(.server, "the service is in trouble", mayHaveArrived: isGateway)
                )
            )
        default:
            return .outcome(
                .failed(
                    failure(.server, "not an answer of the ingestion service; is it a proxy's?")
                )
            )
        }
    }

    private static func badRequest(
        _ reply: IngestionReply,
        itemCount: Int,
        isDivisible: Bool
    ) -> DeliveryOutcome {
        if !reply.errors.isEmpty {
            // The request failed as a whole, so what is not named is refused with the rest,
            // unless the service says that it took some.
            let unnamed: DropReason? = (reply.itemsAccepted ?? 0) > 0 ? nil : .rejected
            return Self.itemByItem(reply, unnamed: unnamed.map { ($0, itemCount) })
        }
        guard !isDivisible else { return .payloadTooLarge }
        let reason = reply.generalMessage.map { ": \(Self.sanitized($0))" } ?? ""
        return .refused(.rejected, explanation: "status 400: the item was refused\(reason)")
    }

    /// - Parameter unnamed: Why items are lost that the reply does not name, and how many items
    ///   there are; `nil` if such items were accepted.
    private static func itemByItem(
        _ reply: IngestionReply,
        unnamed: (reason: DropReason, itemCount: Int)?
    ) -> DeliveryOutcome {
        var refusals: [ItemRefusal] = []
        var next = 0
        func refuseUnnamed(upTo end: Int) {
            guard let unnamed, next < end else { return }
            refusals += (next..<end).map {
                ItemRefusal(item: $0, verdict: .drop(unnamed.reason))
            }
        }
        for error in reply.errors {
            refuseUnnamed(upTo: error.index)
            next = error.index + 1
            if let verdict = Self.verdict(error) {
                refusals.append(ItemRefusal(item: error.index, verdict: verdict))
            }
        }
        refuseUnnamed(upTo: unnamed?.itemCount ?? 0)
        return refusals.isEmpty ? .accepted : .partiallyAccepted(refusals)
    }

    /// What becomes of one item; `nil` if it counts as accepted.
    private static func verdict(_ error: IngestionReply.ItemError) -> ItemRefusal.Verdict? {
        // Ingestion sampling, which the resource's owner set: the service took the item and chose
        // not to keep it. That is no loss in delivery.
        if error.message.lowercased() == "telemetry sampled out." { return nil }
        switch error.statusCode {
        case 401, 403, 408, 429, 500, 502, 503, 504, 507, 509, 598, 599: return .retry
        case .some(520..<530): return .retry
        case 402, 439: return .drop(.quota)
        case 413: return .drop(.tooLarge)
        default: return .drop(.rejected)
        }
    }

    /// A service's words, shortened and without anything that looks like a key or a token.
    private static func sanitized(_ message: String) -> String {
        let printable = message.unicodeScalars.prefix(200).map { scalar in
            scalar.properties.generalCategory == .control ? " " : Character(scalar)
        }
        let words = String(printable).split(separator: " ").map { word in
            let secret = word.utf8.count {
                Unicode.Scalar($0).properties.isASCIIHexDigit || $0 == UInt8(ascii: "-")
            }
            return secret >= 16 ? "…" : String(word)
        }
        return words.joined(separator: " ")
    }
}
