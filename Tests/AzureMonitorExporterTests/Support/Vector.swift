import AzureMonitorExporter
import Foundation
import OTLPExporter
import Testing

/// One conformance vector: an export request and the envelopes it must become.
struct Vector: CustomTestStringConvertible, Sendable {
    var name: String
    var environment: [String: String]
    var instrumentationKey: String
    var input: [UInt8]
    var expected: [UInt8]

    var testDescription: String { self.name }

    /// All vectors; throws if there is none, because a table without rows tests nothing.
    static func all() throws -> [Vector] {
        let folder = try Self.folder()
        var vectors: [Vector] = []
        for signal in ["traces", "logs", "metrics"] {
            let files = try FileManager.default.contentsOfDirectory(
                at: folder.appendingPathComponent(signal),
                includingPropertiesForKeys: nil
            )
            for file in files where file.pathExtension == "json" {
                vectors.append(try Vector(file))
            }
        }
        guard !vectors.isEmpty else { throw StrictJSON.Failure(description: "no vectors") }
        return vectors.sorted { $0.name < $1.name }
    }

    static func folder() throws -> URL {
        try #require(Bundle.module.resourceURL).appendingPathComponent("Conformance")
    }

    private init(_ file: URL) throws {
        let json = try StrictJSON(try Data(contentsOf: file))
        self.name = file.deletingPathExtension().lastPathComponent
        self.environment = [:]
        for member in json["environment"]?.members ?? [] {
            self.environment[member.key] = member.value.string
        }
        self.instrumentationKey =
            json["options"]?["instrumentationKey"]?.string
            ?? "00000000-0000-0000-0000-000000000001"
        self.input = []
        try #require(json["input"]).append(to: &self.input)
        self.expected = []
        try #require(json["expected"]).append(to: &self.expected)
    }

    /// The encoder that the vector asks for.
    var encoder: EnvelopeEncoder {
        EnvelopeEncoder(
            options: EnvelopeOptions(
                instrumentationKey: self.instrumentationKey,
                hostName: "host",
                environment: self.environment
            )
        )
    }

    /// The first difference between what is expected and what came, as text; `nil` if none.
    func firstDifference(from texts: [String]) throws -> String? {
        let expected = try #require(try StrictJSON(self.expected).array)
        let actual = try texts.map { try StrictJSON($0) }
        return Self.difference(
            .array(expected.map(Self.normalised)),
            .array(actual.map(Self.normalised)),
            at: "$"
        )
    }

    // MARK: The rules of comparison

    private static let ignoredTags: Set<String> = [
        "ai.internal.sdkVersion", "ai.device.id", "ai.device.locale", "ai.device.type",
        "ai.internal.nodeName",
    ]
    private static let kindsWithoutOperationName: Set<String> = [
        "RemoteDependencyData", "MessageData", "ExceptionData", "EventData",
    ]

    private static func normalised(_ envelope: StrictJSON) -> StrictJSON {
        guard case .object(var members) = Self.withoutNulls(envelope) else { return envelope }
        let kind = envelope["data"]?["baseType"]?.string ?? ""
        for index in members.indices where members[index].key == "tags" {
            guard case .object(let tags) = members[index].value else { continue }
            members[index].value = .object(
                tags.filter { tag in
                    !Self.ignoredTags.contains(tag.key)
                        && !(tag.key == "ai.operation.name"
                            && Self.kindsWithoutOperationName.contains(kind))
                }
            )
        }
        return .object(members)
    }

    private static func withoutNulls(_ value: StrictJSON) -> StrictJSON {
        switch value {
        case .array(let values): .array(values.map(Self.withoutNulls))
        case .object(let members):
            .object(
                members.filter { $0.value != .null }
                    .map { .init(key: $0.key, value: Self.withoutNulls($0.value)) }
            )
        default: value
        }
    }

    private static func difference(
        _ expected: StrictJSON,
        _ actual: StrictJSON,
        at path: String
    ) -> String? {
        switch (expected, actual) {
        case (.object(let left), .object(let right)):
            for member in left {
                let path = "\(path).\(member.key)"
                guard let other = actual[member.key] else { return "\(path): absent" }
                if member.key == "_MS.links", let text = member.value.string,
                    let otherText = other.string, let links = try? StrictJSON(text),
                    (try? StrictJSON(otherText)) == links
                {
                    continue
                }
                if let found = Self.difference(member.value, other, at: path) { return found }
            }
            for member in right where expected[member.key] == nil {
                return "\(path).\(member.key): unexpected"
            }
            return nil
        case (.array(let left), .array(let right)):
            for (index, pair) in zip(left, right).enumerated() {
                if let found = Self.difference(pair.0, pair.1, at: "\(path)[\(index)]") {
                    return found
                }
            }
            return left.count == right.count
                ? nil : "\(path): expected \(left.count) elements, got \(right.count)"
        default:
            guard expected != actual else { return nil }
            return "\(path): expected \("\(expected)".prefix(160)), got \("\(actual)".prefix(160))"
        }
    }
}
