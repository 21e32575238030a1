import TelemetryEngine

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What became of a run's records, and what that cost.
struct GenerationAccount: Sendable {
    let run: String
    let health: TelemetryHealth
    let elapsed: Duration

    /// The account as one JSON object; the sums at the top are over all destinations.
    var json: String {
        let usage = ProcessUsage.current
        let seconds =
            Double(self.elapsed.components.seconds)
            + Double(self.elapsed.components.attoseconds) / 1e18
        let destinations = self.health.destinations.sorted { $0.key < $1.key }
            .map { "\(JSONLiteral.text($0.key)):{\(Self.sums($0.value.books))}" }
        return "{\"run\":\(JSONLiteral.text(self.run)),\(Self.sums(self.health.total)),"
            + "\"seconds\":\(JSONLiteral.number(seconds)),"
            + "\"cpu_seconds\":\(JSONLiteral.number(usage.processorSeconds)),"
            + "\"peak_rss_bytes\":\(usage.peakResidentBytes),"
            + "\"destinations\":{\(destinations.joined(separator: ","))}}"
    }

    private static func sums(_ books: DeliveryBooks) -> String {
        let dropped = books.dropped.filter { $0.value > 0 }
            .sorted { $0.key.rawValue < $1.key.rawValue }
            .map { "\"\($0.key.rawValue)\":\($0.value)" }
        return "\"accepted\":\(books.accepted),\"exported\":\(books.exported),"
            + "\"stored\":\(books.stored),\"dropped\":{\(dropped.joined(separator: ","))},"
            + "\"redelivered\":\(books.redelivered),\"items\":\(books.items)"
    }
}

/// What a process has used so far.
struct ProcessUsage: Sendable {
    /// Seconds of processor time, those of the system included.
    var processorSeconds: Double
    /// The most memory that was resident at any time.
    var peakResidentBytes: Int

    /// What this process has used.
    static var current: ProcessUsage {
        var usage = rusage()
        unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        func seconds(_ time: timeval) -> Double {
            Double(time.tv_sec) + Double(time.tv_usec) / 1e6
        }
        #if os(Linux)
            let unit = 1_024
        #else
            let unit = 1
        #endif
        return ProcessUsage(
            processorSeconds: seconds(usage.ru_utime) + seconds(usage.ru_stime),
            peakResidentBytes: Int(usage.ru_maxrss) * unit
        )
    }
}

/// Values as JSON has them.
enum JSONLiteral {
    /// Text in quotes.
    static func text(_ text: String) -> String {
        var literal = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": literal += "\\\""
            case "\\": literal += "\\\\"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                literal += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: literal.unicodeScalars.append(scalar)
            }
        }
        return literal + "\""
    }

    /// A number with at most three decimals.
    static func number(_ number: Double) -> String {
        "\((number * 1_000).rounded() / 1_000)"
    }
}
