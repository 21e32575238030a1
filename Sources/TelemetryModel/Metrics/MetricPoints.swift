/// One value of a sum or gauge.
public struct NumberPoint: Sendable, Hashable {
    /// An integer or a double.
    public enum Value: Sendable, Hashable {
        /// An integer.
        case int(Int64)
        /// A double; not necessarily finite.
        case double(Double)

        /// The value as a double.
        public var asDouble: Double {
            switch self {
            case .int(let value): Double(value)
            case .double(let value): value
            }
        }
    }

    /// The series.
    public var attributes: Attributes
    /// Since when the value counts; the epoch if unknown or without meaning.
    public var startTime: Timestamp
    /// When the value was read.
    public var time: Timestamp
    /// The value.
    public var value: Value

    /// Creates a point.
    public init(
        attributes: Attributes,
        startTime: Timestamp = .epoch,
        time: Timestamp,
        value: Value
    ) {
        self.attributes = attributes
        self.startTime = startTime
        self.time = time
        self.value = value
    }
}

/// One distribution over fixed buckets.
public struct HistogramPoint: Sendable, Hashable {
    /// The series.
    public var attributes: Attributes
    /// Since when it counts; the epoch if unknown.
    public var startTime: Timestamp
    /// When it was read.
    public var time: Timestamp
    /// How many values were recorded.
    public var count: UInt64
    /// Their sum; `nil` if unknown.
    public var sum: Double?
    /// The smallest; `nil` if unknown or none.
    public var min: Double?
    /// The largest; `nil` if unknown or none.
    public var max: Double?
    /// The inclusive upper bounds of all buckets but the last, ascending.
    public var bounds: [Double]
    /// How many values fell into each bucket: one element more than ``bounds``, or none.
    public var bucketCounts: [UInt64]

    /// Creates a point.
    public init(
        attributes: Attributes,
        startTime: Timestamp = .epoch,
        time: Timestamp,
        count: UInt64,
        sum: Double?,
        min: Double? = nil,
        max: Double? = nil,
        bounds: [Double] = [],
        bucketCounts: [UInt64] = []
    ) {
        self.attributes = attributes
        self.startTime = startTime
        self.time = time
        self.count = count
        self.sum = sum
        self.min = min
        self.max = max
        self.bounds = bounds
        self.bucketCounts = bucketCounts
    }
}

/// One distribution over buckets whose bounds grow by the factor 2^(2^-scale).
public struct ExponentialHistogramPoint: Sendable, Hashable {
    /// Adjacent buckets of one sign.
    public struct Buckets: Sendable, Hashable {
        /// The index of the first bucket.
        public var offset: Int32
        /// How many values fell into each bucket from there on.
        public var counts: [UInt64]

        /// Creates buckets, none unless told otherwise.
        public init(offset: Int32 = 0, counts: [UInt64] = []) {
            self.offset = offset
            self.counts = counts
        }
    }

    /// The series.
    public var attributes: Attributes
    /// Since when it counts; the epoch if unknown.
    public var startTime: Timestamp
    /// When it was read.
    public var time: Timestamp
    /// How many values were recorded.
    public var count: UInt64
    /// Their sum; `nil` if unknown.
    public var sum: Double?
    /// The smallest; `nil` if unknown or none.
    public var min: Double?
    /// The largest; `nil` if unknown or none.
    public var max: Double?
    /// The resolution: bounds grow by 2^(2^-scale).
    public var scale: Int32
    /// How many values were zero, or as close to it as ``zeroThreshold``.
    public var zeroCount: UInt64
    /// How close to zero a value counts as zero.
    public var zeroThreshold: Double
    /// The values above zero.
    public var positive: Buckets
    /// The values below zero, by magnitude.
    public var negative: Buckets

    /// Creates a point.
    public init(
        attributes: Attributes,
        startTime: Timestamp = .epoch,
        time: Timestamp,
        count: UInt64,
        sum: Double?,
        min: Double? = nil,
        max: Double? = nil,
        scale: Int32,
        zeroCount: UInt64 = 0,
        zeroThreshold: Double = 0,
        positive: Buckets = Buckets(),
        negative: Buckets = Buckets()
    ) {
        self.attributes = attributes
        self.startTime = startTime
        self.time = time
        self.count = count
        self.sum = sum
        self.min = min
        self.max = max
        self.scale = scale
        self.zeroCount = zeroCount
        self.zeroThreshold = zeroThreshold
        self.positive = positive
        self.negative = negative
    }
}
