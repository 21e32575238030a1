import Instrumentation
import Logging
import Metrics
import TelemetryEngine
import Tracing

/// The demo's background job: ships what was ordered, in the trace of the order.
struct Warehouse: Sendable {
    /// Every seventh order meets it.
    struct OutOfStock: Error, CustomStringConvertible {
        var order: Int
        var description: String { "nothing left for order \(self.order)" }
    }

    let telemetry: Telemetry
    let catalogue: Catalogue
    let orders: AsyncStream<Order>

    /// Works until there will be no more orders.
    func run() async {
        let logger = Logger(label: "warehouse") { self.telemetry.makeLogHandler(label: $0) }
        let packing = Timer(label: "warehouse.packing", factory: self.telemetry.metricsFactory)
        await withTracer(self.telemetry.tracer) {
            for await order in self.orders {
                var context = ServiceContext.topLevel
                self.telemetry.tracer.extract(
                    order.headers,
                    into: &context,
                    using: DictionaryCarrier()
                )
                let start = ContinuousClock.now
                // The span records the error; the next order is another matter.
                try? await withSpan("process orders", context: context, ofKind: .consumer) { span in
                    span.attributes["messaging.system"] = "memory"
                    span.attributes["messaging.destination.name"] = "orders"
                    span.attributes["shop.order"] = order.number
                    try await self.ship(order, logger: logger)
                }
                packing.record(duration: ContinuousClock.now - start)
            }
        }
    }

    private func ship(_ order: Order, logger: Logger) async throws {
        guard !order.number.isMultiple(of: 7) else {
            let error = OutOfStock(order: order.number)
            logger.error("An order cannot be shipped.", error: error)
            throw error
        }
        try await self.catalogue.ship(order: order.number)
        logger.info("An order was shipped.", metadata: ["order": "\(order.number)"])
    }
}
