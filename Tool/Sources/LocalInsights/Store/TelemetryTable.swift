/// A table of the store, named as in Application Insights.
package enum TelemetryTable: String, CaseIterable, Sendable {
    /// Work done for a caller.
    case requests
    /// Calls to others, and work inside the process.
    case dependencies
    /// Log messages.
    case traces
    /// Exceptions.
    case exceptions
    /// Events that the application names itself.
    case customEvents
    /// Metrics that the application names itself.
    case customMetrics
    /// Counters of the process and the machine.
    case performanceCounters
    /// Results of availability tests.
    case availabilityResults
    /// Pages seen by a user.
    case pageViews
    /// Timings of pages seen by a user.
    case browserTimings

    /// A column and its declared SQL type.
    package typealias Column = (name: String, type: String)

    /// The columns that every table begins with.
    package static let commonColumns: [Column] = [
        ("timestamp", "TEXT NOT NULL"),
        ("iKey", "TEXT NOT NULL"),
        ("sdkVersion", "TEXT"),
        ("itemCount", "INTEGER NOT NULL"),
        ("operation_Name", "TEXT"),
        ("operation_Id", "TEXT"),
        ("operation_ParentId", "TEXT"),
        ("operation_SyntheticSource", "TEXT"),
        ("cloud_RoleName", "TEXT"),
        ("cloud_RoleInstance", "TEXT"),
        ("application_Version", "TEXT"),
        ("client_IP", "TEXT"),
        ("user_Id", "TEXT"),
        ("user_AuthenticatedId", "TEXT"),
        ("session_Id", "TEXT"),
        ("customDimensions", "TEXT NOT NULL"),
        ("customMeasurements", "TEXT NOT NULL"),
    ]

    /// The columns that follow the common ones.
    package var ownColumns: [Column] {
        switch self {
        case .requests:
            [
                ("id", "TEXT"), ("name", "TEXT"), ("url", "TEXT"), ("source", "TEXT"),
                ("duration", "REAL"), ("resultCode", "TEXT"), ("success", "INTEGER"),
            ]
        case .dependencies:
            [
                ("id", "TEXT"), ("name", "TEXT"), ("target", "TEXT"), ("type", "TEXT"),
                ("data", "TEXT"), ("duration", "REAL"), ("resultCode", "TEXT"),
                ("success", "INTEGER"),
            ]
        case .traces:
            [("message", "TEXT"), ("severityLevel", "INTEGER")]
        case .exceptions:
            [
                ("type", "TEXT"), ("message", "TEXT"), ("outerMessage", "TEXT"),
                ("problemId", "TEXT"), ("severityLevel", "INTEGER"), ("details", "TEXT"),
            ]
        case .customEvents:
            [("name", "TEXT")]
        case .customMetrics, .performanceCounters:
            [
                ("name", "TEXT"), ("value", "REAL"), ("valueSum", "REAL"),
                ("valueCount", "INTEGER"), ("valueMin", "REAL"), ("valueMax", "REAL"),
            ]
        case .availabilityResults:
            [
                ("id", "TEXT"), ("name", "TEXT"), ("duration", "REAL"), ("success", "INTEGER"),
                ("location", "TEXT"), ("message", "TEXT"),
            ]
        case .pageViews:
            [("id", "TEXT"), ("name", "TEXT"), ("url", "TEXT"), ("duration", "REAL")]
        case .browserTimings:
            [
                ("id", "TEXT"), ("name", "TEXT"), ("url", "TEXT"), ("totalDuration", "REAL"),
                ("networkDuration", "REAL"), ("sendDuration", "REAL"),
                ("receiveDuration", "REAL"), ("processingDuration", "REAL"),
            ]
        }
    }

    /// Whether items of the table belong to an operation and are looked up by its id.
    var hasOperations: Bool {
        switch self {
        case .customMetrics, .performanceCounters: false
        default: true
        }
    }
}
