import TelemetryModel

extension NumberPoint {
    init(protobuf reader: ProtobufReader) throws(UnreadableItem) {
        var point = NumberPoint(attributes: [:], time: .epoch, value: .int(0))
        var attributes = UniqueAttributes()
        var value: Value?
        try reader.forEachField { (field) throws(UnreadableItem) in
            switch (field.number, field.value) {
            case (2, .fixed64(let time)): point.startTime = Timestamp(protobuf: time)
            case (3, .fixed64(let time)): point.time = Timestamp(protobuf: time)
            case (4, .fixed64(let bits)): value = .double(Double(bitPattern: bits))
            case (6, .fixed64(let bits)): value = .int(Int64(bitPattern: bits))
            case (7, .bytes(let pair)): try attributes.append(protobuf: pair)
            case (8, .varint(let flags)): try requireRecordedValue(flags)
            default: break
            }
        }
        guard let value else {
            throw UnreadableItem(path: "", reason: "expected asInt or asDouble")
        }
        point.value = value
        point.attributes = attributes.attributes
        self = point
    }
}

extension HistogramPoint {
    init(protobuf reader: ProtobufReader) throws(UnreadableItem) {
        var point = HistogramPoint(attributes: [:], time: .epoch, count: 0, sum: nil)
        var attributes = UniqueAttributes()
        var bounds: [UInt64] = []
        try reader.forEachField { (field) throws(UnreadableItem) in
            switch (field.number, field.value) {
            case (2, .fixed64(let time)): point.startTime = Timestamp(protobuf: time)
            case (3, .fixed64(let time)): point.time = Timestamp(protobuf: time)
            case (4, .fixed64(let count)): point.count = count
            case (5, .fixed64(let bits)): point.sum = Double(bitPattern: bits)
            case (6, let counts): try counts.appendFixed64s(to: &point.bucketCounts)
            case (7, let values): try values.appendFixed64s(to: &bounds)
            case (9, .bytes(let pair)): try attributes.append(protobuf: pair)
            case (10, .varint(let flags)): try requireRecordedValue(flags)
            case (11, .fixed64(let bits)): point.min = Double(bitPattern: bits)
            case (12, .fixed64(let bits)): point.max = Double(bitPattern: bits)
            default: break
            }
        }
        guard point.bucketCounts.isEmpty || point.bucketCounts.count == bounds.count + 1 else {
            throw UnreadableItem(
                path: "bucketCounts",
                reason: "expected one element more than in explicitBounds, or none"
            )
        }
        point.bounds = bounds.map { Double(bitPattern: $0) }
        point.attributes = attributes.attributes
        self = point
    }
}

extension ExponentialHistogramPoint {
    init(protobuf reader: ProtobufReader) throws(UnreadableItem) {
        var point = ExponentialHistogramPoint(
            attributes: [:],
            time: .epoch,
            count: 0,
            sum: nil,
            scale: 0
        )
        var attributes = UniqueAttributes()
        try reader.forEachField { (field) throws(UnreadableItem) in
            switch (field.number, field.value) {
            case (1, .bytes(let pair)): try attributes.append(protobuf: pair)
            case (2, .fixed64(let time)): point.startTime = Timestamp(protobuf: time)
            case (3, .fixed64(let time)): point.time = Timestamp(protobuf: time)
            case (4, .fixed64(let count)): point.count = count
            case (5, .fixed64(let bits)): point.sum = Double(bitPattern: bits)
            case (6, .varint(let scale)): point.scale = Int32(protobufSigned: scale)
            case (7, .fixed64(let count)): point.zeroCount = count
            case (8, .bytes(let buckets)): try point.positive.read(protobuf: buckets)
            case (9, .bytes(let buckets)): try point.negative.read(protobuf: buckets)
            case (10, .varint(let flags)): try requireRecordedValue(flags)
            case (12, .fixed64(let bits)): point.min = Double(bitPattern: bits)
            case (13, .fixed64(let bits)): point.max = Double(bitPattern: bits)
            case (14, .fixed64(let bits)): point.zeroThreshold = Double(bitPattern: bits)
            default: break
            }
        }
        point.attributes = attributes.attributes
        self = point
    }
}

extension ExponentialHistogramPoint.Buckets {
    fileprivate mutating func read(protobuf reader: ProtobufReader) throws(UnreadableItem) {
        var buckets = self
        try reader.forEachField { (field) throws(UnreadableItem) in
            switch (field.number, field.value) {
            case (1, .varint(let offset)): buckets.offset = Int32(protobufSigned: offset)
            case (2, let counts): try counts.appendVarints(to: &buckets.counts)
            default: break
            }
        }
        self = buckets
    }
}

/// Bit 0 of a point's flags says that nothing was recorded.
private func requireRecordedValue(_ flags: UInt64) throws(UnreadableItem) {
    guard flags & 1 == 0 else {
        throw UnreadableItem(path: "flags", reason: "the point has no recorded value")
    }
}
