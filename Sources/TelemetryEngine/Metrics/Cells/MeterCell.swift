internal import CoreMetrics
private import Synchronization

/// The level of a `Meter`: what it was last set to, and the ups and downs since.
///
/// Exported as the running total of an up-down counter. Non-finite values are ignored and counted,
/// and so are negative amounts to go up or down by, as the metrics API wants it.
final class MeterCell: MetricCell, MeterHandler, @unchecked Sendable {
    private let level = Atomic<UInt64>(0)
    private let wasTouched = Atomic<Bool>(false)

    func set(_ value: Int64) {
        self.set(Double(value))
    }

    func set(_ value: Double) {
        guard value.isFinite else { return self.faults.ignored() }
        self.level.store(value.bitPattern, ordering: .relaxed)
        self.touch()
    }

    func increment(by amount: Double) {
        guard amount >= 0, amount.isFinite else { return self.faults.ignored() }
        self.add(amount)
    }

    func decrement(by amount: Double) {
        guard amount >= 0, amount.isFinite else { return self.faults.ignored() }
        self.add(-amount)
    }

    override func drain(into group: inout MetricCollection.Group) {
        guard self.wasTouched.takeFlag() else { return }
        let level = Double(bitPattern: self.level.load(ordering: .relaxed))
        group.doubles.append(self.measurement(level))
    }

    private func add(_ amount: Double) {
        var current = self.level.load(ordering: .relaxed)
        while true {
            let (exchanged, original) = self.level.compareExchange(
                expected: current,
                desired: Double(bitPattern: current).saturatingSum(amount).bitPattern,
                ordering: .relaxed
            )
            if exchanged { return self.touch() }
            current = original
        }
    }

    /// Says that there is something to report; comes after the level, which `drain` reads last.
    private func touch() {
        self.wasTouched.store(true, ordering: .releasing)
    }
}
