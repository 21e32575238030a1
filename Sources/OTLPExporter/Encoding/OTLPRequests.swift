/// The export requests that encoding made of a batch.
///
/// Every record of the batch is in one of ``requests``, in ``tooLarge`` or in ``invalid``.
package struct OTLPRequests: Sendable, Hashable {
    /// One export request.
    package struct Request: Sendable, Hashable {
        /// The bytes, not compressed.
        package var body: [UInt8]

        /// How many spans, log records or metric points the body holds.
        package var records: Int

        /// Creates a request.
        package init(body: [UInt8], records: Int) {
            self.body = body
            self.records = records
        }
    }

    /// The requests; none is empty.
    package var requests: [Request] = []

    /// How many records were left out because one alone is larger than a request may be.
    package var tooLarge = 0

    /// How many records were left out because no receiver could use them: spans without ids, and
    /// histograms whose bounds do not go with their counts.
    package var invalid = 0

    /// How many values became null because they were nested too deep.
    package var cutValues = 0

    /// Creates an empty result.
    package init() {}
}
