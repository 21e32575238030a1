import Synchronization
import TelemetryModel
import Testing

@Suite struct InheritanceTests {
    final class Root: LocalRoot {
        private let state: Mutex<(snapshot: LocalRootSnapshot, reads: Int)>

        init(_ snapshot: LocalRootSnapshot) { self.state = Mutex((snapshot, 0)) }

        var snapshot: LocalRootSnapshot {
            self.state.withLock { state in
                state.reads += 1
                return state.snapshot
            }
        }

        var reads: Int { self.state.withLock { $0.reads } }
    }

    static let rootID = SpanID(rawValue: 42)

    static func root(
        hasEnded: Bool = true,
        kind: EndedSpan.Kind = .server,
        _ more: Attributes = [:]
    ) -> Root {
        var attributes: Attributes = [
            "http.request.method": "GET", "http.route": "/orders/{id}", "enduser.id": "anna",
            "enduser.pseudo.id": "p-1", "microsoft.session.id": "s-1",
            "client.address": "203.0.113.7", "user_agent.synthetic.type": "bot",
        ]
        attributes.merge(more)
        return Root(
            LocalRootSnapshot(
                hasEnded: hasEnded,
                spanID: Self.rootID,
                name: "GET",
                kind: kind,
                attributes: attributes
            )
        )
    }

    static func expectInherited(_ envelope: Envelope, operationName: String?) {
        #expect(envelope.tag("ai.operation.name") == operationName)
        #expect(envelope.tag("ai.user.authUserId") == "anna")
        #expect(envelope.tag("ai.user.id") == "p-1")
        #expect(envelope.tag("ai.session.id") == "s-1")
        #expect(envelope.tag("ai.location.ip") == "203.0.113.7")
        #expect(envelope.tag("ai.operation.syntheticSource") == "True")
        #expect(envelope.tag("ai.user.userAgent") == nil)
    }

    @Test(arguments: [EndedSpan.Kind.client, .producer, .internal])
    func dependencyAndItsEventsTakeTheNameOfAnEndedRequest(_ kind: EndedSpan.Kind) throws {
        let span = Mapped.ended(kind) {
            $0.parentSpanID = Self.rootID
            $0.localRoot = Self.root()
            $0.events = [
                .init(name: "exception", time: Mapped.start), .init(name: "x", time: Mapped.start),
            ]
        }
        let envelopes = try Mapped.envelopes(.spans([span]))
        #expect(envelopes.map(\.kind) == ["RemoteDependencyData", "ExceptionData", "MessageData"])
        for envelope in envelopes {
            Self.expectInherited(envelope, operationName: "GET /orders/{id}")
        }
    }

    @Test func logRecordTakesTheNameOfAnEndedRequest() throws {
        Self.expectInherited(
            try Mapped.log { $0.localRoot = Self.root() },
            operationName: "GET /orders/{id}"
        )
    }

    @Test func nameOfARunningRequestIsNotGuessed() throws {
        Self.expectInherited(
            try Mapped.log { $0.localRoot = Self.root(hasEnded: false) },
            operationName: nil
        )
    }

    @Test func overriddenOperationNameIsInherited() throws {
        let root = Self.root(["microsoft.operation_name": "Show order"])
        #expect(try Mapped.log { $0.localRoot = root }.tag("ai.operation.name") == "Show order")
    }

    @Test func nameOfAJobIsNoOperationName() throws {
        Self.expectInherited(
            try Mapped.log {
                $0.localRoot = Self.root(kind: .internal, ["microsoft.client.ip": "203.0.113.7"])
            },
            operationName: nil
        )
    }

    @Test func ownValuesWin() throws {
        let envelope = try Mapped.log([
            "enduser.id": "bernd", "microsoft.operation_name": "mine",
            "client.address": "192.0.2.1", "microsoft.session.id": "s-2",
        ]) { $0.localRoot = Self.root() }
        #expect(envelope.tag("ai.user.authUserId") == "bernd")
        #expect(envelope.tag("ai.operation.name") == "mine")
        #expect(envelope.tag("ai.location.ip") == "192.0.2.1")
        #expect(envelope.tag("ai.session.id") == "s-2")
        #expect(envelope.tag("ai.user.id") == "p-1")
    }

    @Test func rootItselfInheritsNothing() throws {
        // As it happens when the root was changed after its end: the span knows better.
        for kind in [EndedSpan.Kind.server, .internal] {
            let envelope = try Mapped.span(kind) {
                $0.context.spanID = Self.rootID
                $0.localRoot = Self.root(kind: kind)
            }
            #expect(envelope.tag("ai.user.authUserId") == nil)
            #expect(envelope.tag("ai.location.ip") == nil)
            #expect(envelope.tag("ai.operation.name") == (kind == .server ? "op" : nil))
        }
    }

    @Test func eventsOfARequestHaveItsTags() throws {
        let span = Mapped.ended(
            .server,
            ["enduser.id": "anna", "user_agent.original": "curl", "http.method": "GET"]
        ) { $0.events = [.init(name: "x", time: Mapped.start)] }
        let envelopes = try Mapped.envelopes(.spans([span]))
        #expect(envelopes[0].tag("ai.user.userAgent") == "curl")
        #expect(envelopes[1].tag("ai.user.authUserId") == "anna")
        #expect(envelopes[1].tag("ai.operation.name") == "op")
        #expect(envelopes[1].tag("ai.user.userAgent") == nil)
    }

    @Test func rootIsReadOnceInABatch() throws {
        let root = Self.root()
        let other = Self.root(["http.route": "/other"])
        let spans = (0..<10).map { index in
            Mapped.ended(.client) {
                $0.context.spanID = SpanID(rawValue: UInt64(100 + index))
                $0.parentSpanID = Self.rootID
                $0.localRoot = index == 9 ? other : root
            }
        }
        let envelopes = try Mapped.envelopes(.spans(spans))
        #expect(root.reads == 1)
        #expect(other.reads == 1)
        #expect(envelopes[8].tag("ai.operation.name") == "GET /orders/{id}")
        #expect(envelopes[9].tag("ai.operation.name") == "GET /other")
    }
}
