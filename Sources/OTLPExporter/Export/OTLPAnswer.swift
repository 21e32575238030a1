import HTTPTypes
import TelemetryEngine
import TelemetryModel
import TelemetryTransport

/// What an answer over HTTP means.
///
/// The status decides; a body that cannot be read changes nothing about it.
///
/// | Status                          | Meaning                                                 |
/// | ------------------------------- | ------------------------------------------------------- |
/// | 2xx                             | accepted, but for the records that the body says were not |
/// | 307, 308                        | redirect                                                |
/// | other 3xx                       | another time: somebody stands between us and the server |
/// | 401, 403 to a token             | another token, then another time                        |
/// | 413                             | too large if the request can be divided, else refused   |
/// | 429                             | another time, as the server asks                        |
/// | 502, 503, 504                   | another time, as the server asks                        |
/// | everything else                 | refused; the specification forbids another try          |
///
/// - SeeAlso: [OTLP/HTTP Response](https://github.com/open-telemetry/opentelemetry-proto/blob/v1.8.0/docs/specification.md#otlphttp-response)
enum OTLPAnswer: Hashable {
    /// The server has taken the request, though perhaps not all of it.
    case taken(OTLPReply)

    /// The final word, if the request was not taken.
    case outcome(DeliveryOutcome)

    /// The server is elsewhere.
    case redirect(location: String?)

    /// The token was not accepted.
    case unauthorized(DeliveryFailure)

    /// What of a request makes a difference to what the answer means.
    struct Question {
        /// The encoding of the body.
        var encoding: OTLPEncoding
        /// Whether the request can be divided.
        var isDivisible: Bool
        /// Whether it had a token that another may replace.
        var hadToken: Bool
        /// The address without its query, for explanations.
        var address: String
        /// What must not be seen if the server repeats it.
        var secrets: [String]
    }

    /// Reads an answer.
    ///
    /// - Parameters:
    ///   - response: The answer.
    ///   - question: What it answers.
    ///   - now: The wall clock's time, for dates in header fields.
    init(_ response: TransportResponse, to question: Question, now: Timestamp) {
        let status = response.status
        let encoding =
            OTLPEncoding(mediaType: response.headers[.contentType]) ?? question.encoding
        func explained(_ text: String) -> String {
            let words = Self.words(of: response, encoding, hiding: question.secrets)
            return "status \(status): \(text)" + (words.isEmpty ? "" : ": \(words)")
        }
        func failure(
            _ kind: DeliveryFailure.Kind,
            _ text: String,
            mayHaveArrived: Bool = false
        ) -> DeliveryFailure {
            DeliveryFailure(
                kind: kind,
                retryAfter: RetryAfter.duration(
                    in: response.headers,
                    now: Int64(now.nanosecondsSinceEpoch / 1_000_000_000)
                ),
                mayHaveArrived: mayHaveArrived,
                explanation: explained(text)
            )
        }
        switch status {
        case 200..<300:
            var reply = OTLPReply.ofSuccess(response.body, encoding)
            if Self.isPage(response) {
                reply.message = "\(question.address) answers with a web page; is it a collector's?"
            }
            reply.message = OTLPServerText.harmless(reply.message, hiding: question.secrets)
            self = .taken(reply)
        case 307, 308:
            self = .redirect(location: response.headers[.location])
        case 300..<400:
            self = .outcome(.failed(failure(.server, "not an answer of a collector's")))
        case 401 where question.hadToken:
            self = .unauthorized(failure(.authentication, "the token was not accepted"))
        case 403 where question.hadToken:
            self = .unauthorized(failure(.authentication, "the identity may not send here"))
        case 401, 403:
            self = .refused(explained("the server wants other headers; check those of OTLP"))
        case 404:
            self = .refused(explained("nobody takes OTLP at \(question.address)"))
        case 413 where question.isDivisible:
            self = .outcome(.payloadTooLarge)
        case 413:
            self = .outcome(
                .refused(.tooLarge, explanation: explained("a single record is too large"))
            )
        case 429:
            self = .outcome(.failed(failure(.throttled, "the server asks for patience")))
        case 502, 504:
            // The server may have taken what a gateway could not confirm.
            self = .outcome(
                .failed(failure(.server, "the server is in trouble", mayHaveArrived: true))
            )
        case 503:
            self = .outcome(.failed(failure(.server, "the server is in trouble")))
        default:
            self = .refused(explained("the request was refused"))
        }
    }

    private static func refused(_ explanation: String) -> OTLPAnswer {
        .outcome(.refused(.rejected, explanation: explanation))
    }

    /// The server's words about a failure; empty if there are none for people.
    private static func words(
        of response: TransportResponse,
        _ encoding: OTLPEncoding,
        hiding secrets: [String]
    ) -> String {
        let type = response.headers[.contentType]?.lowercased() ?? ""
        let text =
            if type.hasPrefix("text/plain") {
                String(decoding: response.body, as: UTF8.self)
            } else if type.hasPrefix("text/") {
                ""
            } else {
                OTLPReply.statusMessage(response.body, encoding)
            }
        return OTLPServerText.harmless(String(text.trimmingBlanks), hiding: secrets)
    }

    /// Whether the answer is for a browser.
    private static func isPage(_ response: TransportResponse) -> Bool {
        response.headers[.contentType]?.lowercased().hasPrefix("text/html") == true
    }
}

extension OTLPReply {
    /// What became of a request that was taken, by the protocol's rules: what was not is lost.
    ///
    /// The server says how many records those are, not which; the accounts count no more than that.
    func outcome(of payload: Payload) -> DeliveryOutcome {
        let rejected = min(max(0, self.rejected), payload.recordCount)
        guard rejected > 0 else { return .accepted }
        var refusals: [ItemRefusal] = []
        var item = payload.leadingItems
        var left = rejected
        for run in payload.layout.runs {
            for _ in 0..<min(left, run.records) {
                refusals.append(ItemRefusal(item: item, verdict: .drop(.rejected)))
                item += run.itemsPerRecord
            }
            left -= min(left, run.records)
        }
        return .partiallyAccepted(refusals)
    }
}
