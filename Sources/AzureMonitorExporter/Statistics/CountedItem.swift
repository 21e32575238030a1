/// An item of a body, as far as the statistics of the SDK tell items apart.
struct CountedItem: Hashable {
    /// The `telemetryType` of the statistics.
    enum Kind: String {
        case request = "REQUEST"
        case dependency = "DEPENDENCY"
        case exception = "EXCEPTION"
        case message = "TRACE"
        case event = "CUSTOM_EVENT"
        case metric = "CUSTOM_METRIC"
        case availability = "AVAILABILITY"
        case unknown = "UNKNOWN"
    }

    /// What the item is.
    var kind: Kind
    /// Whether the request or call succeeded; `nil` for other kinds, and if the item does not say.
    var isSuccess: Bool?
    /// Whether the item is itself one of the statistics.
    var isStatistic = false

    /// Creates an item of which nothing else is known.
    init(kind: Kind) {
        self.kind = kind
    }

    /// Reads an envelope as ``EnvelopeWriter`` writes it.
    init(_ envelope: ArraySlice<UInt8>) {
        // Members have a fixed order, and a quotation mark inside a text is escaped: what stands
        // first is the envelope's own.
        guard let data = envelope.end(of: #""data":{"baseType":""#) else {
            self.kind = .unknown
            return
        }
        let rest = envelope[data...]
        self.kind =
            switch String(decoding: rest.prefix { $0 != UInt8(ascii: "\"") }, as: UTF8.self) {
            case "RequestData": .request
            case "RemoteDependencyData": .dependency
            case "ExceptionData": .exception
            case "MessageData": .message
            case "EventData": .event
            case "AvailabilityData": .availability
            case "MetricData": .metric
            default: .unknown
            }
        switch self.kind {
        case .request, .dependency:
            if let value = rest.end(of: #","success":"#) {
                self.isSuccess = rest[value...].starts(with: "true".utf8)
            }
        case .metric:
            if let name = rest.end(of: #""metrics":[{"name":""#) {
                let text = rest[name...].prefix { $0 != UInt8(ascii: "\"") }
                self.isStatistic = CustomerStatistics.metricNames.contains {
                    text.elementsEqual($0.utf8)
                }
            }
        default: break
        }
    }
}

extension ArraySlice<UInt8> {
    /// Where the first occurrence of a text ends; `nil` if there is none.
    fileprivate func end(of text: StaticString) -> Int? {
        let pattern = Array(text.description.utf8)
        guard let first = pattern.first else { return nil }
        var rest = self
        while let start = rest.firstIndex(of: first) {
            rest = rest[start...]
            if rest.starts(with: pattern) { return start + pattern.count }
            rest = rest.dropFirst()
        }
        return nil
    }
}
