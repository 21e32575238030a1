// swift-tools-version: 6.2

import PackageDescription

let package = Package(
    name: "Identity",
    platforms: [.macOS(.v15)],
    dependencies: [
        // In a package of your own:
        // .package(url: "https://github.com/…/swift-azure-monitor", from: "…")
        .package(name: "swift-azure-monitor", path: "../.."),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.0"),
    ],
    targets: [
        .executableTarget(
            name: "Identity",
            dependencies: [
                .product(name: "AzureIdentity", package: "swift-azure-monitor"),
                .product(name: "AzureMonitor", package: "swift-azure-monitor"),
                .product(name: "AzureMonitorExporter", package: "swift-azure-monitor"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ]
        )
    ]
)
