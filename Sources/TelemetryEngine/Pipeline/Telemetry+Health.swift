private import TelemetryModel

extension Telemetry {
    /// The accounts, and what is wrong at the moment.
    public var health: TelemetryHealth {
        get async {
            var health = TelemetryHealth()
            let spanCounts = await self.spanProcessor.counts
            let logCounts = await self.logBuffer.counts
            health.filtered = logCounts.filtered + spanCounts.filtered
            health.recordedOnly = spanCounts.recordedOnly
            health.notSampled = logCounts.notSampled
            health.invalidMeasurements = UInt64(self.registry.counts.ignoredMeasurements)
            health.endedTwice = self.tracingCounters.values.endedTwice
            health.destinations = await self.coordinator.health()
            let signals = await self.coordinator.destinationSignals
            for (signal, counts) in [(Signal.traces, self.spans.counts), (.logs, self.logs.counts)]
            {
                health.waitingRecords += counts.waiting
                health.waitingBytes += counts.waitingBytes
                // What waits in a channel, or was lost in it, no lane has seen.
                for name in health.destinations.keys where signals[name]?.contains(signal) == true {
                    health.destinations[name]?.books.accepted += counts.waiting
                    health.destinations[name]?.books.add(lost: counts.dropped)
                }
            }
            return health
        }
    }

    // MARK: Losses

    /// Says every minute if there was no room for records; the channels themselves only count.
    func watchForLosses() async {
        while !Task.isCancelled {
            try? await self.configuration.time.sleep(.seconds(60))
            self.sayLosses()
        }
    }

    func sayLosses() {
        let counts = [self.spans.counts, self.logs.counts]
        let lost = counts.reduce(0) { $0 + $1.dropped.values.reduce(0, +) }
        let before = self.lossesSaid.withLock { said in
            defer { said = lost }
            return said
        }
        guard lost > before else { return }
        self.diagnostics.report(
            .error,
            "channel.lost",
            "\(lost - before) records are lost: the queue was full, or the pipeline had ended"
        )
    }
}
