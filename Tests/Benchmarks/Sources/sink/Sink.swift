import Foundation
import Workload

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A server on this machine that accepts all telemetry and does next to nothing with it.
///
/// ```
/// sink [--delay MILLISECONDS] [--silent] [--count]
/// ```
///
/// The first line on standard output is its address. `--delay` waits before each answer; `--silent`
/// reads requests and never answers; `--count` unpacks bodies and counts their items. On SIGTERM it
/// says what it has seen, one figure a line, a name and a number with a tab between them.
@main
struct Sink {
    static func main() {
        let conduct = Conduct(Array(CommandLine.arguments.dropFirst()))
        // Only the main thread is to take the signal, below.
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe sigaddset(&signals, SIGTERM)
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
        signal(SIGPIPE, SIG_IGN)

        let listener = Listener()
        Output.line("http://127.0.0.1:\(listener.port)")
        let seen = Tally()
        Thread.detachNewThread {
            while let connection = listener.accept() {
                Thread.detachNewThread { connection.serve(conduct, seen) }
            }
        }

        var signal: Int32 = 0
        unsafe sigwait(&signals, &signal)
        let totals = seen.totals
        Output.figure("sink_requests", Double(totals.requests))
        Output.figure("sink_bytes", Double(totals.bytes))
        Output.figure("sink_items", Double(totals.items))
        Output.figure("sink_cpu_us", Double(Clocks.process) / 1e3)
        exit(0)
    }
}

/// How the server treats requests.
struct Conduct: Sendable {
    var delay: UInt32 = 0
    var isSilent = false
    var countsItems = false

    init(_ arguments: [String]) {
        var arguments = arguments[...]
        while let argument = arguments.popFirst() {
            switch argument {
            case "--silent": self.isSilent = true
            case "--count": self.countsItems = true
            case "--delay":
                guard let delay = arguments.popFirst().flatMap({ UInt32($0) }) else {
                    preconditionFailure("--delay wants milliseconds.")
                }
                self.delay = delay
            default: preconditionFailure("What is \(argument)?")
            }
        }
    }
}
