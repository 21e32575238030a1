// swift-tools-version: 6.2

import PackageDescription

// The Swift half of `dev/integration`: does, through the public API alone, what send.py of the
// folder `Rows` and ask.py of the folder `Tokens` do through Microsoft's packages for Python, and
// writes what envelopes.py and decode.py read.
let package = Package(
    name: "Sender",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "swift-azure-monitor", path: "../../.."),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    ],
    targets: [
        .executableTarget(
            name: "RowsSender",
            dependencies: [
                .product(name: "AzureMonitor", package: "swift-azure-monitor"),
                .product(name: "AzureMonitorExporter", package: "swift-azure-monitor"),
                .product(name: "TelemetryTesting", package: "swift-azure-monitor"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            // RandomTelemetry.swift is that of the property tests.
            path: "Sources/RowsSender"
        ),
        .executableTarget(
            name: "TokenSender",
            dependencies: [.product(name: "AzureIdentity", package: "swift-azure-monitor")],
            path: "Sources/TokenSender"
        ),
        .executableTarget(
            name: "OTLPBodies",
            dependencies: [
                .product(name: "OTLPExporter", package: "swift-azure-monitor"),
                .product(name: "TelemetryEngine", package: "swift-azure-monitor"),
                .product(name: "TelemetryModel", package: "swift-azure-monitor"),
                .product(name: "TelemetryTesting", package: "swift-azure-monitor"),
            ],
            // RandomBatches.swift is that of the tests.
            path: "Sources/OTLPBodies"
        ),
    ]
)
