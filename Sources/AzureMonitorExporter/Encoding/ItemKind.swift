/// What an item is, as its envelope says it.
enum ItemKind {
    case request
    case dependency
    case exception
    case message
    case event
    case availability
    case metric

    /// How an envelope of the kind begins, up to its time.
    var opening: StaticString {
        switch self {
        case .request: #"{"name":"Microsoft.ApplicationInsights.Request","time":"#
        case .dependency: #"{"name":"Microsoft.ApplicationInsights.RemoteDependency","time":"#
        case .exception: #"{"name":"Microsoft.ApplicationInsights.Exception","time":"#
        case .message: #"{"name":"Microsoft.ApplicationInsights.Message","time":"#
        case .event: #"{"name":"Microsoft.ApplicationInsights.Event","time":"#
        case .availability: #"{"name":"Microsoft.ApplicationInsights.Availability","time":"#
        case .metric: #"{"name":"Microsoft.ApplicationInsights.Metric","time":"#
        }
    }

    /// How an envelope goes on after its tags, up to the version of its data.
    var data: StaticString {
        switch self {
        case .request: #"},"data":{"baseType":"RequestData","baseData":{"ver":2"#
        case .dependency: #"},"data":{"baseType":"RemoteDependencyData","baseData":{"ver":2"#
        case .exception: #"},"data":{"baseType":"ExceptionData","baseData":{"ver":2"#
        case .message: #"},"data":{"baseType":"MessageData","baseData":{"ver":2"#
        case .event: #"},"data":{"baseType":"EventData","baseData":{"ver":2"#
        case .availability: #"},"data":{"baseType":"AvailabilityData","baseData":{"ver":2"#
        case .metric: #"},"data":{"baseType":"MetricData","baseData":{"ver":2"#
        }
    }
}
