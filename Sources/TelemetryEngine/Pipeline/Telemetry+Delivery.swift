extension Telemetry {
    /// Delivers, until a shutdown or the end of its time, and then gives up what is left.
    func runPipeline() async {
        await withDiscardingTaskGroup { exporters in
            for exporter in self.exporters { exporters.addTask { await exporter.run() } }
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.waitForCutOff() }
                group.addTask { await self.deliver() }
                // Whichever is first: all is delivered, or the time is up and the rest is stored.
                await group.next()
                group.cancelAll()
            }
            exporters.cancelAll()
        }
        await self.giveUp()
    }

    /// Everything that runs while the pipeline does; ends when all is drained.
    private func deliver() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.coordinator.run() }
            group.addTask { await self.resource.detect() }
            group.addTask { await self.keepTime() }
            group.addTask {
                await withDiscardingTaskGroup { consumers in
                    consumers.addTask { await self.spanProcessor.run() }
                    consumers.addTask { await self.logBuffer.run() }
                }
                // Both channels are sealed and empty. Instruments come last: recording the end of
                // a span may well have counted something.
                await self.collectMetrics(isLast: true)
                await self.coordinator.finish()
            }
            await group.waitForAll()
        }
    }

    /// Everything that happens by the clock, until the shutdown seals the channels.
    private func keepTime() async {
        let time = self.configuration.time
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                let delay = self.configuration.linger(of: self.configuration.traces.batching)
                await self.spans.runLinger(delay, time: time)
            }
            group.addTask {
                let delay = self.configuration.linger(of: self.configuration.logs.batching)
                await self.logs.runLinger(delay, time: time)
            }
            group.addTask {
                let ticks = MetricTicks(
                    every: self.configuration.metrics.exportInterval,
                    time: time
                )
                for await _ in ticks { await self.collectMetrics() }
            }
            for producer in self.metricProducers {
                guard let interval = producer.interval else { continue }
                group.addTask {
                    for await _ in MetricTicks(every: interval, time: time) {
                        await self.report(from: [producer])
                    }
                }
            }
            group.addTask { await self.collections.serve { await self.collectMetrics() } }
            group.addTask { await self.watchForLosses() }
            await self.lifecycle.shutdownRequested.wait()
            // The channels stay open while what is there is delivered: others that stop at the same
            // time may still have something to say.
            await self.flush()
            self.spans.seal()
            self.logs.seal()
            group.cancelAll()
        }
    }

    /// Returns when nothing may be sent any more.
    private func waitForCutOff() async {
        await self.lifecycle.shutdownRequested.wait()
        guard !Task.isCancelled else { return }
        let timeout = self.configuration.shutdownTimeout
        self.shutdownDeadline.withLock { $0 = self.moment(after: timeout) }
        // What cannot be sent must still be written.
        let reserve = min(timeout / 5, .seconds(1))
        await self.lifecycle.cutOffRequested.wait(
            atMost: timeout - reserve,
            time: self.configuration.time
        )
    }

    private func moment(after duration: Duration) -> UInt64 {
        let now = self.configuration.time.monotonicNow()
        let sum = now.addingReportingOverflow(duration.nanoseconds)
        return sum.overflow ? .max : sum.partialValue
    }

    /// Hands everything recorded so far to the lanes, and waits until its fate is known, or the task
    /// is cancelled.
    func flush() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.spans.flushAndWait() }
            group.addTask { await self.logs.flushAndWait() }
            group.addTask { await self.collections.request() }
        }
        await self.coordinator.waitUntilSettled()
    }

    /// The end: whatever still waits is lost, and counted; storage and connections are closed.
    private func giveUp() async {
        self.spans.seal()
        self.logs.seal()
        _ = self.spans.abandon(.shutdown)
        _ = self.logs.abandon(.shutdown)
        let deadline = self.shutdownDeadline.withLock { $0 }
        let latest = self.moment(after: self.configuration.shutdownTimeout)
        await self.coordinator.close(until: deadline ?? latest)
        for exporter in self.exporters { await exporter.shutdown() }
        self.sayLosses()
        self.diagnostics.summarise()
    }
}
