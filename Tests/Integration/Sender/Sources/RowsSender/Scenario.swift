import Foundation

/// What both senders send: the contents of scenario.json.
struct Scenario: Decodable {
    /// Nanoseconds since 1970 that all offsets count from.
    var start: UInt64
    var sessions: [Session]

    /// A pipeline and what goes through it.
    struct Session: Decodable {
        var role: String
        var resource: [String: ScenarioValue]
        /// The share of traces to keep; absent for all of them, without a sample rate.
        var ratio: Double?
        var spans: [Span]?
        var logs: [Log]?
        var metrics: [Metric]?
    }

    struct Span: Decodable {
        var `case`: String
        var kind: String
        var name: String
        /// Milliseconds after the start of the scenario, which is the default.
        var at: UInt64?
        /// How long it takes, in nanoseconds; 25 ms if absent.
        var nanoseconds: UInt64?
        /// A `traceparent` header; else the span around it, if there is one.
        var parent: String?
        var attributes: [String: ScenarioValue]?
        /// `ok`, `error`, or absent.
        var status: String?
        var statusMessage: String?
        var events: [Event]?
        var links: [Link]?
        var logs: [Log]?
        var children: [Span]?
    }

    struct Event: Decodable {
        var name: String?
        /// The message of an error to record instead of an event with a name.
        var error: String?
        /// Milliseconds after the start of the span; 5 if absent.
        var at: UInt64?
        var attributes: [String: ScenarioValue]?
    }

    struct Link: Decodable {
        /// A `traceparent` header.
        var to: String
        /// How many of it; one if absent.
        var times: Int?
        var attributes: [String: ScenarioValue]?
    }

    struct Log: Decodable {
        var `case`: String
        var level: String
        var body: ScenarioValue
        /// The message of an error that is logged.
        var error: String?
        var attributes: [String: ScenarioValue]?
    }

    struct Metric: Decodable {
        var `case`: String
        var instrument: String
        var name: String
        var values: [Double]
        var dimensions: [String: String]?
    }

    /// The keys of all attributes of spans and records, sorted.
    var attributeKeys: [String] {
        var keys: Set<String> = []
        func add(_ attributes: [String: ScenarioValue]?) {
            keys.formUnion((attributes ?? [:]).keys)
        }
        func add(_ span: Span) {
            add(span.attributes)
            for event in span.events ?? [] { add(event.attributes) }
            for link in span.links ?? [] { add(link.attributes) }
            for log in span.logs ?? [] { add(log.attributes) }
            for child in span.children ?? [] { add(child) }
        }
        for session in self.sessions {
            for span in session.spans ?? [] { add(span) }
            for log in session.logs ?? [] { add(log.attributes) }
        }
        return keys.sorted()
    }
}

/// An attribute value.
///
/// | JSON                          | Value                                                       |
/// | ----------------------------- | --------------------------------------------------- |
/// | text, integer, Boolean        | the same                                            |
/// | `{"double": "1.0"}`           | a double, also one that JSON has no number for      |
/// | `{"repeat": "x", "times": 9}` | a text of that many copies                          |
/// | `{"map": {…}}`                | a map; log records alone have them                  |
/// | array                         | an array of these, all of one type                  |
enum ScenarioValue: Decodable {
    case bool(Bool)
    case int(Int64)
    case double(Double)
    case string(String)
    case array([ScenarioValue])
    case map([String: ScenarioValue])

    private enum Key: String, CodingKey { case double, `repeat`, times, map }

    init(from decoder: any Decoder) throws {
        if let object = try? decoder.container(keyedBy: Key.self), !object.allKeys.isEmpty {
            if object.contains(.double) {
                let text = try object.decode(String.self, forKey: .double)
                guard let number = Double(text) else {
                    throw DecodingError.dataCorruptedError(
                        forKey: .double,
                        in: object,
                        debugDescription: text
                    )
                }
                self = .double(number)
            } else if object.contains(.map) {
                self = .map(try object.decode([String: ScenarioValue].self, forKey: .map))
            } else {
                let text = try object.decode(String.self, forKey: .repeat)
                let times = try object.decode(Int.self, forKey: .times)
                self = .string(String(repeating: text, count: times))
            }
            return
        }
        let single = try decoder.singleValueContainer()
        if let value = try? single.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? single.decode(Int64.self) {
            self = .int(value)
        } else if let value = try? single.decode(String.self) {
            self = .string(value)
        } else {
            self = .array(try single.decode([ScenarioValue].self))
        }
    }

    /// The text of a text; empty for other values.
    var text: String {
        if case .string(let text) = self { text } else { "" }
    }
}
