// swift-tools-version: 6.2

import PackageDescription

// A package of its own: what measures is resolved for nobody who uses the library.
let package = Package(
    name: "azure-monitor-benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        // By name: the identity of a package at a path is the name of its folder, and a clone may have any.
        .package(name: "swift-azure-monitor", path: "../.."),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        // Without its traits nothing comes between the allocator, the runtime, and what is measured.
        .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
    ],
    targets: [
        // Medians of what a caller pays; the folder is where the benchmark plug-in looks.
        .executableTarget(
            name: "CallerPath",
            dependencies: [
                "Workload",
                .product(name: "AzureMonitorExporter", package: "swift-azure-monitor"),
                .product(name: "TelemetryEngine", package: "swift-azure-monitor"),
                .product(name: "TelemetryModel", package: "swift-azure-monitor"),
                .product(name: "TelemetryTesting", package: "swift-azure-monitor"),
                .product(name: "TelemetryTransport", package: "swift-azure-monitor"),
                .product(name: "Benchmark", package: "benchmark"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Instrumentation", package: "swift-distributed-tracing"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            path: "Benchmarks/CallerPath",
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]
        ),
        // The way to a server, and what a process needs for it.
        .executableTarget(
            name: "whole-path",
            dependencies: [
                "Workload",
                .product(name: "AzureMonitor", package: "swift-azure-monitor"),
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        // The server, in a process of its own.
        .executableTarget(
            name: "sink",
            dependencies: [
                "Workload",
                .product(name: "TelemetryTransport", package: "swift-azure-monitor"),
            ]
        ),
        .executableTarget(name: "benchmark-table"),
        // What is measured, and the clocks.
        .target(
            name: "Workload",
            dependencies: [
                .product(name: "TelemetryEngine", package: "swift-azure-monitor"),
                .product(name: "TelemetryModel", package: "swift-azure-monitor"),
                .product(name: "Instrumentation", package: "swift-distributed-tracing"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ]
        ),
    ]
)

// Warnings are errors where we check the package, as in the root's manifest.
let isStrict = Context.environment["AZURE_MONITOR_STRICT"] != nil

for target in package.targets {
    var settings = target.swiftSettings ?? []
    settings += [
        .swiftLanguageMode(.v6),
        .strictMemorySafety(),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    ]
    if isStrict {
        settings.append(.treatAllWarnings(as: .error))
    }
    target.swiftSettings = settings
}
