// swift-tools-version: 6.2

import PackageDescription

// What a user's package looks like. `dev/consumer` builds it from a copy, outside of this
// repository, to see what the product AzureMonitor costs those who only use it.
let package = Package(
    name: "consumer",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(
            name: "swift-azure-monitor",
            path: Context.environment["AZURE_MONITOR_CHECKOUT"] ?? "../.."
        )
    ],
    targets: [
        .executableTarget(
            name: "consumer",
            dependencies: [
                .product(name: "AzureMonitor", package: "swift-azure-monitor")
            ]
        )
    ]
)
