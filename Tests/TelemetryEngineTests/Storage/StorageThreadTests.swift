import Testing

@testable import TelemetryEngine

@Suite("The thread of offline storage", .timeLimit(.minutes(10)))
struct StorageThreadTests {
    /// Counts on a thread of its own.
    private actor Count {
        let executor: StorageThread
        var value = 0

        nonisolated var unownedExecutor: UnownedSerialExecutor {
            unsafe self.executor.asUnownedSerialExecutor()
        }

        init(_ executor: StorageThread) {
            self.executor = executor
        }

        func increment() -> Bool {
            self.value += 1
            return self.executor.isIsolatingCurrentContext() == true
        }
    }

    @Test("There is a thread only while there is something to do")
    func impatient() async {
        let thread = StorageThread(name: "azm-test", patience: .zero)
        let count = Count(thread)
        #expect(!thread.isRunning)
        for _ in 0..<100 {
            #expect(await count.increment())
            while thread.isRunning { await Task.yield() }
        }
        #expect(await count.value == 100)
        await thread.end()
    }

    @Test("A thread that ends and one that begins never do something at once")
    func serial() async {
        let thread = StorageThread(name: "azm-test", patience: .microseconds(20))
        let count = Count(thread)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<500 { _ = await count.increment() }
                }
            }
        }
        #expect(await count.value == 4_000)
        await thread.end()
        #expect(!thread.isRunning)
    }

    @Test("A patient thread waits for the next job until it is told to end")
    func patient() async {
        let thread = StorageThread(name: "azm-test", patience: .seconds(3_600))
        let count = Count(thread)
        _ = await count.increment()
        #expect(thread.isRunning)
        await thread.end()
        #expect(!thread.isRunning)
        // It is usable afterwards, and ends again.
        #expect(await count.increment())
        await thread.end()
        #expect(!thread.isRunning)
    }
}
