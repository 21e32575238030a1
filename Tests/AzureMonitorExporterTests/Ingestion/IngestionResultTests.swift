import HTTPTypes
import TelemetryEngine
import TelemetryModel
import TelemetryTransport
import Testing

@testable import AzureMonitorExporter

@Suite struct IngestionResultTests {
    /// 2025-07-20T08:00:00Z.
    private static let now = Timestamp(nanosecondsSinceEpoch: 1_752_998_400_000_000_000)

    private func classify(
        _ status: Int,
        body: [UInt8] = [],
        items: Int = 4,
        isDivisible: Bool? = nil,
        headers: HTTPFields = [:]
    ) -> IngestionResult {
        IngestionResult.classify(
            status: status,
            headers: headers,
            body: body,
            itemCount: items,
            isDivisible: isDivisible ?? (items > 1),
            now: Self.now
        )
    }

    private func classify(_ status: Int, _ body: String, items: Int = 4) -> IngestionResult {
        self.classify(status, body: Array(body.utf8), items: items)
    }

    // MARK: The status decides

    /// What no body may change.
    private enum Class: Hashable {
        case accepted, redirect, unauthorized, halve, quota
        case failed(DeliveryFailure.Kind)
        case refused(DropReason)

        init?(_ result: IngestionResult) {
            switch result {
            case .redirect: self = .redirect
            case .unauthorized(let failure):
                guard failure.kind == .authentication else { return nil }
                self = .unauthorized
            case .outcome(.accepted): self = .accepted
            case .outcome(.payloadTooLarge): self = .halve
            case .outcome(.failed(let failure)): self = .failed(failure.kind)
            case .outcome(.refused(let reason, _)): self = .refused(reason)
            case .outcome(.partiallyAccepted): return nil
            }
        }
    }

    /// None of these names an item that exists.
    private static let bodies: [[UInt8]] =
        [
            "", "null", "[]", "{}", "<html><body>Bad Gateway</body></html>",
            "{\"itemsReceived\": 4, \"err",
            #"{"errors":null}"#, #"{"errors":{}}"#, #"{"errors":[]}"#,
            #"{"errors":[null,1,"x",[]]}"#,
            #"{"errors":[{"index":null,"statusCode":500}]}"#, #"{"errors":[{"statusCode":500}]}"#,
            #"{"errors":[{"index":-1,"statusCode":500},{"index":4,"statusCode":500}]}"#,
            #"{"errors":[{"index":99999999999999999999,"statusCode":500},{"index":1.5}]}"#,
            String(repeating: "[", count: 100_000),
        ].map { Array($0.utf8) } + [[0xFF, 0x00, 0xFE, 0x1F, 0x8B], [0x1F, 0x8B, 8, 0, 0, 0]]

    private static let rows: [(statuses: [Int], expected: Class)] = [
        ([200, 201, 202, 203, 204, 205, 206, 207, 226, 299], .accepted),
        ([307, 308], .redirect),
        ([401, 403], .unauthorized),
        ([402, 439], .failed(.quota)),
        ([400, 413], .halve),
        ([429], .failed(.throttled)),
        ([408], .failed(.server)),
        ([500, 502, 503, 504, 507, 509, 520, 521, 525, 529, 598, 599], .failed(.server)),
        ([506, 508, 511, 530, 600, 999], .failed(.server)),
        ([100, 199, 300, 301, 302, 303, 304, 305, 399], .failed(.server)),
        (
            [404, 405, 406, 409, 410, 411, 412, 415, 418, 422, 431, 451, 499, 501, 505],
            .refused(.rejected)
        ),
    ]

    @Test func theStatusDecidesWhateverTheBodyIs() {
        for (statuses, expected) in Self.rows {
            for status in statuses {
                for body in Self.bodies {
                    #expect(Class(self.classify(status, body: body)) == expected, "\(status)")
                }
            }
        }
    }

    @Test func aSingleItemIsNotHalved() {
        #expect(Class(self.classify(400, items: 1)) == .refused(.rejected))
        #expect(Class(self.classify(413, items: 1)) == .refused(.tooLarge))
        #expect(Class(self.classify(413, items: 2)) == .halve)
        // A span with its events, for instance.
        #expect(Class(self.classify(400, items: 2, isDivisible: false)) == .refused(.rejected))
        #expect(Class(self.classify(413, items: 2, isDivisible: false)) == .refused(.tooLarge))
    }

