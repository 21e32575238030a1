// swift-tools-version: 6.2

import PackageDescription

// The chaos suite, which `dev/chaos` runs. A package of its own, so that neither users of the
// library nor those who run its tests build a server with TLS.
let package = Package(
    name: "chaos-suite",
    platforms: [.macOS(.v15)],
    dependencies: [
        // By name: the identity of a package at a path is the name of its folder, and a clone may have any.
        .package(name: "swift-azure-monitor", path: "../.."),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.3.0"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.10.0"),
        .package(url: "https://github.com/apple/swift-crypto", "3.12.0"..<"5.0.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.90.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.36.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.11.0"),
    ],
    targets: [
        .executableTarget(
            name: "chaos",
            dependencies: [
                "CSpawn",
                .product(name: "AzureIdentity", package: "swift-azure-monitor"),
                .product(name: "AzureMonitor", package: "swift-azure-monitor"),
                .product(name: "AzureMonitorExporter", package: "swift-azure-monitor"),
                .product(name: "TelemetryEngine", package: "swift-azure-monitor"),
                .product(name: "TelemetryModel", package: "swift-azure-monitor"),
                .product(name: "TelemetryTesting", package: "swift-azure-monitor"),
                .product(name: "TelemetryTransport", package: "swift-azure-monitor"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "X509", package: "swift-certificates"),
            ]
        ),
        .target(name: "CSpawn"),
    ]
)

// Warnings are errors where we build the package ourselves.
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
