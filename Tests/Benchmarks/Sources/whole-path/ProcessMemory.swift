import Foundation

/// What the process has in memory, in bytes; Linux only.
struct ProcessMemory {
    /// What is resident now.
    var resident: Int
    /// The most that was resident at any time.
    var peak: Int

    static var current: ProcessMemory {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        func kilobytes(_ name: String) -> Int {
            for line in status.split(separator: "\n") where line.hasPrefix(name) {
                return line.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? 0
            }
            return 0
        }
        return ProcessMemory(
            resident: kilobytes("VmRSS:") * 1_024,
            peak: kilobytes("VmHWM:") * 1_024
        )
    }
}

/// The threads of the process, by their names; Linux only.
func threadNames() -> [String] {
    let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
    return tasks.map { task in
        let name = try? String(contentsOfFile: "/proc/self/task/\(task)/comm", encoding: .utf8)
        return name?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
    }
}
