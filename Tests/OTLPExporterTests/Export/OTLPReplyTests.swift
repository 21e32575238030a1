import HTTPTypes
import TelemetryEngine
import TelemetryModel
import TelemetryTransport
import Testing

@testable import OTLPExporter

@Suite("Answers of OTLP servers")
struct OTLPReplyTests {
    /// `ExportTraceServiceResponse` with a partial success.
    static func partialSuccess(rejected: UInt8, message: String) -> [UInt8] {
        var partial: [UInt8] = []
        if rejected > 0 { partial += [0x08, rejected] }
        let text = Array(message.utf8)
        if !text.isEmpty { partial += [0x12, UInt8(text.count)] + text }
        return [0x0A, UInt8(partial.count)] + partial
    }

    @Test("a success says what was not taken, in both encodings")
    func partialSuccess() {
        #expect(OTLPReply.ofSuccess([], .protobuf) == OTLPReply())
        #expect(OTLPReply.ofSuccess(Array("{}".utf8), .json) == OTLPReply())
        let expected = OTLPReply(rejected: 3, message: "too old")
        #expect(
            OTLPReply.ofSuccess(Self.partialSuccess(rejected: 3, message: "too old"), .protobuf)
                == expected
        )
        for key in ["rejectedSpans", "rejectedDataPoints", "rejectedLogRecords", "rejected_spans"] {
            for number in ["3", #""3""#] {
                let text =
                    #"{"partialSuccess":{"\#(key)":\#(number),"errorMessage":"too old"}}"#
                #expect(OTLPReply.ofSuccess(Array(text.utf8), .json) == expected)
            }
        }
        #expect(
            OTLPReply.ofSuccess(Self.partialSuccess(rejected: 0, message: "slow down"), .protobuf)
                == OTLPReply(rejected: 0, message: "slow down")
        )
    }

    @Test("a number that is negative or beyond all bounds hurts nobody")
    func extremes() {
        let payload = Self.payload(5)
        // -1 as a varint of ten bytes.
        let minusOne: [UInt8] =
            [0x0A, 0x0B, 0x08] + [UInt8](repeating: 0xFF, count: 9) + [0x01]
        #expect(OTLPReply.ofSuccess(minusOne, .protobuf).outcome(of: payload) == .accepted)
        let many = #"{"partialSuccess":{"rejectedSpans":"9223372036854775807"}}"#
        let outcome = OTLPReply.ofSuccess(Array(many.utf8), .json).outcome(of: payload)
        guard case .partiallyAccepted(let refusals) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(refusals.map(\.item) == [0, 1, 2, 3, 4])
    }

    @Test("bytes that are no answer say nothing")
    func rubbish() {
        var generator = SystemRandomNumberGenerator()
        for length in 0..<200 {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
            for encoding in OTLPEncoding.allCases {
                _ = OTLPReply.ofSuccess(bytes, encoding)
                _ = OTLPReply.statusMessage(bytes, encoding)
            }
        }
        let page = Array("<html><body>It works!</body></html>".utf8)
        #expect(OTLPReply.ofSuccess(page, .protobuf).rejected == 0)
        #expect(OTLPReply.ofSuccess(page, .json) == OTLPReply())
    }

    @Test("what was rejected is as many records, whichever they are")
    func outcome() {
        let payload = Self.payload(5)
        #expect(OTLPReply(rejected: 0, message: "x").outcome(of: payload) == .accepted)
        #expect(
            OTLPReply(rejected: 2, message: "").outcome(of: payload)
                == .partiallyAccepted([
                    ItemRefusal(item: 0, verdict: .drop(.rejected)),
                    ItemRefusal(item: 1, verdict: .drop(.rejected)),
                ])
        )
    }

    private static func payload(_ records: Int) -> Payload {
        Payload(
            signal: .traces,
            body: [],
            mediaType: OTLPEncoding.protobuf.mediaType,
            isCompressed: false,
            layout: RecordLayout(records: records)
        )
    }

    // MARK: Statuses

    private func answer(
        _ status: Int,
        headers: HTTPFields = [:],
        body: [UInt8] = [],
        isDivisible: Bool = true,
        hadToken: Bool = false
    ) -> OTLPAnswer {
        OTLPAnswer(
            TransportResponse(status: status, headers: headers, body: body),
            to: OTLPAnswer.Question(
                encoding: .protobuf,
                isDivisible: isDivisible,
                hadToken: hadToken,
                address: "http://host/v1/traces",
                secrets: ["hunter2hunter2"]
            ),
            // A multiple of a day, at 00:00:00 UTC.
            now: Timestamp(nanosecondsSinceEpoch: 1_767_225_600_000_000_000)
        )
    }

    @Test("a success is one, whatever its number and body", arguments: [200, 201, 202, 204, 299])
    func success(status: Int) {
        #expect(self.answer(status) == .taken(OTLPReply()))
    }

    @Test(
        "only these statuses are worth another try",
        arguments: [
            (429, DeliveryFailure.Kind.throttled), (502, .server), (503, .server), (504, .server),
        ]
    )
    func retryable(status: Int, kind: DeliveryFailure.Kind) {
        guard case .outcome(.failed(let failure)) = self.answer(status) else {
            Issue.record("\(status)")
            return
        }
        #expect(failure.kind == kind)
        #expect(failure.retryAfter == nil)
        #expect(failure.mayHaveArrived == (status == 502 || status == 504))
        #expect(failure.explanation.contains("\(status)"))
    }

    @Test(
        "the server says when, in seconds or with a date",
        arguments: [429, 502, 503, 504],
        [("17", 17), ("Thu, 01 Jan 2026 00:00:42 GMT", 42)]
    )
    func retryAfter(status: Int, wish: (text: String, seconds: Int)) {
        guard
            case .outcome(.failed(let failure)) = self.answer(
                status,
                headers: [.retryAfter: wish.text]
            )
        else {
            Issue.record("\(status)")
            return
        }
        #expect(failure.retryAfter == .seconds(wish.seconds))
    }

    @Test(
        "all other failures are final, and their text is the server's",
        arguments: [400, 401, 403, 404, 405, 408, 411, 415, 422, 431, 451, 500, 501, 505, 507, 599]
    )
    func final(status: Int) {
        let body: [UInt8] = [0x08, 0x03, 0x12, 0x07] + Array("bad one".utf8)
        let headers: HTTPFields = [
            .contentType: "application/x-protobuf", .retryAfter: "1",
        ]
        guard
            case .outcome(.refused(.rejected, let explanation)) = self.answer(
                status,
                headers: headers,
                body: body
            )
        else {
            Issue.record("\(status)")
            return
        }
        #expect(explanation.hasPrefix("status \(status): "))
        #expect(explanation.hasSuffix(": bad one"))
    }

    @Test(
        "the server's text is read in the encoding of the answer, and shows no secret of ours",
        arguments: [
            ("application/json", #"{"code":3,"message":"bad\nkey hunter2hunter2!"}"#),
            ("application/json; charset=utf-8", #"{"message":"bad\nkey hunter2hunter2!"}"#),
            ("text/plain", "bad\nkey hunter2hunter2!\n"),
        ]
    )
    func text(type: String, body: String) {
        let answer = self.answer(400, headers: [.contentType: type], body: Array(body.utf8))
        guard case .outcome(.refused(.rejected, let explanation)) = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(explanation == "status 400: the request was refused: bad key …!")
    }

    @Test("a long text is cut")
    func longText() {
        let text = OTLPServerText.harmless(String(repeating: "ä", count: 3_000), hiding: [""])
        #expect(text == String(repeating: "ä", count: 300) + "…")
    }

    @Test("no part of a secret is seen, however long it is and however often it is repeated")
    func longSecret() {
        let secrets = OTLPServerText.secrets(in: "Bearer " + String(repeating: "k", count: 1_900))
        let text = "you sent " + String(repeating: secrets[1] + ", ", count: 30) + "why?"
        #expect(
            OTLPServerText.harmless(text, hiding: secrets)
                == "you sent " + String(repeating: "…, ", count: 30) + "why?"
        )
        let body = "not with " + String(repeating: secrets[0] + " ", count: 3)
        let question = OTLPAnswer.Question(
            encoding: .protobuf,
            isDivisible: false,
            hadToken: false,
            address: "http://host/v1/traces",
            secrets: secrets
        )
        let answer = OTLPAnswer(
            TransportResponse(
                status: 400,
                headers: [.contentType: "text/plain"],
                body: Array(body.utf8)
            ),
            to: question,
            now: .epoch
        )
        guard case .outcome(.refused(_, let explanation)) = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(explanation == "status 400: the request was refused: not with … … …")
    }

    @Test("a page for a browser is no text, and as a success it is told")
    func page() {
        let headers: HTTPFields = [.contentType: "text/html; charset=utf-8"]
        let body = Array("<html>login</html>".utf8)
        guard case .taken(let reply) = self.answer(200, headers: headers, body: body) else {
            Issue.record("not taken")
            return
        }
        #expect(reply.rejected == 0)
        #expect(reply.message.contains("web page"))
        let refused = self.answer(400, headers: headers, body: body)
        #expect(
            refused
                == .outcome(
                    .refused(.rejected, explanation: "status 400: the request was refused")
                )
        )
    }

    @Test("what is too large is divided, if it can be")
    func tooLarge() {
        #expect(self.answer(413) == .outcome(.payloadTooLarge))
        guard case .outcome(.refused(.tooLarge, _)) = self.answer(413, isDivisible: false) else {
            Issue.record("not refused")
            return
        }
    }

    @Test("a token that is refused is another matter than a header", arguments: [401, 403])
    func unauthorized(status: Int) {
        guard case .unauthorized(let failure) = self.answer(status, hadToken: true) else {
            Issue.record("\(status)")
            return
        }
        #expect(failure.kind == .authentication)
    }

    @Test("a redirect is one, and other answers of a gateway's are no refusal")
    func redirects() {
        for status in [307, 308] {
            #expect(
                self.answer(status, headers: [.location: "/x"]) == .redirect(location: "/x")
            )
        }
        for status in [300, 301, 302, 303, 304] {
            guard case .outcome(.failed(let failure)) = self.answer(status) else {
                Issue.record("\(status)")
                continue
            }
            #expect(failure.kind == .server)
        }
    }
}
