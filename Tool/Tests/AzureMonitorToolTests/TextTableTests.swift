import Testing

@testable import azure_monitor

@Suite struct TextTableTests {
    @Test func `columns are as wide as their widest field, numbers to the right`() {
        let rows = #"[{"name":"a","n":5},{"name":"longer","n":12.5},{"name":null,"n":null}]"#
        let lines = TextTable(rows: Array(rows.utf8))?.lines
        #expect(lines == ["name    n", "------  ----", "a          5", "longer  12.5", "        "])
    }

    @Test func `no rows are no lines`() {
        #expect(TextTable(rows: Array("[]".utf8))?.lines == [])
    }

    @Test func `what steers a terminal is made harmless`() {
        let rows = #"[{"a":"x\u001b[31m\u202e\r\n\ty"}]"#
        #expect(TextTable(rows: Array(rows.utf8))?.lines.last == "x\u{FFFD}[31m\u{FFFD}\u{FFFD}⏎ y")
    }

    @Test(arguments: ["", "{}", "[1]", "[{}", "hello"])
    func `what is not rows is no table`(text: String) {
        #expect(TextTable(rows: Array(text.utf8))?.lines == nil)
    }
}
