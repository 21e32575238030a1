import Foundation

/// How long the threads of this process have stood in line for a processor so far.
///
/// What takes so long on a machine with other things to do is not the process's own doing.
struct ProcessorQueue: Sendable {
    /// Of each thread, in nanoseconds; empty where the system does not say.
    private let waits: [String: UInt64]

    /// Looks at the threads that there are now.
    static var now: ProcessorQueue { ProcessorQueue() }

    private init() {
        let tasks = "/proc/self/task"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: tasks)) ?? []
        var waits: [String: UInt64] = [:]
        for name in names {
            // Time on a processor, time in line for one, and how many turns there were.
            let text = try? String(contentsOfFile: "\(tasks)/\(name)/schedstat", encoding: .utf8)
            guard let fields = text?.split(separator: " "), fields.count > 1 else { continue }
            waits[name] = UInt64(fields[1])
        }
        self.waits = waits
    }

    /// The seconds that all threads together stood in line since an earlier look.
    func seconds(since earlier: ProcessorQueue) -> Double {
        self.waits.reduce(0) { sum, wait in
            let before = min(earlier.waits[wait.key] ?? 0, wait.value)
            return sum + Double(wait.value - before) / 1e9
        }
    }
}
