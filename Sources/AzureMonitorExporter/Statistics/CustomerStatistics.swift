package import TelemetryEngine
package import TelemetryModel

/// The SDK statistics that a customer may have in the own resource: how many items arrived, were
/// lost, and had to be sent again.
///
/// | Metric               | Dimensions beside `language`, `version`, `computeType`              |
/// | -------------------- | ------------------------------------------------------------------- |
/// | `Item_Success_Count` | `telemetryType`                                                     |
/// | `Item_Dropped_Count` | `telemetryType`, `dropCode`, `dropReason`, and `telemetrySuccess` of requests and dependencies |
/// | `Item_Retry_Count`   | `telemetryType`, `retryCode`, `retryReason`                         |
///
/// Every item ends in exactly one of the first two, and in the third once for each try that failed.
/// What was lost before it was an item, or on disk, is counted in records, and its `telemetryType`
/// is `UNKNOWN`: nobody knows any more what it was. Items of earlier processes count when they
/// are delivered. The statistics themselves, and the resource item, are not counted.
package final class CustomerStatistics: PipelineMetricProducer {
    /// The names of the three metrics.
    static let metricNames = [successName, droppedName, retryName]

    private static let successName = "Item_Success_Count"
    private static let droppedName = "Item_Dropped_Count"
    private static let retryName = "Item_Retry_Count"

    fileprivate struct Loss: Hashable {
        var kind: CountedItem.Kind
        var isSuccess: Bool?
        var code: StatisticCode
    }

    fileprivate struct Retry: Hashable {
        var kind: CountedItem.Kind
        var code: StatisticCode
    }

    fileprivate struct State {
        var succeeded: [CountedItem.Kind: UInt64] = [:]
        var lost: [Loss: UInt64] = [:]
        var retried: [Retry: UInt64] = [:]
        /// The records that are in the books as dropped and here as items.
        var seen: [DropReason: UInt64] = [:]
        /// How the service last said that a quota is used up.
        var quotaStatus = 402
        var reporter: CountReporter
    }

    package let interval: Duration?
    private let destinationName: String
    private let dropsOverQuota: Bool
    private let common: Attributes
    private let state: Locked<State>

    /// Creates empty statistics.
    ///
    /// - Parameters:
    ///   - interval: how often to report.
    ///   - destination: whose account in the health is meant.
    ///   - dropsOverQuota: whether records are dropped while the quota of the resource is used up.
    ///   - environment: the environment variables, which say where the process runs.
    ///   - start: since when the counts count.
    package init(
        interval: Duration,
        destination: Destination,
        dropsOverQuota: Bool,
        environment: [String: String],
        start: Timestamp
    ) {
        self.interval = interval
        self.destinationName = destination.name
        self.dropsOverQuota = dropsOverQuota
        let computeType =
            switch MappingEnvironment(environment).platform {
            case .functions: "functions"
            case .appService: "appsvc"
            case .kubernetes: "aks"
            case .unknown: "unknown"
            }
        self.common = [
            "language": "swift", "version": .string(PackageVersion.current),
            "computeType": .string(computeType),
        ]
        self.state = Locked(State(reporter: CountReporter(start: start)))
    }

    // MARK: Counting

    /// Counts what became of a payload in one try.
    func tried(_ payload: Payload, _ outcome: DeliveryOutcome, _ reply: IngestionAnswer.Reply) {
        var items = PayloadBody.countedItems(of: payload)
        if items.contains(where: \.isStatistic) { return }
        items.removeFirst(min(payload.leadingItems, items.count))
        self.state.withLock { state in
            switch outcome {
            case .accepted:
                for item in items { state.succeeded[item.kind, default: 0] += 1 }
            case .partiallyAccepted(let refusals):
                self.count(items, of: payload, refusals, reply, in: &state)
            case .refused:
                state.lose(items, StatisticCode(reply))
            case .payloadTooLarge:
                // Its halves will be tried, and counted.
                if !payload.isDivisible { state.lose(items, StatisticCode(reply)) }
            case .failed(let failure):
                let code = StatisticCode(reply)
                if failure.kind == .quota, case .status(let status, _) = reply {
                    state.quotaStatus = status
                }
                if failure.kind == .quota, self.dropsOverQuota {
                    state.lose(items, code)
                    state.seen[.quota, default: 0] += UInt64(payload.recordCount)
                } else {
                    for item in items {
                        state.retried[Retry(kind: item.kind, code: code), default: 0] += 1
                    }
                }
            }
        }
    }

    private func count(
        _ items: [CountedItem],
        of payload: Payload,
        _ refusals: [ItemRefusal],
        _ reply: IngestionAnswer.Reply,
        in state: inout State
    ) {
        var codes: [Int: StatisticCode] = [:]
        if case .status(_, let body) = reply {
            let count = payload.leadingItems + payload.itemCount
            for error in IngestionReply(body: body, itemCount: count).errors {
                codes[error.index] = error.statusCode.map(StatisticCode.init(status:))
            }
        }
        var verdicts: [Int: ItemRefusal.Verdict] = [:]
        for refusal in refusals { verdicts[refusal.item] = refusal.verdict }
        for (offset, item) in items.enumerated() {
            let position = payload.leadingItems + offset
            let code = codes[position] ?? StatisticCode(reply)
            switch verdicts[position] {
            case .none: state.succeeded[item.kind, default: 0] += 1
            case .some(.retry):
                state.retried[Retry(kind: item.kind, code: code), default: 0] += 1
            case .some(.drop): state.lose([item], code)
            }
        }
        let partial = PartialDelivery(of: payload, refusals: refusals)
        state.seen[.quota, default: 0] += UInt64(partial.droppedRecords[.quota] ?? 0)
    }

    // MARK: Reporting

    package func metrics(
        of reading: PipelineReading,
        for preferences: [MetricPreference.TemporalityPreference]
    ) -> [MetricPreference.TemporalityPreference: [Metric]] {
        let books = reading.health.destinations[self.destinationName]?.books ?? DeliveryBooks()
        return self.state.withLock { state in
            state.reporter.begin(at: reading.time)
            for (kind, count) in state.succeeded.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                var attributes = self.common
                attributes["telemetryType"] = .string(kind.rawValue)
                state.reporter.count(
                    Self.successName,
                    unit: "",
                    "Items that arrived.",
                    attributes,
                    count
                )
            }
            var lost = state.lost
            for (reason, count) in books.dropped {
                let unseen = count - min(count, state.seen[reason] ?? 0)
                guard unseen > 0,
                    let code = StatisticCode(reason, quotaStatus: state.quotaStatus)
                else { continue }
                lost[Loss(kind: .unknown, code: code), default: 0] += unseen
            }
            for (loss, count) in lost {
                state.reporter.count(
                    Self.droppedName,
                    unit: "",
                    "Items that were lost.",
                    self.attributes(of: loss),
                    count
                )
            }
            for (retry, count) in state.retried {
                var attributes = self.common
                attributes["telemetryType"] = .string(retry.kind.rawValue)
                attributes["retryCode"] = .string(retry.code.code)
                attributes["retryReason"] = .string(retry.code.reason)
                state.reporter.count(
                    Self.retryName,
                    unit: "",
                    "Items that have to be sent again.",
                    attributes,
                    count
                )
            }
            return state.reporter.end(for: preferences)
        }
    }

    private func attributes(of loss: Loss) -> Attributes {
        var attributes = self.common
        attributes["telemetryType"] = .string(loss.kind.rawValue)
        attributes["dropCode"] = .string(loss.code.code)
        attributes["dropReason"] = .string(loss.code.reason)
        if let isSuccess = loss.isSuccess {
            attributes["telemetrySuccess"] = isSuccess ? "True" : "False"
        }
        return attributes
    }
}

extension CustomerStatistics.State {
    fileprivate mutating func lose(_ items: [CountedItem], _ code: StatisticCode) {
        for item in items {
            let loss = CustomerStatistics.Loss(
                kind: item.kind,
                isSuccess: item.isSuccess,
                code: code
            )
            self.lost[loss, default: 0] += 1
        }
    }
}

extension PayloadBody {
    /// The items of a payload, leading ones included; of unknown kind if the body cannot be read.
    fileprivate static func countedItems(of payload: Payload) -> [CountedItem] {
        guard let body = self.uncompressed(payload), let ranges = self.items(of: body) else {
            let count = payload.leadingItems + payload.itemCount
            return Array(repeating: CountedItem(kind: .unknown), count: count)
        }
        return ranges.map { CountedItem(body[$0]) }
    }
}
