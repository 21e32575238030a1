import TelemetryEngine
import TelemetryModel
import TelemetryTesting
import Testing

@Suite(.timeLimit(.minutes(10)))
struct ExportCoordinatorTests {
    private let time = ManualTime()

    private func coordinator(_ exporters: [any TelemetryExporter]) -> ExportCoordinator {
        var configuration = ExportConfiguration()
        configuration.maximumRequests = 1
        return ExportCoordinator(
            exporters: exporters,
            storage: [:],
            configuration: configuration,
            time: self.time.source
        )
    }

    private func spans(_ count: Int) -> ExportBatch {
        let span = EndedSpan(
            context: SpanContext(traceID: TraceID(high: 1, low: 1), spanID: SpanID(rawValue: 1)),
            name: "work"
        )
        return ExportBatch(
            resource: Resource(),
            records: .spans(Array(repeating: span, count: count))
        )
    }

    /// Runs a coordinator while the body does, then lets it finish.
    private func running(
        _ coordinator: ExportCoordinator,
        _ body: () async -> Void
    ) async {
        async let run: Void = coordinator.run()
        await body()
        await coordinator.finish()
        await run
    }

    private func books(of coordinator: ExportCoordinator, _ name: String = "memory") async
        -> DeliveryBooks
    {
        await coordinator.health()[name]?.books ?? DeliveryBooks()
    }

    @Test func acceptedBatchesAreExported() async {
        let exporter = InMemoryExporter()
        let coordinator = self.coordinator([exporter])
        await self.running(coordinator) {
            await coordinator.submit(self.spans(3))
            await coordinator.submit(self.spans(2))
            await coordinator.waitUntilSettled()
        }
        let books = await self.books(of: coordinator)
        #expect(books.accepted == 5)
        #expect(books.exported == 5)
        #expect(books.items == 5)
        #expect(books.pending == 0)
    }

    @Test func signalThatNobodyTakesIsInNoAccount() async {
        let exporter = InMemoryExporter(signals: [.logs])
        let coordinator = self.coordinator([exporter])
        await self.running(coordinator) { await coordinator.submit(self.spans(3)) }
        #expect(await self.books(of: coordinator) == DeliveryBooks())
    }

    @Test func refusedRecordsAreDroppedForTheirReason() async {
        let exporter = InMemoryExporter(outcomes: [.refused(.rejected, explanation: "no")])
        let coordinator = self.coordinator([exporter])
        await self.running(coordinator) {
            await coordinator.submit(self.spans(3))
            await coordinator.submit(self.spans(2))
        }
        let books = await self.books(of: coordinator)
        #expect(books.dropped == [.rejected: 3])
        #expect(books.exported == 2)
    }

    @Test func tooLargePayloadIsHalvedDownToOneRecord() async {
        let tooLarge = DeliveryOutcome.payloadTooLarge
        let exporter = InMemoryExporter(outcomes: [tooLarge, tooLarge, tooLarge])
        let coordinator = self.coordinator([exporter])
        await self.running(coordinator) { await coordinator.submit(self.spans(4)) }
        let books = await self.books(of: coordinator)
        #expect(books.dropped == [.tooLarge: 1])
        #expect(books.exported == 3)
        #expect(exporter.sent.map(\.recordCount) == [4, 2, 1, 1, 2])
    }

    @Test func quotaDropsWhatComesWhileItIsUsedUp() async {
        let quota = DeliveryFailure(kind: .quota, explanation: "used up")
        let exporter = InMemoryExporter(outcomes: [.failed(quota)])
        let coordinator = self.coordinator([exporter])
        await self.running(coordinator) {
            await coordinator.submit(self.spans(3))
            await coordinator.submit(self.spans(2))
            await coordinator.waitUntilSettled()
        }
        #expect(await self.books(of: coordinator).dropped == [.quota: 5])
        #expect(exporter.sent.count == 1)
    }

    @Test func quotaIsTriedAgainSoonAfterMidnight() async {
        let quota = DeliveryFailure(kind: .quota, explanation: "used up")
        let exporter = InMemoryExporter(outcomes: [.failed(quota)])
        let coordinator = self.coordinator([exporter])
        // A minute before midnight.
        self.time.wall = Timestamp(
            nanosecondsSinceEpoch: self.time.wall.nanosecondsSinceEpoch - 60_000_000_000
        )
        await self.running(coordinator) {
            await coordinator.submit(self.spans(3))
            await coordinator.waitUntilSettled()
            self.time.advance(by: .seconds(59))
            await coordinator.submit(self.spans(2))
            await coordinator.waitUntilSettled()
            // Another minute at most, which spreads the tries of many processes.
            self.time.advance(by: .seconds(61))
            await coordinator.submit(self.spans(1))
            await coordinator.waitUntilSettled()
        }
        let books = await self.books(of: coordinator)
        #expect(books.dropped == [.quota: 5])
        #expect(books.exported == 1)
    }

