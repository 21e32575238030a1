public import Instrumentation

/// Names and values that travel with a context, to every service that is called inside it.
///
/// Whoever is called can read them: no secrets, nothing personal. Names are case-sensitive; the
/// order is that in which they were first set.
///
/// - SeeAlso: [W3C Baggage](https://www.w3.org/TR/2024/CRD-baggage-20240530/)
public struct Baggage: Hashable, Sendable {
    /// What belongs to one name.
    public struct Entry: Hashable, Sendable {
        /// The value; any text.
        public var value: String

        /// Properties of the entry as they stand in the header, such as `ttl=60;internal`; empty if
        /// there are none.
        public var metadata: String

        /// Creates an entry.
        public init(value: String, metadata: String = "") {
            self.value = value
            self.metadata = metadata
        }
    }

    /// The names, in the order in which they were set.
    public private(set) var names: [String] = []

    private var entries: [String: Entry] = [:]

    /// Creates empty baggage.
    public init() {}

    /// Whether there is no entry.
    public var isEmpty: Bool { self.names.isEmpty }

    /// How many entries there are.
    public var count: Int { self.names.count }

    /// The entry of `name`; setting `nil` removes it.
    ///
    /// A name that is not a token of HTTP (letters, digits and some punctuation) is kept here, but
    /// cannot travel.
    public subscript(entry name: String) -> Entry? {
        get { self.entries[name] }
        set {
            let old = self.entries[name]
            self.entries[name] = newValue
            if old == nil, newValue != nil {
                self.names.append(name)
            } else if old != nil, newValue == nil {
                self.names.removeAll { $0 == name }
            }
        }
    }

    /// The value of `name`; setting it keeps the metadata, setting `nil` removes the entry.
    public subscript(_ name: String) -> String? {
        get { self.entries[name]?.value }
        set {
            guard let newValue else {
                self[entry: name] = nil
                return
            }
            self[entry: name] = Entry(
                value: newValue,
                metadata: self.entries[name]?.metadata ?? ""
            )
        }
    }
}

extension Baggage: ExpressibleByDictionaryLiteral {
    /// Creates baggage without metadata; of a name that comes twice the last value counts.
    public init(dictionaryLiteral elements: (String, String)...) {
        self.init()
        for (name, value) in elements {
            self[name] = value
        }
    }
}

private enum BaggageKey: ServiceContextKey {
    typealias Value = Baggage
}

extension ServiceContext {
    /// What travels with this context; `nil` if nothing does.
    public var baggage: Baggage? {
        get { self[BaggageKey.self] }
        set { self[BaggageKey.self] = newValue.flatMap { $0.isEmpty ? nil : $0 } }
    }
}
