import TelemetryModel

/// Walks through a request from resource to scope to item, and keeps a list of what it skips.
struct OTLPProtobufRequestReader {
    private(set) var contents = OTLPRequestContents()

    private let kind: OTLPRequestKind

    init(kind: OTLPRequestKind) {
        self.kind = kind
    }

    mutating func read(_ request: ProtobufReader) throws(UnreadableItem) {
        // Bytes that break off are to be refused before any of them is taken.
        var resources: [ProtobufReader] = []
        try request.forEachField { (field) throws(UnreadableItem) in
            if case (1, .bytes(let resource)) = (field.number, field.value) {
                resources.append(resource)
            }
        }
        for (index, reader) in resources.enumerated() {
            self.readResource(reader, path: "\(self.kind.rawValue)[\(index)]")
        }
    }

    private mutating func readResource(_ reader: ProtobufReader, path: String) {
        let parts = self.parts(of: reader, path: path)
        var resource = Resource(schemaURL: parts.schemaURL)
        var attributes = UniqueAttributes()
        do throws(UnreadableItem) {
            for member in parts.headers {
                try member.forEachField { (field) throws(UnreadableItem) in
                    if case (1, .bytes(let pair)) = (field.number, field.value) {
                        try attributes.append(protobuf: pair)
                    }
                }
            }
        } catch {
            self.contents.skip(error.inside("resource"), at: path)
            return
        }
        resource.attributes = attributes.attributes
        for (index, scope) in parts.elements.enumerated() {
            self.readScope(scope, path: "\(path).\(self.kind.scopesKey)[\(index)]")
        }
        self.contents.endBatch(of: resource)
    }

    private mutating func readScope(_ reader: ProtobufReader, path: String) {
        let parts = self.parts(of: reader, path: path)
        var scope = InstrumentationScope(name: "")
        do throws(UnreadableItem) {
            scope = try InstrumentationScope(protobuf: parts.headers)
        } catch {
            self.contents.skip(error.inside("scope"), at: path)
            return
        }
        let items = "\(path).\(self.kind.itemsKey)"
        for (index, reader) in parts.elements.enumerated() {
            do throws(UnreadableItem) {
                switch self.kind {
                case .traces:
                    self.contents.append(try EndedSpan(protobuf: reader, scope: scope))
                case .logs:
                    self.contents.append(try LogRecord(protobuf: reader, scope: scope))
                case .metrics:
                    let (metric, unreadable) = try Metric.read(protobuf: reader, scope: scope)
                    self.contents.append(metric, without: unreadable, at: "\(items)[\(index)]")
                }
            } catch {
                self.contents.skip(error, at: "\(items)[\(index)]")
            }
        }
    }

    /// The parts of a resource's or scope's message, which may come in any order.
    private struct Parts {
        /// The resource or scope itself, in one part or several.
        var headers: [ProtobufReader] = []
        /// The scopes or items.
        var elements: [ProtobufReader] = []
        var schemaURL: String?
    }

    /// Finds the parts; if the message breaks off, what comes before that counts.
    private mutating func parts(of reader: ProtobufReader, path: String) -> Parts {
        var parts = Parts()
        do throws(UnreadableItem) {
            try reader.forEachField { (field) throws(UnreadableItem) in
                switch (field.number, field.value) {
                case (1, .bytes(let header)): parts.headers.append(header)
                case (2, .bytes(let element)): parts.elements.append(element)
                case (3, .bytes(let text)): parts.schemaURL = text.nonEmptyText
                default: break
                }
            }
        } catch {
            self.contents.skip(error, at: path)
        }
        return parts
    }
}

extension InstrumentationScope {
    fileprivate init(protobuf parts: [ProtobufReader]) throws(UnreadableItem) {
        var scope = InstrumentationScope(name: "")
        var attributes = UniqueAttributes()
        for part in parts {
            try part.forEachField { (field) throws(UnreadableItem) in
                switch (field.number, field.value) {
                case (1, .bytes(let text)): scope.name = text.text
                case (2, .bytes(let text)): scope.version = text.nonEmptyText
                case (3, .bytes(let pair)): try attributes.append(protobuf: pair)
                default: break
                }
            }
        }
        scope.attributes = attributes.attributes
        self = scope
    }
}