    @Test func partlyAcceptedPayloadIsTriedAgainWithTheRest() async {
        let exporter = InMemoryExporter(outcomes: [
            .partiallyAccepted([
                ItemRefusal(item: 0, verdict: .drop(.rejected)),
                ItemRefusal(item: 2, verdict: .retry),
            ])
        ])
        let coordinator = self.coordinator([exporter])
        await self.running(coordinator) {
            await coordinator.submit(self.spans(4))
            while await self.books(of: coordinator).pending > 0 {
                if self.time.sleeperCount > 0 { self.time.advance(by: .seconds(1)) }
                await Task.yield()
            }
        }
        let books = await self.books(of: coordinator)
        #expect(exporter.sent.map(\.recordCount) == [4, 1])
        #expect(books.exported == 3)
        #expect(books.dropped == [.rejected: 1])
    }

    @Test func withoutStorageABatchIsTriedUntilItIsTooOld() async {
        let failure = DeliveryFailure(kind: .network, explanation: "refused")
        let exporter = InMemoryExporter(
            outcomes: Array(repeating: .failed(failure), count: 10_000)
        )
        let coordinator = self.coordinator([exporter])
        await self.running(coordinator) {
            await coordinator.submit(self.spans(3))
            while await self.books(of: coordinator).pending > 0 {
                if self.time.sleeperCount > 0 { self.time.advance(by: .seconds(1)) }
                await Task.yield()
            }
        }
        #expect(await self.books(of: coordinator).dropped == [.unreachable: 3])
        #expect(exporter.sent.count >= 5)
        #expect(exporter.sent.count < 20)
    }

    @Test func withoutStorageABatchSurvivesAnOutage() async {
        let failure = DeliveryFailure(kind: .network, explanation: "refused")
        let exporter = InMemoryExporter(outcomes: Array(repeating: .failed(failure), count: 5))
        let coordinator = self.coordinator([exporter])
        await self.running(coordinator) {
            await coordinator.submit(self.spans(3))
            while await self.books(of: coordinator).pending > 0 {
                if self.time.sleeperCount > 0 { self.time.advance(by: .seconds(1)) }
                await Task.yield()
            }
        }
        #expect(await self.books(of: coordinator).exported == 3)
    }

    @Test func fullLaneSuspendsWhoFeedsIt() async {
        let exporter = InMemoryExporter()
        exporter.hold()
        let coordinator = self.coordinator([exporter])
        await self.running(coordinator) {
            // One under way and two waiting; the fourth has to wait.
            for _ in 0..<3 { await coordinator.submit(self.spans(1)) }
            let submitted = Gate()
            async let fourth: Void = {
                await coordinator.submit(self.spans(1))
                submitted.open()
            }()
            let accepted = await self.books(of: coordinator).accepted
            #expect(accepted <= 3)
            exporter.release()
            await fourth
            #expect(submitted.isOpen)
        }
        #expect(await self.books(of: coordinator).exported == 4)
    }

    @Test func destinationThatHangsDelaysNoOther() async {
        let stuck = InMemoryExporter(name: "stuck")
        let healthy = InMemoryExporter(name: "healthy")
        stuck.hold()
        let coordinator = self.coordinator([stuck, healthy])
        await self.running(coordinator) {
            for _ in 0..<20 { await coordinator.submit(self.spans(1)) }
            while await self.books(of: coordinator, "healthy").exported < 20 {
                await Task.yield()
            }
            stuck.release()
        }
        let books = await self.books(of: coordinator, "stuck")
        #expect(books.accepted == 20)
        #expect(books.exported + (books.dropped[.queueFull] ?? 0) == 20)
        #expect(await self.books(of: coordinator, "healthy").dropped.isEmpty)
    }

    @Test func cutOffDropsWhatCannotBeStored() async {
        let exporter = InMemoryExporter()
        exporter.hold()
        let coordinator = self.coordinator([exporter])
        let run = Task { await coordinator.run() }
        await coordinator.submit(self.spans(1))
        await coordinator.submit(self.spans(2))
        run.cancel()
        await coordinator.finish()
        await run.value
        let books = await self.books(of: coordinator)
        #expect(books.accepted == 3)
        #expect(books.droppedCount == 3)
        #expect(books.pending == 0)
    }

    @Test func batchThatComesAfterTheEndIsCounted() async {
        let exporter = InMemoryExporter()
        let coordinator = self.coordinator([exporter])
        await self.running(coordinator) {}
        await coordinator.submit(self.spans(3))
        let books = await self.books(of: coordinator)
        #expect(books.dropped == [.shutdown: 3])
        #expect(books.pending == 0)
    }
}
