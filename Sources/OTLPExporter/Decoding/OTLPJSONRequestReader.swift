import TelemetryModel
import TelemetryTransport

/// Walks through a request from resource to scope to item, and keeps a list of what it skips.
struct OTLPJSONRequestReader {
    private(set) var contents = OTLPRequestContents()

    private let kind: OTLPRequestKind

    init(kind: OTLPRequestKind) {
        self.kind = kind
    }

    mutating func read(_ resources: [JSONValue]) {
        for (index, value) in resources.enumerated() {
            let path = "\(self.kind.rawValue)[\(index)]"
            do throws(UnreadableItem) {
                try self.readResource(try value.asObject(), path: path)
            } catch {
                self.contents.skip(error, at: path)
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
                self.contents.skip(error, at: path + suffix)
            }
        }
        self.contents.endBatch(of: resource)
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
        let items = "\(path).\(self.kind.itemsKey)"
        for (index, value) in try object.array(self.kind.itemsKey).enumerated() {
            do throws(UnreadableItem) {
                let item = try value.asObject()
                switch self.kind {
                case .traces: self.contents.append(try EndedSpan(json: item, scope: scope))
                case .logs: self.contents.append(try LogRecord(json: item, scope: scope))
                case .metrics:
                    let (metric, unreadable) = try Metric.read(json: item, scope: scope)
                    self.contents.append(metric, without: unreadable, at: "\(items)[\(index)]")
                }
            } catch {
                self.contents.skip(error, at: "\(items)[\(index)]")
            }
        }
    }
}
