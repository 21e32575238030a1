/// What happens to a record for which there is no room.
public struct OverflowPolicy: Hashable, Sendable {
    private enum Value { case dropNewest, dropOldest }
    private let value: Value

    /// The record that comes is lost.
    ///
    /// The default, as OpenTelemetry has it.
    public static let dropNewest = OverflowPolicy(value: .dropNewest)

    /// The oldest records make room: a chunk of them at a time.
    public static let dropOldest = OverflowPolicy(value: .dropOldest)
}
