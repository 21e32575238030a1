// swift-tools-version: 6.2

import PackageDescription

/// What only the trait of that name needs.
let clientCertificate = TargetDependencyCondition.when(traits: ["ClientCertificate"])

/// What only the trait of that name needs.
let otlpGRPC = TargetDependencyCondition.when(traits: ["OTLPGRPC"])

let package = Package(
    name: "swift-azure-monitor",
    platforms: [.macOS(.v15), .iOS(.v18), .tvOS(.v18), .watchOS(.v11)],
    products: [
        .library(name: "AzureMonitor", targets: ["AzureMonitor"]),
        .library(name: "AzureMonitorExporter", targets: ["AzureMonitorExporter"]),
        .library(name: "OTLPExporter", targets: ["OTLPExporter"]),
        .library(name: "AzureIdentity", targets: ["AzureIdentity"]),
        .library(name: "TelemetryEngine", targets: ["TelemetryEngine"]),
        .library(name: "TelemetryModel", targets: ["TelemetryModel"]),
        .library(name: "TelemetryTransport", targets: ["TelemetryTransport"]),
        .library(name: "TelemetryTesting", targets: ["TelemetryTesting"]),
    ],
    traits: [
        .trait(
            name: "ClientCertificate",
            description: """
                ClientCertificateCredential, certificates in the environment, and managed \
                identities in Service Fabric; brings jwt-kit, swift-crypto and swift-nio-ssl
                """
        ),
        .trait(
            name: "OTLPGRPC",
            description: "OTLP over gRPC; brings grpc-swift-2 and grpc-swift-nio-transport"
        ),
    ],
    dependencies: [
        // Whatever stands here is resolved for every user of the library. The tool, the examples
        // and the benchmarks are packages of their own so that their needs do not.
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.11.0"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.0.0", traits: []),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.4.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.2.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0", traits: []),
        .package(url: "https://github.com/apple/swift-system", from: "1.5.0"),
        // For the trait ClientCertificate alone; without it nobody fetches these.
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.1.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.36.0"),
        // For either trait.
        .package(url: "https://github.com/apple/swift-nio", from: "2.90.0"),
        // For the trait OTLPGRPC alone.
        .package(url: "https://github.com/grpc/grpc-swift-2", from: "2.3.0"),
        .package(url: "https://github.com/grpc/grpc-swift-nio-transport", from: "2.8.0"),
    ],
    targets: [
        // MARK: The distribution

        .target(
            name: "AzureMonitor",
            dependencies: [
                "AzureMonitorExporter", "OTLPExporter", "AzureIdentity", "TelemetryEngine",
                "TelemetryTransport", "TelemetryModel",
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ]
        ),

        // MARK: Exporters

        .target(
            name: "AzureMonitorExporter",
            dependencies: [
                "TelemetryEngine", "TelemetryModel", "TelemetryTransport", "AzureIdentity",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ]
        ),
        .target(
            name: "OTLPExporter",
            dependencies: [
                "TelemetryEngine", "TelemetryModel", "TelemetryTransport",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "GRPCCore", package: "grpc-swift-2", condition: otlpGRPC),
                .product(
                    name: "GRPCNIOTransportHTTP2Posix",
                    package: "grpc-swift-nio-transport",
                    condition: otlpGRPC
                ),
                .product(name: "NIOCore", package: "swift-nio", condition: otlpGRPC),
                .product(name: "NIOPosix", package: "swift-nio", condition: otlpGRPC),
            ]
        ),
        .target(
            name: "AzureIdentity",
            dependencies: [
                "TelemetryTransport",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                // It has no iOS, and neither have the programs that are run.
                .product(
                    name: "Subprocess",
                    package: "swift-subprocess",
                    condition: .when(platforms: [.linux, .macOS])
                ),
                .product(
                    name: "SystemPackage",
                    package: "swift-system",
                    condition: .when(platforms: [.linux])
                ),
                .product(name: "JWTKit", package: "jwt-kit", condition: clientCertificate),
                .product(name: "Crypto", package: "swift-crypto", condition: clientCertificate),
                .product(name: "NIOCore", package: "swift-nio", condition: clientCertificate),
                .product(name: "NIOHTTP1", package: "swift-nio", condition: clientCertificate),
                .product(name: "NIOPosix", package: "swift-nio", condition: clientCertificate),
                .product(name: "NIOSSL", package: "swift-nio-ssl", condition: clientCertificate),
                .product(name: "NIOTLS", package: "swift-nio", condition: clientCertificate),
            ]
        ),
        .target(
            name: "TelemetryTesting",
            dependencies: [
                "TelemetryEngine", "TelemetryModel", "TelemetryTransport",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ]
        ),

        // MARK: The engine

        .target(
            name: "TelemetryEngine",
            dependencies: [
                "TelemetryModel",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Instrumentation", package: "swift-distributed-tracing"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ]
        ),
        .target(
            name: "TelemetryTransport",
            dependencies: [
                "CCurl", "CCurlShims", "CZlib",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ]
        ),
        .target(name: "TelemetryModel"),

        // MARK: System libraries

        .systemLibrary(
            name: "CCurl",
            pkgConfig: "libcurl",
            providers: [.apt(["libcurl4-openssl-dev"])]
        ),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        // libcurl's option setters are variadic, which Swift cannot call.
        .target(name: "CCurlShims", dependencies: ["CCurl"]),

        // MARK: Tests

        .testTarget(name: "TelemetryModelTests", dependencies: ["TelemetryModel"]),
        .testTarget(
            name: "TelemetryTransportTests",
            dependencies: [
                "TelemetryTransport", "TelemetryTesting",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ]
        ),
        .testTarget(
            name: "TelemetryEngineTests",
            dependencies: [
                "TelemetryEngine", "TelemetryModel", "TelemetryTesting",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Instrumentation", package: "swift-distributed-tracing"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ]
        ),
        .testTarget(
            name: "AzureMonitorExporterTests",
            dependencies: [
                "AzureIdentity", "AzureMonitorExporter", "OTLPExporter", "TelemetryEngine",
                "TelemetryModel", "TelemetryTesting",
                "TelemetryTransport",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            resources: [.copy("Conformance")]
        ),
        .testTarget(
            name: "AzureIdentityTests",
            dependencies: [
                "AzureIdentity", "TelemetryTesting", "TelemetryTransport",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "JWTKit", package: "jwt-kit", condition: clientCertificate),
                .product(name: "Crypto", package: "swift-crypto", condition: clientCertificate),
                .product(name: "NIOCore", package: "swift-nio", condition: clientCertificate),
                .product(name: "NIOHTTP1", package: "swift-nio", condition: clientCertificate),
                .product(name: "NIOPosix", package: "swift-nio", condition: clientCertificate),
                .product(name: "NIOSSL", package: "swift-nio-ssl", condition: clientCertificate),
            ]
        ),
        .testTarget(
            name: "OTLPExporterTests",
            dependencies: [
                "OTLPExporter", "TelemetryEngine", "TelemetryModel", "TelemetryTesting",
                "TelemetryTransport",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "GRPCCore", package: "grpc-swift-2", condition: otlpGRPC),
                .product(
                    name: "GRPCNIOTransportHTTP2Posix",
                    package: "grpc-swift-nio-transport",
                    condition: otlpGRPC
                ),
            ]
        ),
        .testTarget(
            name: "AzureMonitorTests",
            dependencies: [
                "AzureIdentity", "AzureMonitor", "AzureMonitorExporter", "OTLPExporter",
                "TelemetryEngine", "TelemetryModel", "TelemetryTesting", "TelemetryTransport",
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ]
        ),
    ]
)

// Warnings are errors where we build the package ourselves, never where a user builds it.
let isStrict = Context.environment["AZURE_MONITOR_STRICT"] != nil

for target in package.targets where target.type != .system {
    var settings = target.swiftSettings ?? []
    settings += [
        .swiftLanguageMode(.v6),
        // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0458-strict-memory-safety.md
        .strictMemorySafety(),
        // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0335-existential-any.md
        .enableUpcomingFeature("ExistentialAny"),
        // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0444-member-import-visibility.md
        .enableUpcomingFeature("MemberImportVisibility"),
        // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0409-access-level-on-imports.md
        .enableUpcomingFeature("InternalImportsByDefault"),
        // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0461-async-function-isolation.md
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    ]
    if isStrict {
        settings.append(.treatAllWarnings(as: .error))
    }
    target.swiftSettings = settings
}
