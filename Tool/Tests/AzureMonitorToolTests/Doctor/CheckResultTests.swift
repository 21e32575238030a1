import Foundation
import Testing

@testable import azure_monitor

@Suite struct CheckResultTests {
    @Test func `a line has the form of the contract`() {
        let fail = CheckResult(
            name: .connectionString,
            finding: .fail("it is; bad\nand\u{1B}[31m long.", "repair it; then go on.")
        )
        #expect(
            fail.line == "fail connection-string: it is, bad and [31m long; repair it; then go on"
        )
        #expect(CheckResult(name: .dns, finding: .ok("fine")).line == "ok dns: fine")
        #expect(CheckResult(name: .tls, finding: .skip("http")).line == "skip tls: http")
        #expect(CheckResult(name: .clock, finding: .warn("a", "b")).line == "warn clock: a; b")
    }

    @Test func `JSON has the same`() throws {
        let result = CheckResult(name: .proxy, finding: .fail(#"a "b""#, "c"))
        let object = try JSONSerialization.jsonObject(with: Data(result.json.utf8))
        #expect(
            object as? [String: String]
                == ["status": "fail", "name": "proxy", "what": #"a "b""#, "remedy": "c"]
        )
        let skip = CheckResult(name: .proxy, finding: .skip("a"))
        #expect(skip.json.hasSuffix(#""remedy":null}"#))
    }

    @Test func `the checks are those of the contract, in its order`() {
        let names =
            "configuration connection-string dns tcp tls proxy clock token ingestion storage"
        #expect(CheckName.allCases.map(\.rawValue).joined(separator: " ") == names)
    }
}
