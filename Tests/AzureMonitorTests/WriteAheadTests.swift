import AzureMonitorExporter
import Configuration
import Foundation
import TelemetryEngine
import Testing
import Tracing

@testable import AzureMonitor

/// A process that is killed while nobody answers it, and the one after it.
@Suite("Writing ahead", .timeLimit(.minutes(10)))
struct WriteAheadTests {
    @Test("what ended longer ago than the linger time survives kill -9, and arrives once")
    func kill() async throws {
        let directory = FileManager.default.temporaryDirectory
            .appending(path: "azure-monitor-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: directory) }
        // Accepts connections and says nothing.
        let mute = try MuteServer()
        let port = mute.port
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [directory = directory as String, port = port as UInt16] in
            let telemetry = try AzureMonitor.makePipeline(
                WriteAheadTests.configuration(port: port, directory: directory)
            )
            await telemetry.run {
                for number in 0..<5_000 {
                    let span = telemetry.tracer.startSpan("span \(number)")
                    span.attributes["seq"] = number
                    span.end()
                    // Not all at once: more than fits into the queue is dropped, and counted.
                    if number % 1_000 == 999 { try? await Task.sleep(for: .milliseconds(100)) }
                }
                // A busy machine may take longer than the linger time and the writing do.
                for _ in 0..<6_000 where await telemetry.health.total.stored < 5_000 {
                    try? await Task.sleep(for: .milliseconds(10))
                }
                Foundation.kill(getpid(), SIGKILL)
            }
        }
        mute.stop()

        let server = try IngestionServer(port: port)
        let next = try AzureMonitor.makePipeline(
            Self.configuration(port: port, directory: directory)
        )
        await next.run {
            while await next.health.total.redelivered < 5_000 {
                try? await Task.sleep(for: .milliseconds(20))
            }
        }
        let health = try #require(await next.health.destinations["azure"])
        #expect(health.books.redelivered == 5_000)
        #expect(health.storedPayloads == 0)
        let numbers = try server.items.compactMap { $0.properties["seq"] }
        #expect(numbers.count == 5_000)
        #expect(Set(numbers).count == 5_000)
        await server.stop()
    }

    private static func configuration(
        port: UInt16,
        directory: String
    ) -> AzureMonitor.Configuration {
        var configuration = AzureMonitor.Configuration(environmentVariables: [
            "AZURE_MONITOR_DURABILITY": "writeAhead"
        ])
        configuration.connectionString =
            "InstrumentationKey=\(SentItem.key);IngestionEndpoint=http://127.0.0.1:\(port)/"
        configuration.storage?.directory = directory
        configuration.logs.console = .off
        configuration.diagnosticLevel = .off
        configuration.shutdownTimeout = .seconds(3_600)
        return configuration
    }
}

/// A socket that listens, and that nobody ever accepts a connection from.
private struct MuteServer {
    let port: UInt16
    private let listener: Int32

    init() throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe bind(listener, pointer, length) == 0 && listen(listener, 64) == 0
                    && getsockname(listener, pointer, &length) == 0
            }
        }
        guard isListening else { throw POSIXError(.EADDRNOTAVAIL) }
        self.port = UInt16(bigEndian: address.sin_port)
        self.listener = listener
    }

    func stop() {
        close(self.listener)
    }
}
