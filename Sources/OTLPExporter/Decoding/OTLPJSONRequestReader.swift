import TelemetryModel
import TelemetryTransport

/// Walks through a request from resource to scope to item, and keeps a list of what it skips.
struct OTLPJSONRequestReader {
    private(set) var batches: [ExportBatch] = []
    private(set) var skipped: [OTLPExportRequest.SkippedItem] = []

    private let kind: OTLPRequestKind
    private var spans: [EndedSpan] = []
    private var logs: [LogRecord] = []
    private var metrics: [Metric] = []

    init(kind: OTLPRequestKind) {
        self.kind = kind
    }

    mutating func read(_ resources: [JSONValue]) {
        for (index, value) in resources.enumerated() {
            let path = "\(self.kind.rawValue)[\(index)]"
            do throws(UnreadableItem) {
                try self.readResource(try value.asObject(), path: path)
            } catch {
                self.skip(error, at: path)
            }
        }
    }

    private mutating func readResource(
        _ object: JSONObject,
        path: String
    ) throws(UnreadableItem) {
        var resource = Resource(schemaURL: try object.nonEmptyString("schemaUrl"))
        if let member = try object.object("resource") {
            resource.attributes = try at("resource") { () throws(UnreadableItem) in
                try member.attributes()
            }
        }
        for (index, value) in try object.array(self.kind.scopesKey).enumerated() {
            let suffix = ".\(self.kind.scopesKey)[\(index)]"
            do throws(UnreadableItem) {
                try self.readScope(try value.asObject(), path: path + suffix)
            } catch {
                self.skip(error, at: path + suffix)
            }
        }
        switch self.kind {
        case .traces where !self.spans.isEmpty:
            self.batches.append(ExportBatch(resource: resource, records: .spans(self.spans)))
            self.spans = []
        case .logs where !self.logs.isEmpty:
            self.batches.append(ExportBatch(resource: resource, records: .logs(self.logs)))
            self.logs = []
        case .metrics where !self.metrics.isEmpty:
            self.batches.append(ExportBatch(resource: resource, records: .metrics(self.metrics)))
            self.metrics = []
        default:
            break
        }
    }

    private mutating func readScope(_ object: JSONObject, path: String) throws(UnreadableItem) {
        var scope = InstrumentationScope(name: "")
        if let member = try object.object("scope") {
            scope = try at("scope") { () throws(UnreadableItem) in
                InstrumentationScope(
                    name: try member.string("name") ?? "",
                    version: try member.nonEmptyString("version"),
                    attributes: try member.attributes()
                )
            }
        }
        for (index, value) in try object.array(self.kind.itemsKey).enumerated() {
            do throws(UnreadableItem) {
                let item = try value.asObject()
                switch self.kind {
                case .traces: self.spans.append(try EndedSpan(json: item, scope: scope))
                case .logs: self.logs.append(try LogRecord(json: item, scope: scope))
                case .metrics:
                    let (metric, unreadable) = try Metric.read(json: item, scope: scope)
                    for error in unreadable {
                        self.skip(error, at: "\(path).\(self.kind.itemsKey)[\(index)]")
                    }
                    if metric.pointCount > 0 { self.metrics.append(metric) }
                }
            } catch {
                self.skip(error, at: "\(path).\(self.kind.itemsKey)[\(index)]")
            }
        }
    }

    private mutating func skip(_ error: UnreadableItem, at path: String) {
        let error = error.inside(path)
        self.skipped.append(.init(path: error.path, reason: error.reason))
    }
}
