import Foundation
import Testing

@Suite("Imports")
struct ImportTests {
    /// What each target may import. A name that is missing here is a decision: why may it?
    static let allowed: [String: Set<String>] = [
        "OrraModel": [],
        "OrraProtocol": ["OrraModel"],
        "OrraEngine": ["OrraModel", "Crypto", "DequeModule", "Foundation", "FoundationEssentials"],
        "OrraPlanner": ["OrraModel"],
        "OrraStore": [
            "OrraModel", "OrraEngine", "GRDB", "GRDBSQLite", "Synchronization", "Foundation", "FoundationEssentials",
            "Glibc", "Musl", "Darwin",
        ],
        "OrraCore": ["OrraModel", "OrraEngine", "OrraStore", "DequeModule", "HeapModule"],
        "OrraTestKit": ["OrraModel", "OrraEngine", "OrraStore", "OrraCore", "HeapModule"],
        "OrraWebSocket": [
            "HTTPTypes", "Logging", "NIOConcurrencyHelpers", "NIOCore", "NIOHTTP1", "NIOHTTPTypesHTTP1", "NIOPosix",
            "NIOSSL", "NIOWebSocket", "Synchronization", "Glibc", "Musl", "Darwin", "Foundation",
            "FoundationEssentials",
        ],
        "OrraHub": [
            "OrraModel", "OrraProtocol", "OrraEngine", "OrraPlanner", "OrraStore", "OrraCore", "OrraWebSocket",
            "AsyncHTTPClient", "Crypto", "Dispatch", "Foundation", "FoundationEssentials", "HTTPTypes", "Hummingbird",
            "HummingbirdCore", "Logging", "NIOCore", "NIOFoundationEssentialsCompat", "NIOHTTP1", "NIOHTTPTypes",
            "NIOHTTPTypesHTTP1", "NIOPosix", "NIOWebSocket", "ServiceLifecycle", "Synchronization",
        ],
        "OrraSDK": [
            "OrraModel", "OrraProtocol", "OrraWebSocket", "AsyncHTTPClient", "Crypto", "Dispatch", "Foundation",
            "FoundationEssentials", "HTTPTypes", "Logging", "NIOCore", "NIOFoundationCompat", "NIOHTTP1", "NIOPosix",
            "ServiceLifecycle", "Synchronization", "UnixSignals", "Glibc", "Musl", "Darwin",
        ],
        // Handlers of its own, beneath the libraries that the hub is built on: what it costs is missing to the hub.
        "OrraBench": [
            "Histogram", "NIOCore", "NIOHTTP1", "NIOPosix", "NIOWebSocket", "Foundation", "FoundationEssentials",
            "Glibc", "Musl", "Darwin",
        ],
        "OrraCLI": [
            "OrraBench", "OrraModel", "OrraProtocol", "OrraSDK", "ArgumentParser", "Foundation", "FoundationEssentials",
            "HTTPTypes",
            "Hummingbird", "Logging", "NIOCore", "ServiceLifecycle", "Synchronization", "UnixSignals", "Glibc", "Musl",
            // People write groundings in YAML; only this program reads it.
            "Darwin", "Yams",
        ],
        "orra": [
            "OrraCLI", "OrraHub", "OrraModel", "OrraProtocol", "OrraStore", "ArgumentParser", "Configuration",
            "Logging",
            "ServiceLifecycle",
            "SystemPackage", "UnixSignals", "Foundation", "Glibc", "Musl", "Darwin",
        ],
    ]

    @Test("each target imports only what its list allows", arguments: allowed.keys.sorted())
    func allowList(target: String) throws {
        let files = try Repository.files(in: "Sources/\(target)", endings: ["swift"])
        #expect(!files.isEmpty)
        for file in files {
            for module in try imports(of: file) {
                #expect(Self.allowed[target]?.contains(module) == true, "\(file) imports \(module)")
            }
        }
    }

    @Test("every target of Sources has a list")
    func complete() throws {
        let folders = try FileManager.default.contentsOfDirectory(
            atPath: Repository.root.appending(path: "Sources").path())
        #expect(Set(folders.filter { !$0.hasPrefix(".") }) == Set(Self.allowed.keys))
    }

    @Test("raw channel handlers live in the WebSocket folders and in the benchmark only")
    func channelHandlers() throws {
        for file in try Repository.files(in: "Sources", endings: ["swift"]) {
            let homes = ["Sources/OrraWebSocket/", "Sources/OrraHub/WebSocket/", "Sources/OrraBench/"]
            guard !homes.contains(where: file.hasPrefix) else { continue }
            let text = try Repository.text(file)
            for word in [
                "ChannelInboundHandler", "ChannelOutboundHandler", "ChannelDuplexHandler", "ChannelHandlerContext",
            ] {
                #expect(!text.contains(word), "\(file) has a \(word)")
            }
        }
    }

    @Test(
        "the core knows no clock and no unordered effects",
        arguments: ["OrraModel", "OrraEngine", "OrraCore", "OrraPlanner", "OrraTestKit"])
    func purity(target: String) throws {
        for file in try Repository.files(in: "Sources/\(target)", endings: ["swift"]) {
            let text = try Repository.text(file)
            for word in [
                "Date()", "Date.now", "ContinuousClock", "\n    Task {", "  Task {", "= Task {", "Task.detached",
                "DispatchQueue", "async let",
            ] {
                #expect(!text.contains(word), "\(file) has \(word)")
            }
        }
    }

    private func imports(of file: String) throws -> [String] {
        try Repository.text(file).split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ").filter {
                !["public", "package", "internal", "@testable", "@preconcurrency"].contains($0)
            }
            guard words.first == "import", words.count >= 2 else { return nil }
            let kinds: Set<Substring> = ["struct", "class", "enum", "func", "protocol", "typealias"]
            let name = kinds.contains(words[1]) && words.count > 2 ? words[2] : words[1]
            return String(name.split(separator: ".").first ?? name)
        }
    }
}
