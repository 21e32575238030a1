import Foundation
import OTLPExporter
import Testing

/// The inputs of the conformance vectors, which the tests of the Azure Monitor exporter keep.
@Suite struct ConformanceInputTests {
    @Test(arguments: ["traces", "logs", "metrics"])
    func everyVectorIsReadCompletely(signal: String) throws {
        let tests = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let folder = tests.appending(path: "AzureMonitorExporterTests/Conformance/\(signal)")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path())
        #expect(files.count > 10)
        for file in files.sorted() {
            let data = try Data(contentsOf: folder.appending(path: file))
            let vector = try JSONSerialization.jsonObject(with: data) as? [String: Any]
            let input = try JSONSerialization.data(
                withJSONObject: try #require(vector?["input"])
            )
            let request = try OTLPJSONDecoder().decode([UInt8](input))
            #expect(request.skipped == [], "\(file)")
            #expect(!request.batches.isEmpty, "\(file)")
        }
    }
}
