#if OTLPGRPC
    import GRPCCore

    /// How long a collector asks to be left alone: `google.rpc.RetryInfo` in the details of a status.
    ///
    /// - SeeAlso: [error_details.proto](https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto)
    enum GRPCRetryInfo {
        private static let typeURL = "type.googleapis.com/google.rpc.RetryInfo"

        /// The longest delay that is taken at its word.
        private static let longestDelay: Int64 = 24 * 3600

        /// The delay in the trailing metadata of a failed call; `nil` without the information.
        static func delay(in metadata: Metadata) -> Duration? {
            for details in metadata[binaryValues: "grpc-status-details-bin"] {
                if let delay = try? Self.delay(inStatus: ProtobufReader(details)) { return delay }
            }
            return nil
        }

        private static func delay(
            inStatus status: ProtobufReader
        ) throws(UnreadableItem) -> Duration? {
            var delay: Duration?
            try status.forEachField { field throws(UnreadableItem) in
                // `details`, each an `Any` of type and value.
                guard field.number == 3, case .bytes(let detail) = field.value else { return }
                var type = ""
                var content: ProtobufReader?
                try detail.forEachField { part throws(UnreadableItem) in
                    switch (part.number, part.value) {
                    case (1, .bytes(let text)): type = text.text
                    case (2, .bytes(let value)): content = value
                    default: break
                    }
                }
                if type == Self.typeURL { delay = try Self.delay(inInfo: content) }
            }
            return delay
        }

        private static func delay(
            inInfo info: ProtobufReader?
        ) throws(UnreadableItem) -> Duration {
            var seconds: Int64 = 0
            var nanoseconds: Int64 = 0
            try info?.forEachField { field throws(UnreadableItem) in
                guard field.number == 1, case .bytes(let duration) = field.value else { return }
                try duration.forEachField { part throws(UnreadableItem) in
                    switch (part.number, part.value) {
                    case (1, .varint(let value)): seconds = Int64(bitPattern: value)
                    case (2, .varint(let value)): nanoseconds = Int64(bitPattern: value)
                    default: break
                    }
                }
            }
            return .seconds(min(max(seconds, 0), Self.longestDelay))
                + .nanoseconds(min(max(nanoseconds, 0), 999_999_999))
        }
    }
#endif
