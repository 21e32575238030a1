import AzureMonitorExporter
import TelemetryModel
import Testing

/// Rules of the span mapping that no conformance vector covers.
@Suite struct SpanRuleTests {
    @Test(arguments: [(404, false), (399, true), (500, false), (0, true)])
    func codeDecidesTheSuccessOfAnHTTPDependency(_ code: Int64, _ isSuccess: Bool) throws {
        let envelope = try Mapped.span(
            .client,
            ["http.request.method": "GET", "http.response.status_code": .int(code)]
        )
        #expect(envelope.data["success"]?.bool == isSuccess)
    }

    @Test func rpcStatusNeverDecidesSuccess() throws {
        let envelope = try Mapped.span(
            .client,
            ["rpc.system": "grpc", "rpc.grpc.status_code": 500]
        )
        #expect(envelope.data["resultCode"]?.string == "500")
        #expect(envelope.data["success"]?.bool == true)
    }

    @Test func overriddenCodeDoesNotDecideSuccess() throws {
        let request = try Mapped.span(
            .server,
            [
                "http.method": "GET", "http.status_code": 200,
                "microsoft.request.resultCode": "500",
            ]
        )
        #expect(request.data["responseCode"]?.string == "500")
        #expect(request.data["success"]?.bool == true)
    }

    @Test(arguments: [
        (AttributeValue.double(200.7), "200"), (.bool(true), "1"), (" 201 ", "201"),
        ("200.7", "0"), ("abc", "0"), (.double(.nan), "0"), (.double(1e300), "0"), (-1, "-1"),
    ])
    func statusCodeIsAnInteger(_ value: AttributeValue, _ code: String) throws {
        let envelope = try Mapped.span(
            .server,
            ["http.method": "GET", "http.status_code": value]
        )
        #expect(envelope.data["responseCode"]?.string == code)
        let isRead = code != "0"
        #expect((envelope.property("http.status_code") == nil) == isRead)
    }

    @Test func linkWithoutTimeGivesNoMeasurement() throws {
        let envelope = try Mapped.span(.consumer, ["az.namespace": "x"]) {
            $0.links = [
                .init(context: $0.context),
                .init(context: $0.context, attributes: ["enqueuedTime": "x"]),
                .init(context: $0.context, attributes: ["enqueuedTime": .int(.min)]),
            ]
        }
        #expect(envelope.data["measurements"] == .object([]))
    }

    @Test func messagesFromTheFutureHaveNotWaited() throws {
        let envelope = try Mapped.span(.consumer, ["az.namespace": "x"]) {
            $0.links = [
                .init(context: $0.context, attributes: ["enqueuedTime": 1_700_000_009_000])
            ]
        }
        #expect(envelope.data["measurements"]?["timeSinceEnqueued"]?.number == 0)
    }

    @Test func ownRateOfTheSpanWins() throws {
        let spans = [
            Mapped.ended(.server, ["_MS.sampleRate": 25]) { $0.sampleRate = 10 },
            Mapped.ended(.server, ["_MS.sampleRate": 25]) { $0.sampleRate = 200 },
            Mapped.ended(.server, ["_MS.sampleRate": "25"]),
            Mapped.ended(.server) { $0.sampleRate = 100 },
            Mapped.ended(.server),
        ]
        let envelopes = try Mapped.envelopes(.spans(spans))
        #expect(envelopes.map { $0.json["sampleRate"]?.number } == [10, 25, nil, 100, nil])
        #expect(envelopes.allSatisfy { $0.property("_MS.sampleRate") == nil })
    }

    @Test func statusDescriptionReplacesNoAttribute() throws {
        let envelope = try Mapped.span(.server, ["otel.status_description": "mine"]) {
            $0.status = .error(message: "theirs")
        }
        #expect(envelope.property("otel.status_description") == "mine")
    }

