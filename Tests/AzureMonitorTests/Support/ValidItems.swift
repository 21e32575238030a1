import Foundation
import Testing

/// What is sent to Application Insights, read by a parser that is not ours.
struct SentItem {
    var name: String
    var time: String
    var baseType: String
    var data: [String: Any]
    var tags: [String: String]
    var sampleRate: Double?

    var properties: [String: String] { self.data["properties"] as? [String: String] ?? [:] }
    var measurements: [String: Double] { self.data["measurements"] as? [String: Double] ?? [:] }

    /// Reads a body as the service would: an array of envelopes in valid UTF-8 and valid JSON.
    static func items(of body: [UInt8]) throws -> [SentItem] {
        try #require(String(validating: body, as: UTF8.self) != nil)
        let value = try JSONSerialization.jsonObject(with: Data(body))
        return try #require(value as? [[String: Any]]).map { try SentItem($0) }
    }

    init(_ envelope: [String: Any]) throws {
        self.name = try #require(envelope["name"] as? String)
        self.time = try #require(envelope["time"] as? String)
        self.sampleRate = envelope["sampleRate"] as? Double
        self.tags = try #require(envelope["tags"] as? [String: String])
        let data = try #require(envelope["data"] as? [String: Any])
        self.baseType = try #require(data["baseType"] as? String)
        self.data = try #require(data["baseData"] as? [String: Any])
        #expect(self.data["ver"] as? Int == 2)
        #expect(envelope["iKey"] as? String == SentItem.key)
        for (tag, value) in self.tags {
            #expect(value.utf16.count <= 2_048, "\(tag) is too long for the service")
        }
        for (key, value) in self.properties {
            #expect(key.utf16.count <= 150)
            #expect(value.utf16.count <= 8_192)
        }
    }

    /// The instrumentation key of all tests.
    static let key = "00000000-0000-0000-0000-000000000001"
}
