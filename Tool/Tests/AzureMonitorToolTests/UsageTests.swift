import ArgumentParser
import Testing

@testable import azure_monitor

@Suite struct UsageTests {
    @Test(arguments: [
        ["nonsense"], ["local", "extra"], ["local", "--port"], ["local", "--port", "x"],
        ["local", "--port", "65536"], ["local", "--port", "-1"], ["local", "--host", ""],
        ["local", "--database", ""], ["query"], ["query", "SELECT 1", "SELECT 2"],
        ["query", "SELECT 1", "--endpoint", "127.0.0.1:4318"],
        ["query", "SELECT 1", "--endpoint", "http://"],
        ["query", "SELECT 1", "--endpoint", "http://user:secret@127.0.0.1"],
        ["query", "SELECT 1", "--yaml"], ["score"], ["score", "abc"],
        ["score", "0af7651916cd43dd8448eb211c80319c", "0af7651916cd43dd8448eb211c80319g"],
        ["score", "0af7651916cd43dd8448eb211c80319c0"], ["convert", "file"],
        ["convert", "--connection-string", "nonsense"], ["convert", "--connection-string"],
        ["generate", "--storage", ""], ["generate", "--storage", "x", "--no-storage"],
        ["generate", "--spans", "-1"], ["generate", "--rate", "nan"],
        ["generate", "--otlp", ""], ["generate", "--otlp"],
        ["generate", "--spans", "9223372036854775807", "--logs", "1"],
        ["generate", "--logs", "9223372036854775807", "--metrics", "1"],
        ["generate", "--attributes", "9223372036854775807"],
        ["storage", "list"], ["storage", "list", ""], ["storage", "list", "a", "b"],
        ["storage", "list", "a", "--yaml"], ["storage", "send"], ["storage", "send", ""],
        ["storage", "send", "a", "--json"], ["storage", "send", "a", "--connection-string", ""],
        ["storage", "send", "a", "--connection-string", "nonsense"], ["storage", "purge"],
        ["doctor", "extra"], ["doctor", "--storage", ""], ["doctor", "--yaml"],
        ["doctor", "--connection-string"],
        ["storage", "purge", "", "--yes"], ["storage", "nonsense"],
    ])
    func `wrong usage is exit 64`(arguments: [String]) throws {
        let error = try #require(throws: (any Error).self) {
            try AzureMonitorTool.parseAsRoot(arguments)
        }
        #expect(AzureMonitorTool.exitCode(for: error).rawValue == 64)
        #expect(!AzureMonitorTool.fullMessage(for: error).contains("secret"))
    }

    @Test(arguments: [
        [], ["local"], ["query"], ["convert"], ["score"], ["generate"], ["storage"],
        ["doctor"], ["storage", "list"], ["storage", "send"], ["storage", "purge"],
    ])
    func `every command has help`(command: [String]) throws {
        let error = try #require(throws: (any Error).self) {
            var help = try AzureMonitorTool.parseAsRoot(command + ["--help"])
            try help.run()
        }
        #expect(AzureMonitorTool.exitCode(for: error).rawValue == 0)
        #expect(AzureMonitorTool.fullMessage(for: error).contains("USAGE: azure-monitor"))
    }

    @Test(arguments: [
        ["local"], ["local", "--port", "0", "--host", "::1", "--database", "x.sqlite"],
        ["query", "SELECT 1", "--json", "--endpoint", "http://127.0.0.1:4318/"],
        [
            "convert", "--connection-string",
            "InstrumentationKey=00000000-0000-0000-0000-000000000001",
        ],
        ["score", "0AF7651916CD43DD8448EB211C80319C", "00000000000000000000000000000000"],
        ["generate", "--spans", "1", "--otlp", "http://127.0.0.1:4318", "--no-storage"],
        ["doctor"], ["doctor", "--json", "--storage", "DIR", "--connection-string", "nonsense"],
        ["storage", "list", "DIR"], ["storage", "list", "--json", "DIR"],
        ["storage", "send", "DIR"], ["storage", "purge", "DIR", "--yes"],
        [
            "storage", "send", "DIR", "--connection-string",
            "InstrumentationKey=00000000-0000-0000-0000-000000000001",
        ],
    ])
    func `the fixed forms are understood`(arguments: [String]) throws {
        _ = try AzureMonitorTool.parseAsRoot(arguments)
    }
}