    @Test func linksReplaceAnAttributeOfTheirName() throws {
        let envelope = try Mapped.span(.server, ["_MS.links": "mine"]) {
            $0.links = [.init(context: $0.context)]
        }
        #expect(
            envelope.property("_MS.links")
                == #"[{"operation_Id":"0af7651916cd43dd8448eb211c80319c","id":"b7ad6b7169203331"}]"#
        )
    }

    @Test func invalidIDsHaveNoTag() throws {
        let envelope = try Mapped.span {
            $0.context.traceID = .invalid
            $0.parentSpanID = .invalid
        }
        #expect(envelope.tag("ai.operation.id") == nil)
        #expect(envelope.tag("ai.operation.parentId") == nil)
    }

    // MARK: URLs

    @Test(arguments: [
        ("https://user:p%40ss@h.example/a?x=1#f", "https://h.example/a?x=1#f"),
        ("https://user@h.example", "https://h.example"),
        ("//user:pw@h.example/a", "//h.example/a"),
        ("https://a@b@h.example/", "https://h.example/"),
        ("https://h.example/a@b?c=d@e", "https://h.example/a@b?c=d@e"),
        ("/a@b", "/a@b"),
        ("mailto:a@b", "mailto:a@b"),
    ])
    func userAndPasswordNeverLeaveTheProcess(_ url: String, _ clean: String) throws {
        for key in ["url.full", "http.url"] {
            let attributes: Attributes = [key: .string(url), "http.method": "GET"]
            #expect(try Mapped.span(.client, attributes).data["data"]?.string == clean)
            #expect(try Mapped.span(.server, attributes).data["url"]?.string == clean)
            #expect(try Mapped.span(.internal, attributes).property(key) == clean)
            #expect(try Mapped.log(attributes).property(key) == clean)
        }
    }

    @Test func targetHasNoUserEither() throws {
        let envelope = try Mapped.span(
            .client,
            ["http.method": "GET", "http.host": "user:pw@h.example:8080"]
        )
        #expect(envelope.data["target"]?.string == "h.example:8080")
    }

    @Test func queryIsLeftOutOnDemand() throws {
        let encoder = Mapped.encoder { $0.redactsQueries = true }
        let spans = [EndedSpan.Kind.server, .client].map {
            Mapped.ended(
                $0,
                ["http.method": "GET", "url.full": "https://u@h.example/a?secret=1#f"]
            )
        }
        let envelopes = try Mapped.envelopes(.spans(spans), encoder: encoder)
        #expect(envelopes[0].data["url"]?.string == "https://h.example/a#f")
        #expect(envelopes[1].data["data"]?.string == "https://h.example/a#f")
    }

    @Test(arguments: [
        ("http://h/a/b;x=1?q", "GET /a/b"), ("http://h", "GET /"), ("a/b", "GET a/b"),
        ("http://h/a;b/c;d", "GET /a;b/c"), ("http://h?x", "GET /"), ("http://h]/x", "op"),
    ])
    func pathOfTheURLNamesARequestWithoutRoute(_ url: String, _ name: String) throws {
        let envelope = try Mapped.span(
            .server,
            ["http.request.method": "GET", "url.full": .string(url)]
        )
        #expect(envelope.data["name"]?.string == name)
        #expect(envelope.tag("ai.operation.name") == name)
    }

    @Test(
        arguments: [
            (["url.full": "https://[::1]:443/", "url.scheme": "https"], "::1"),
            (["url.full": "https://[::1]:8443/", "url.scheme": "https"], "[::1]:8443"),
            (["http.host": "H.example:x", "server.port": 1], nil),
            (["http.host": "H.example:x", "url.full": "http://other/", "peer.service": ""], nil),
            (["server.address": "h", "server.port": "443", "url.scheme": "https"], "h:443"),
            (["server.address": "h", "server.port": 80, "http.scheme": "http"], "h"),
            (["url.full": "https://h.example:99999/x"], "h.example:99999"),
        ] as [(Attributes, String?)]
    )
    func targetOfAnHTTPCall(_ attributes: Attributes, _ target: String?) throws {
        var attributes = attributes
        attributes["http.method"] = "GET"
        #expect(try Mapped.span(.client, attributes).data["target"]?.string == target)
    }

    // MARK: Properties

    @Test func firstOfEqualKeysWins() throws {
        var attributes: Attributes = [:]
        for value in [AttributeValue.null, "first", "second"] {
            attributes.append(key: "twice", value: value)
            attributes.append(key: "http.route", value: value)
        }
        let envelope = try Mapped.span(.internal, attributes)
        #expect(envelope.property("twice") == "first")
        #expect(envelope.property("http.route") == "first")
    }

    @Test func keysThatOnlyLookEqualBothStay() throws {
        let envelope = try Mapped.span(.internal, ["caf\u{E9}": "1", "cafe\u{301}": "2"])
        #expect(envelope.property("caf\u{E9}") == "1")
        #expect(envelope.property("cafe\u{301}") == "2")
    }

    @Test func manyAttributesAreKeptApart() throws {
        var attributes: Attributes = [:]
        for index in 0..<300 {
            attributes.append(key: "key.\(index % 150)", value: .int(Int64(index)))
        }
        attributes.append(key: "enduser.id", value: "anna")
        attributes.append(key: "url.path", value: "/stays")
        let envelope = try Mapped.span(.server, attributes)
        #expect(envelope.properties.members?.count == 151)
        #expect(envelope.property("key.149") == "149")
        #expect(envelope.property("enduser.id") == nil)
        #expect(envelope.property("url.path") == "/stays")
    }

    @Test func conversationsWithModelsAreLong() throws {
        let text = String(repeating: "m", count: 300_000)
        let envelope = try Mapped.span(
            .internal,
            ["gen_ai.input.messages": .string(text), "gen_ai.other": .string(text)]
        )
        #expect(envelope.property("gen_ai.input.messages")?.utf16.count == 262_144)
        #expect(envelope.property("gen_ai.other")?.utf16.count == 8192)
    }

    @Test func notANumberIsATextAsAProperty() throws {
        let envelope = try Mapped.span(
            .internal,
            ["a": .double(.nan), "b": .double(-.infinity), "c": .array([.double(.infinity)])]
        )
        #expect(envelope.property("a") == "nan")
        #expect(envelope.property("b") == "-inf")
        #expect(envelope.property("c") == #"["inf"]"#)
    }

    @Test func endlessNestingEnds() throws {
        var value = AttributeValue.array([])
        for _ in 0..<2000 { value = .array([value]) }
        let text = try #require(try Mapped.span(.internal, ["deep": value]).property("deep"))
        #expect(
            text == String(repeating: "[", count: 64) + "null" + String(repeating: "]", count: 64)
        )
    }

    // MARK: Measurements

    @Test func measurementsOfEveryForm() throws {
        let long = String(repeating: "k", count: 149)
        let texts: [(AttributeValue, [String: Double])] = [
            (#"{"a": NaN, "b": Infinity, "c": -Infinity, "d": 1e400, "e": 2}"#, ["e": 2]),
            (#"{"a": 1} x"#, [:]), (#"[1]"#, [:]), (#"{"a": 01}"#, [:]), ("", [:]), ("{}", [:]),
            (#"{"a": 1, "a": 2}"#, ["a": 2]),
            (#"{"\u00e9\ud83d\ude00\n": 1}"#, ["é😀\n": 1]),
            (.string("{\"\(long)xy\": 1, \"\(long)xz\": 2}"), ["\(long)x": 2]),
            (
                .map(["a": 1, "b": .double(0.5), "c": "3", "d": .double(.nan), "": 4]),
                ["a": 1, "b": 0.5]
            ),
            (17, [:]),
        ]
        for (value, expected) in texts {
            let envelope = try Mapped.span(.server, ["microsoft.custom_measurements": value])
            let members = try #require(envelope.data["measurements"]?.members)
            let actual = Dictionary(
                uniqueKeysWithValues: members.compactMap { member in
                    member.value.number.map { (member.key, $0) }
                }
            )
            #expect(actual == expected)
            #expect(envelope.property("microsoft.custom_measurements") == nil)
        }
    }
}
