public import TelemetryEngine

extension ConnectionString {
    /// The destination that all exporters with this connection string share.
    ///
    /// Its identity is the ingestion URL and a fingerprint of the instrumentation key, from which
    /// the key cannot be told.
    public var destination: Destination {
        // FNV-1a: it only has to tell the keys of one machine apart, and must stay the same.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in self.instrumentationKey.value.utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        }
        let digits = String(hash, radix: 16)
        let fingerprint = String(repeating: "0", count: 16 - digits.count) + digits
        return Destination(
            name: "azure",
            identity: "\(self.ingestion)\(Self.trackPath)#\(fingerprint)"
        )
    }
}
