import Foundation

/// The resident memory of a process, in bytes.
struct ProcessMemory: Sendable {
    var resident = 0
    /// The most there was at any time.
    var peak = 0

    /// That of this process.
    static var current: ProcessMemory { ProcessMemory(of: "self") ?? ProcessMemory() }

    init() {}

    /// That of some process; `nil` if it is gone.
    init?(of process: String) {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        else {
            return nil
        }
        for line in text.split(separator: "\n") {
            let fields = line.split { $0 == " " || $0 == "\t" }
            guard fields.count == 3, let kilobytes = Int(fields[1]) else { continue }
            switch fields[0] {
            case "VmRSS:": self.resident = kilobytes << 10
            case "VmHWM:": self.peak = kilobytes << 10
            default: break
            }
        }
        guard self.peak > 0 else { return nil }
    }
}