    @Test func onlyAGatewayMayHaveDeliveredWhatItCouldNotConfirm() {
        for (status, expected) in [
            (500, false), (502, true), (503, false), (504, true), (520, true), (529, true),
            (598, true), (599, true), (429, false), (408, false), (302, false),
        ] {
            guard case .outcome(.failed(let failure)) = self.classify(status) else {
                Issue.record("\(status)")
                continue
            }
            #expect(failure.mayHaveArrived == expected, "\(status)")
        }
    }

    @Test func redirectsKeepTheirKindAndLocation() {
        let headers: HTTPFields = [.location: "https://x/"]
        #expect(
            self.classify(307, headers: headers)
                == .redirect(isPermanent: false, location: "https://x/")
        )
        #expect(
            self.classify(308, headers: headers)
                == .redirect(isPermanent: true, location: "https://x/")
        )
        #expect(self.classify(308) == .redirect(isPermanent: true, location: nil))
    }

    @Test func theWaitIsPassedOnWithEveryFailure() {
        let headers: HTTPFields = [.retryAfter: "7"]
        for status in [402, 408, 429, 439, 500, 503, 302] {
            guard case .outcome(.failed(let failure)) = self.classify(status, headers: headers)
            else {
                Issue.record("\(status)")
                continue
            }
            #expect(failure.retryAfter == .seconds(7))
            #expect(failure.explanation.contains("\(status)"))
        }
        guard case .unauthorized(let failure) = self.classify(401, headers: headers) else {
            Issue.record("401")
            return
        }
        #expect(failure.retryAfter == .seconds(7))
    }

    // MARK: Item by item

    private func refusals(_ verdicts: [Int: ItemRefusal.Verdict]) -> IngestionResult {
        .outcome(
            .partiallyAccepted(
                verdicts.sorted { $0.key < $1.key }.map {
                    ItemRefusal(item: $0.key, verdict: $0.value)
                }
            )
        )
    }

    @Test func everyElementOfAPartialSuccessIsJudgedByItsStatus() {
        for status in [401, 403, 408, 429, 500, 502, 503, 504, 507, 509, 520, 529, 598, 599] {
            #expect(
                self.classify(206, #"{"errors":[{"index":2,"statusCode":\#(status)}]}"#)
                    == self.refusals([2: .retry])
            )
        }
        for (status, reason) in [
            ("402", DropReason.quota), ("439", .quota), ("413", .tooLarge), ("400", .rejected),
            ("404", .rejected), ("501", .rejected), ("null", .rejected), ("\"500x\"", .rejected),
            ("0", .rejected), ("-1", .rejected),
        ] {
            #expect(
                self.classify(206, #"{"errors":[{"index":2,"statusCode":\#(status)}]}"#)
                    == self.refusals([2: .drop(reason)])
            )
        }
    }

    @Test func hostilePositionsAreIgnoredAndCostNoOther() {
        let body = """
            {"itemsReceived":"4","itemsAccepted":"1","future":[],"errors":[
              {"index":3,"statusCode":500,"message":"m"},
              {"index":-1,"statusCode":500},{"index":null,"statusCode":500},{"statusCode":500},
              {"index":4,"statusCode":500},{"index":100000000000000,"statusCode":500},
              {"index":99999999999999999999999,"statusCode":500},{"index":1.5,"statusCode":500},
              {"index":true,"statusCode":500},{"index":[],"statusCode":500},7,null,
              {"index":"1","statusCode":"429","message":null},
              {"index":3,"statusCode":400},{"index":1,"statusCode":400},
              {"index":0,"statusCode":400,"message":"bad"}
            ]}
            """
        #expect(
            self.classify(206, body)
                == self.refusals([0: .drop(.rejected), 1: .retry, 3: .retry])
        )
    }

    @Test func whatTheServiceSampledOutCountsAsAccepted() {
        let body = """
            {"errors":[{"index":0,"statusCode":500,"message":"Telemetry Sampled Out."},
                       {"index":1,"statusCode":206,"message":"telemetry sampled out."}]}
            """
        #expect(self.classify(206, body) == .outcome(.accepted))
    }

    @Test func aBadRequestThatNamesItemsIsReadItemByItem() {
        let body = """
            {"itemsReceived":4,"itemsAccepted":0,"errors":[
              {"index":0,"statusCode":400},{"index":2,"statusCode":500}]}
            """
        #expect(
            self.classify(400, body)
                == self.refusals([
                    0: .drop(.rejected), 1: .drop(.rejected), 2: .retry, 3: .drop(.rejected),
                ])
        )
        let some = body.replacing("\"itemsAccepted\":0", with: "\"itemsAccepted\":2")
        #expect(self.classify(400, some) == self.refusals([0: .drop(.rejected), 2: .retry]))
    }

    @Test func twoHundredIsSuccessEvenWithErrors() {
        #expect(
            self.classify(200, #"{"errors":[{"index":0,"statusCode":500}]}"#)
                == .outcome(.accepted)
        )
    }

    @Test func aServicesWordsAreShownWithoutKeys() {
        let body = """
            {"errors":[{"index":null,"statusCode":400,"message":"Invalid key \
            12345678-90ab-cdef-1234-567890abcdef, Bearer eyJhbGciOi1234567890abcdef, time\\n\
            missing \(String(repeating: "long ", count: 100))"}]}
            """
        guard case .outcome(.refused(.rejected, let text)) = self.classify(400, body, items: 1)
        else {
            Issue.record("not refused")
            return
        }
        #expect(text.contains("Invalid key"))
        #expect(text.contains("time missing"))
        #expect(!text.contains("90ab"))
        #expect(!text.contains("eyJ"))
        #expect(text.count < 300)
    }
}

