private import Instrumentation
private import ServiceLifecycle

extension Telemetry {
    /// Delivers until it is told to stop: by graceful shutdown, cancellation, or ``shutdown()``.
    ///
    /// It then collects metrics once more, sends what it can within
    /// ``TelemetryConfiguration/shutdownTimeout``, stores what it cannot send, and returns. A
    /// cancellation that comes after a graceful shutdown means: store at once. Records that end
    /// while it stops are delivered; later ones are counted as dropped. It runs once: a second call
    /// waits for the first.
    public func run() async throws {
        if self.lifecycle.begin() {
            await self.run(stopsWhenCancelled: true)
        } else {
            // Somebody else runs it; a service group must still be able to stop this one.
            await cancelWhenGracefulShutdown { await self.lifecycle.ended.wait() }
        }
    }

    /// Runs while the body does, and only then.
    ///
    /// Cancellation of the caller is the body's business: delivery goes on until the body has
    /// returned or thrown, and everything it recorded until then is delivered or stored. If somebody
    /// runs the pipeline already, only the body is run.
    public func run<Result>(
        isolation: isolated (any Actor)? = #isolation,
        while body: () async throws -> Result
    ) async rethrows -> Result {
        guard self.lifecycle.begin() else { return try await body() }
        async let delivery: Void = self.run(stopsWhenCancelled: false)
        do {
            let result = try await body()
            self.lifecycle.requestShutdown()
            await delivery
            return result
        } catch {
            self.lifecycle.requestShutdown()
            await delivery
            throw error
        }
    }

    private func run(stopsWhenCancelled: Bool) async {
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                // The one unstructured task of the engine, awaited here: it keeps the caller's
                // cancellation out, because a cancelled task can neither wait nor send. It goes
                // when the language has a cancellation shield.
                await Task {
                    // Nor is the pipeline part of whatever span `run()` was called in.
                    await ServiceContext.$current.withValue(nil) {
                        await EngineWork.$isActive.withValue(true) {
                            await self.runPipeline()
                        }
                    }
                }.value
            } onGracefulShutdown: {
                if stopsWhenCancelled { self.lifecycle.requestShutdown() }
            }
        } onCancel: {
            if stopsWhenCancelled { self.lifecycle.wasCancelled() }
        }
        self.lifecycle.ended.open()
    }

    /// Stops ``run()`` and waits for its end; returns what became of everything.
    ///
    /// If nobody has called ``run()`` yet, what waits is delivered here.
    @discardableResult
    public func shutdown() async -> TelemetryHealth {
        self.lifecycle.requestShutdown()
        if self.lifecycle.begin() {
            await self.run(stopsWhenCancelled: false)
        }
        await self.lifecycle.ended.wait()
        return await self.health
    }

    /// Delivers everything that was recorded before the call, and says what became of it.
    ///
    /// Instruments are read as well. Calling it twice is harmless. It returns when the fate of
    /// those records is known, when the deadline has passed, or at once if ``run()`` is not running;
    /// the returned books tell which.
    ///
    /// - Parameter deadline: how long to wait at most. The default is 5 seconds.
    @discardableResult
    public func forceFlush(_ deadline: Duration = .seconds(5)) async -> TelemetryHealth {
        guard self.lifecycle.isRunning else { return await self.health }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.flush() }
            group.addTask { try? await self.configuration.time.sleep(deadline) }
            group.addTask { await self.lifecycle.ended.wait() }
            await group.next()
            group.cancelAll()
        }
        return await self.health
    }

    /// Waits until `count` more spans, at most a batch, certainly fit into the queue.
    ///
    /// For jobs that would rather be slow than lose a span: the tracing API itself cannot wait. Call
    /// it before starting a span. Room is made by ``run()``: before that, it may wait for it. Returns
    /// at once after shutdown and when cancelled.
    public func roomForSpans(_ count: Int = 1) async {
        await self.spans.room(for: count)
    }

    /// Waits until `count` more log records, at most a batch, certainly fit into the queue.
    public func roomForLogRecords(_ count: Int = 1) async {
        await self.logs.room(for: count)
    }
}
