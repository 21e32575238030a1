public import ServiceContextModule

/// Named values that travel with a request through all services.
///
/// Everybody on the way can read them: no secrets.
///
/// ```swift
/// var context = ServiceContext.current ?? .topLevel
/// context.baggage["tenant"] = "contoso"
/// ```
public struct Baggage: Sendable, Hashable {
    /// A value and what is said about it.
    public struct Entry: Sendable, Hashable {
        /// The value; any text.
        public var value: String
        /// Properties of the entry as they stand in the header, `key=value;flag`; usually none.
        public var metadata: String?

        /// Creates an entry.
        public init(value: String, metadata: String? = nil) {
            self.value = value
            self.metadata = metadata
        }
    }

    /// The entries by name.
    public private(set) var entries: [String: Entry] = [:]

    /// The names, in the order in which they came.
    public private(set) var names: [String] = []

    /// Creates empty baggage.
    public init() {}

    /// Whether there is no entry.
    public var isEmpty: Bool { self.names.isEmpty }

    /// The value of an entry; setting `nil` removes it, setting a value drops its metadata.
    public subscript(_ name: String) -> String? {
        get { self.entries[name]?.value }
        set { self.set(name, newValue.map { Entry(value: $0) }) }
    }

    /// Sets or removes an entry.
    public mutating func set(_ name: String, _ entry: Entry?) {
        if self.entries.updateOrRemove(entry, forKey: name) {
            if entry == nil { self.names.removeAll { $0 == name } }
        } else if entry != nil {
            self.names.append(name)
        }
    }
}

extension Dictionary {
    /// Sets or removes a value; returns whether there was one.
    fileprivate mutating func updateOrRemove(_ value: Value?, forKey key: Key) -> Bool {
        if let value { return self.updateValue(value, forKey: key) != nil }
        return self.removeValue(forKey: key) != nil
    }
}

extension ServiceContext {
    private enum BaggageKey: ServiceContextKey {
        typealias Value = Baggage
        static var nameOverride: String? { "baggage" }
    }

    /// The baggage of this context; empty unless somebody set any.
    public var baggage: Baggage {
        get { self[BaggageKey.self] ?? Baggage() }
        set { self[BaggageKey.self] = newValue.isEmpty ? nil : newValue }
    }
}
