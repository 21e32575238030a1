/// The list of vendors' state that travels with a trace, newest first.
///
/// The engine passes it on and changes nothing in it; what a valid list is, the propagator checks
/// when it reads one.
///
/// - SeeAlso: [W3C Trace Context, tracestate](https://www.w3.org/TR/2021/REC-trace-context-1-20211123/#tracestate-header)
public struct TraceState: Hashable, Sendable {
    /// One vendor's entry.
    public struct Entry: Hashable, Sendable {
        /// The vendor's key, unique in a list.
        public var key: String

        /// The vendor's opaque value.
        public var value: String

        /// Creates an entry.
        public init(key: String, value: String) {
            self.key = key
            self.value = value
        }
    }

    /// The entries, newest first.
    public var entries: [Entry]

    /// Creates a list, empty unless told otherwise.
    public init(_ entries: [Entry] = []) {
        self.entries = entries
    }

    /// Whether the list has no entry.
    public var isEmpty: Bool { self.entries.isEmpty }

    /// The value that belongs to `key`, if there is one.
    public subscript(_ key: String) -> String? {
        self.entries.first { $0.key == key }?.value
    }
}

extension TraceState: CustomStringConvertible {
    /// The list as it stands in the `tracestate` header: `key=value,key=value`.
    public var description: String {
        self.entries.lazy.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
    }
}
