#if OTLPGRPC
    import GRPCCore
    import TelemetryEngine

    extension DeliveryOutcome {
        /// What a failed call means for its payload.
        ///
        /// | Status                                                                     | Outcome |
        /// | -------------------------------------------------------------------------- | ------- |
        /// | `UNAVAILABLE`, `DEADLINE_EXCEEDED`, `CANCELLED`, `ABORTED`, `OUT_OF_RANGE`, `DATA_LOSS` | failed; once more, after the delay of `RetryInfo` if there is one |
        /// | `RESOURCE_EXHAUSTED` with `RetryInfo`                                      | failed, throttled for that long |
        /// | `RESOURCE_EXHAUSTED` without                                               | the message is too large: its halves may not be; a single record is refused |
        /// | `UNAUTHENTICATED`, `PERMISSION_DENIED`, if a token was sent                | failed; another token may do |
        /// | all others                                                                 | refused |
        ///
        /// - SeeAlso: [OTLP 1.8, gRPC response](https://github.com/open-telemetry/opentelemetry-proto/blob/v1.8.0/docs/specification.md#failures)
        init(_ error: RPCError, recordCount: Int, authorization: OTLPAuthorization?) {
            let explanation = "status \(error.code): \(error.message)"
            let delay = GRPCRetryInfo.delay(in: error.metadata)
            switch error.code {
            case .unavailable, .deadlineExceeded, .cancelled, .aborted, .outOfRange, .dataLoss:
                self = .failed(
                    DeliveryFailure(
                        kind: error.code == .unavailable || error.code == .deadlineExceeded
                            ? .network : .server,
                        retryAfter: delay,
                        mayHaveArrived: error.code != .unavailable,
                        explanation: explanation
                    )
                )
            case .resourceExhausted:
                if let delay {
                    self = .failed(
                        DeliveryFailure(
                            kind: .throttled,
                            retryAfter: delay,
                            explanation: explanation
                        )
                    )
                } else if recordCount > 1 {
                    self = .payloadTooLarge
                } else {
                    self = .refused(.tooLarge, explanation: explanation)
                }
            case .unauthenticated where authorization != nil,
                .permissionDenied where authorization != nil:
                let failure = DeliveryFailure(kind: .authentication, explanation: explanation)
                self = .failed(failure.naming(authorization))
            default:
                self = .refused(.rejected, explanation: explanation)
            }
        }
    }
#endif
