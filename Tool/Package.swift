// swift-tools-version: 6.2

import PackageDescription

let package = Package(
    name: "azure-monitor-tool",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "azure-monitor", targets: ["azure-monitor"])
    ],
    dependencies: [
        // By name: the identity of a package at a path is the name of its folder, and a clone may have any.
        .package(name: "swift-azure-monitor", path: ".."),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.0.0", traits: []),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.4.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.90.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.8.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.20.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.30.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.11.0"),
    ],
    targets: [
        .executableTarget(
            name: "azure-monitor",
            dependencies: [
                "LocalInsights",
                .product(name: "AzureIdentity", package: "swift-azure-monitor"),
                .product(name: "AzureMonitor", package: "swift-azure-monitor"),
                .product(name: "AzureMonitorExporter", package: "swift-azure-monitor"),
                .product(name: "OTLPExporter", package: "swift-azure-monitor"),
                .product(name: "TelemetryEngine", package: "swift-azure-monitor"),
                .product(name: "TelemetryModel", package: "swift-azure-monitor"),
                .product(name: "TelemetryTransport", package: "swift-azure-monitor"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ]
        ),
        .target(
            name: "LocalInsights",
            dependencies: [
                .product(name: "AzureMonitorExporter", package: "swift-azure-monitor"),
                .product(name: "OTLPExporter", package: "swift-azure-monitor"),
                .product(name: "TelemetryModel", package: "swift-azure-monitor"),
                .product(name: "TelemetryTransport", package: "swift-azure-monitor"),
                .product(name: "GRDB", package: "GRDB.swift"),
                // SQLite's own functions: bulk inserts bind bytes without a value object each.
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]
        ),
        .testTarget(
            name: "AzureMonitorToolTests",
            dependencies: [
                "LocalInsights", "azure-monitor",
                .product(name: "AzureIdentity", package: "swift-azure-monitor"),
                .product(name: "AzureMonitor", package: "swift-azure-monitor"),
                .product(name: "AzureMonitorExporter", package: "swift-azure-monitor"),
                .product(name: "OTLPExporter", package: "swift-azure-monitor"),
                .product(name: "TelemetryEngine", package: "swift-azure-monitor"),
                .product(name: "TelemetryModel", package: "swift-azure-monitor"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "TelemetryTransport", package: "swift-azure-monitor"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ]
        ),
        .testTarget(
            name: "LocalInsightsTests",
            dependencies: [
                "LocalInsights",
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "TelemetryModel", package: "swift-azure-monitor"),
                .product(name: "TelemetryTransport", package: "swift-azure-monitor"),
            ]
        ),
        .testTarget(
            name: "TracingMiddlewareTests",
            dependencies: [
                "LocalInsights",
                .product(name: "AzureMonitorExporter", package: "swift-azure-monitor"),
                .product(name: "TelemetryEngine", package: "swift-azure-monitor"),
                .product(name: "TelemetryModel", package: "swift-azure-monitor"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ]
        ),
    ]
)

let isStrict = Context.environment["AZURE_MONITOR_STRICT"] != nil

for target in package.targets {
    var settings = target.swiftSettings ?? []
    settings += [
        .swiftLanguageMode(.v6),
        .strictMemorySafety(),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    ]
    if isStrict {
        settings.append(.treatAllWarnings(as: .error))
    }
    target.swiftSettings = settings
}
