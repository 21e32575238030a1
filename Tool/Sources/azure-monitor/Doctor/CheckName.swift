/// What is checked, in the order in which it is shown.
enum CheckName: String, CaseIterable {
    case configuration
    case connectionString = "connection-string"
    case dns, tcp, tls, proxy, clock, token, ingestion, storage
}