@Suite struct RetryAfterTests {
    /// Sunday, 2025-07-20T08:00:00Z.
    private static let now = Timestamp(nanosecondsSinceEpoch: 1_752_998_400_000_000_000)

    @Test(
        arguments: [
            ("1", .seconds(1)), ("60", .seconds(60)), (" 5 ", .seconds(5)), ("0", .seconds(1)),
            ("0.2", .seconds(1)), ("1.5", .milliseconds(1500)), ("3600", .seconds(3600)),
            ("3601", .seconds(3600)), ("100000000000000", .seconds(3600)),
            ("99999999999999999999999999999", .seconds(3600)),
            (String(repeating: "9", count: 400), .seconds(3600)),
            ("Sun, 20 Jul 2025 08:01:00 GMT", .seconds(60)),
            ("Sunday, 20-Jul-25 08:01:00 GMT", .seconds(60)),
            ("Sun Jul 20 08:01:00 2025", .seconds(60)),
            ("Sat, 19 Jul 2025 08:01:00 GMT", .seconds(1)),
            ("Fri, 31 Dec 9999 23:59:59 GMT", .seconds(3600)),
            ("-5", nil), ("+5", nil), ("", nil), ("soon", nil), ("1,5", nil), ("1.", nil),
            (".5", nil),
            ("1e3", nil), ("0x10", nil), ("nan", nil), ("inf", nil), ("1.2.3", nil), ("٣", nil),
            ("Sun, 32 Jul 2025 08:01:00 GMT", nil), ("Sun, 20 Foo 2025 08:01:00 GMT", nil),
            ("Sun, 20 Jul 2025 24:01:00 GMT", nil), ("Sun, 20 Jul 2025 08:01:00 PST", nil),
            ("Sun, 20 Jul 20250 08:01:00 GMT", nil), ("a b c d e f", nil),
        ] as [(String, Duration?)]
    )
    func everyFormIsReadAndClamped(text: String, expected: Duration?) {
        let headers: HTTPFields = [.retryAfter: text]
        #expect(RetryAfter.duration(in: headers, now: Self.now) == expected)
    }

    @Test func millisecondFieldsComeFirstIfTheyCanBeRead() throws {
        let own = try #require(HTTPField.Name("x-ms-retry-after-ms"))
        let plain = try #require(HTTPField.Name("retry-after-ms"))
        var headers: HTTPFields = [.retryAfter: "9", own: "2500"]
        #expect(RetryAfter.duration(in: headers, now: Self.now) == .milliseconds(2500))
        headers[plain] = "3500"
        #expect(RetryAfter.duration(in: headers, now: Self.now) == .milliseconds(3500))
        headers[plain] = "x"
        headers[own] = "-1"
        #expect(RetryAfter.duration(in: headers, now: Self.now) == .seconds(9))
        #expect(RetryAfter.duration(in: [:], now: Self.now) == nil)
    }

    @Test(
        arguments: [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
            ("Tue, 29 Feb 2000 12:00:00 GMT", 951_825_600),
            ("Mon, 01 Mar 2100 00:00:00 GMT", 4_107_542_400),
            ("Sun Nov  6 08:49:37 1994", 784_111_777),
            ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
            ("Wed, 31 Dec 1969 23:59:59 GMT", -1),
        ] as [(String, Int64)]
    )
    func datesAreExact(text: String, seconds: Int64) {
        #expect(HTTPDate.secondsSinceEpoch(text) == seconds)
    }
}
