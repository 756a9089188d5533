// swift-tools-version: 6.2

import PackageDescription

// The arrows between targets are the architecture: docs/architecture.md says why each exists. The build checks them
// (`make` passes --explicit-target-dependency-import-check error), and Tests/RepositoryTests holds the lists of imports.

let package = Package(
    name: "orra",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "orra", targets: ["orra"]),
        .library(name: "OrraSDK", targets: ["OrraSDK"]),
        .library(name: "OrraHub", targets: ["OrraHub"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: ["JSON", "YAML"]),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // Libraries, from the leaves up.
        .target(name: "OrraModel"),
        .target(name: "OrraProtocol", dependencies: ["OrraModel"]),
        .target(
            name: "OrraEngine",
            dependencies: [
                "OrraModel",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "DequeModule", package: "swift-collections"),
            ]),
        .target(name: "OrraPlanner", dependencies: ["OrraModel"]),
        .target(
            name: "OrraStore",
            dependencies: [
                "OrraModel", "OrraEngine",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ]),
        .target(
            name: "OrraCore",
            dependencies: [
                "OrraModel", "OrraEngine", "OrraStore",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "HeapModule", package: "swift-collections"),
            ]),
        .target(
            name: "OrraWebSocket",
            dependencies: [
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
            ]),
        .target(
            name: "OrraHub",
            dependencies: [
                "OrraModel", "OrraProtocol", "OrraEngine", "OrraPlanner", "OrraStore", "OrraCore", "OrraWebSocket",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOFoundationEssentialsCompat", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        .target(
            name: "OrraSDK",
            dependencies: [
                "OrraModel", "OrraProtocol", "OrraWebSocket",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOFoundationCompat", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ]),
        .target(
            name: "OrraBench",
            dependencies: [
                .product(name: "Histogram", package: "hdrhistogram-swift"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
            ]),
        .target(
            name: "OrraCLI",
            dependencies: [
                "OrraBench", "OrraModel", "OrraProtocol", "OrraSDK",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ]),

        // Executables.
        .executableTarget(
            name: "orra",
            dependencies: [
                "OrraCLI", "OrraHub", "OrraModel", "OrraProtocol", "OrraStore",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "SystemPackage", package: "swift-system"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ]),

        // Components of the demonstration; README and docs/quick-start.md show them.
        .executableTarget(
            name: "CustomerNotification", dependencies: ["OrraSDK"], path: "docs/examples/CustomerNotification"),
        .executableTarget(name: "DeliveryAgent", dependencies: ["OrraSDK"], path: "docs/examples/DeliveryAgent"),
        .executableTarget(name: "InventoryTool", dependencies: ["OrraSDK"], path: "docs/examples/InventoryTool"),
        .executableTarget(name: "PaymentService", dependencies: ["OrraSDK"], path: "docs/examples/PaymentService"),

        // Tests mirror Sources.
        .testTarget(name: "OrraModelTests", dependencies: ["OrraModel"]),
        .testTarget(name: "OrraProtocolTests", dependencies: ["OrraModel", "OrraProtocol"]),
        .testTarget(name: "OrraEngineTests", dependencies: ["OrraModel", "OrraEngine"], exclude: ["Fixtures"]),
        .testTarget(
            name: "OrraPlannerTests", dependencies: ["OrraModel", "OrraPlanner", "EmbedderFigures", "PlanBench"],
            exclude: ["Fixtures"]),
        .target(
            name: "EmbedderFigures", dependencies: ["OrraModel", "OrraPlanner"], path: "Tests/EmbedderFigures"),
        .testTarget(
            name: "OrraStoreTests",
            dependencies: ["OrraModel", "OrraEngine", "OrraStore", .product(name: "GRDB", package: "GRDB.swift")]),
        .testTarget(
            name: "OrraCoreTests", dependencies: ["OrraModel", "OrraEngine", "OrraStore", "OrraCore"]),
        .testTarget(
            name: "OrraWebSocketTests",
            dependencies: [
                "OrraHub", "OrraWebSocket",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        .testTarget(
            name: "OrraHubTests",
            dependencies: [
                "OrraModel", "OrraProtocol", "OrraEngine", "OrraPlanner", "OrraStore", "OrraCore", "OrraWebSocket",
                "OrraHub", "OrraBench", "EmbedderFigures",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        .testTarget(
            name: "OrraSDKTests",
            dependencies: [
                "OrraModel", "OrraProtocol", "OrraSDK",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        .testTarget(
            name: "OrraBenchTests",
            dependencies: [
                "Bench", "OrraBench", "OrraModel", "OrraStore",
                .product(name: "Histogram", package: "hdrhistogram-swift"),
                .product(name: "NIOCore", package: "swift-nio"),
            ]),
        .testTarget(
            name: "OrraCLITests",
            dependencies: [
                "OrraCLI", "OrraHub", "OrraModel", "OrraProtocol", "OrraSDK", "OrraWebSocket",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]),

        // The simulator: the production core and store, and everybody around them, in virtual time.
        .target(
            name: "OrraTestKit",
            dependencies: [
                "OrraModel", "OrraEngine", "OrraStore", "OrraCore",
                .product(name: "HeapModule", package: "swift-collections"),
            ]),
        .executableTarget(name: "Simulate", dependencies: ["OrraTestKit"], path: "Tests/Simulate"),
        .executableTarget(name: "PlanBench", dependencies: ["OrraModel", "OrraPlanner"], path: "Tests/PlanBench"),
        .testTarget(name: "SimulationTests", dependencies: ["OrraEngine", "OrraTestKit"]),

        // Tests of the whole: real processes, the Python SDK, and the repository itself.
        .target(
            name: "ProcessSupport", dependencies: ["OrraModel", "OrraProtocol", "OrraSDK"],
            path: "Tests/ProcessSupport"),
        .executableTarget(
            name: "TestService", dependencies: ["OrraSDK", "ProcessSupport"], path: "Tests/TestService"),
        .executableTarget(
            name: "Chaos",
            dependencies: [
                "OrraHub", "OrraModel", "OrraProtocol", "OrraSDK", "ProcessSupport",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            path: "Tests/Chaos", exclude: ["Python"]),
        .executableTarget(
            name: "Bench",
            dependencies: [
                "OrraBench", "OrraCore", "OrraEngine", "OrraHub", "OrraModel", "OrraStore", "OrraWebSocket",
                "ProcessSupport",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            path: "Tests/Bench", exclude: ["Python"]),
        .testTarget(name: "ChaosTests", dependencies: ["Chaos", "ProcessSupport", "TestService", "orra"]),
        .testTarget(
            name: "CrashTests",
            dependencies: [
                "OrraHub", "OrraModel", "OrraProtocol", "OrraSDK", "OrraWebSocket", "ProcessSupport", "TestService",
                "orra",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
            ]),
        .testTarget(
            name: "CompatibilityTests",
            dependencies: ["OrraModel", "OrraPlanner", "OrraProtocol", "OrraSDK", "ProcessSupport", "orra"],
            exclude: ["Fixtures", "Python"]),
        .testTarget(name: "RepositoryTests", dependencies: ["OrraModel", "OrraProtocol"]),
    ]
)

for target in package.targets {
    target.swiftSettings =
        (target.swiftSettings ?? []) + [
            .enableUpcomingFeature("ExistentialAny"),
            .enableUpcomingFeature("InternalImportsByDefault"),
            .enableUpcomingFeature("MemberImportVisibility"),
            .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
            .treatAllWarnings(as: .error),
        ]
}
