import AzureMonitor
import Workload

/// What a program pays before it has done anything, and which threads it gets for it.
func measureStart(_ arguments: Arguments) async throws {
    let configuration = arguments.configuration
    let before = threadNames()
    let start = Clocks.wall
    let telemetry = try AzureMonitor.bootstrap(configuration)
    Output.figure("bootstrap_ms", Double(Clocks.wall - start) / 1e6)
    Output.figure("threads_after_bootstrap", Double(threadNames().count - before.count))

    // Others are the language's: its cooperative pool grows and shrinks as it likes.
    func ours() -> [String] {
        threadNames().filter { $0.hasPrefix("azure-monitor") || $0.hasPrefix("azm-") }
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await telemetry.run() }
        for sequence in 0..<2_048 { Work.span(sequence) }
        await telemetry.forceFlush(.seconds(30))
        // Offline storage looks into its folder within two seconds, on a thread for that.
        var most = 0
        for sample in 0..<400 {
            let running = ours()
            most = max(most, running.count)
            if sample == 299 {
                Output.figure("threads_at_first", Double(most))
                most = 0
            } else if sample == 399 {
                Output.figure("threads_while_running", Double(most))
                for name in Set(running).sorted() { Output.note("whole-path: thread \(name)") }
            }
            try await Task.sleep(for: .milliseconds(10))
        }
        await telemetry.shutdown()
        try await group.waitForAll()
    }
    // A thread that was told to end has a moment to do so.
    for _ in 0..<100 where !ours().isEmpty { try await Task.sleep(for: .milliseconds(10)) }
    Output.figure("threads_afterwards", Double(ours().count))
}
