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
        let running = ours()
        Output.figure("threads_while_running", Double(running.count))
        for name in Set(running).sorted() { Output.note("whole-path: thread \(name)") }
        await telemetry.shutdown()
        try await group.waitForAll()
    }
    // A thread that was told to end has a moment to do so.
    for _ in 0..<100 where !ours().isEmpty { try await Task.sleep(for: .milliseconds(10)) }
    Output.figure("threads_afterwards", Double(ours().count))
}
