import Foundation
import Logging

@testable import OrraSDK

struct Order: Codable, Equatable { var orderId: String; var amount: Double }
struct Payment: Codable, Equatable { var paymentStatus: String }

/// A directory of a test, deleted with it.
final class Scratch: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "orra-sdk-\(UUID().uuidString)").path()
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// Makes components that talk to a fake hub, impatiently.
struct ComponentRig {
    let hub: FakeHub
    let scratch: Scratch
    var concurrency = 16
    var drainTimeout = Duration.seconds(10)
    var revertTTL: Duration?
    var url: String
    var logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    init(_ hub: FakeHub) throws {
        self.hub = hub
        url = hub.url
        scratch = try Scratch()
    }

    func service(
        _ handler: @escaping @Sendable (Order, TaskContext) async throws -> Payment,
        onRevert: (@Sendable (Order, Payment, RevertContext) async throws -> Void)? = nil
    ) throws -> Service {
        try component(handler, onRevert: onRevert)
    }

    func component<Role: ComponentRole>(
        _ handler: @escaping @Sendable (Order, TaskContext) async throws -> Payment,
        onRevert: (@Sendable (Order, Payment, RevertContext) async throws -> Void)? = nil
    ) throws -> Component<Role> {
        var options = ComponentOptions(revertTTL: revertTTL)
        options.dataDirectory = scratch.path
        options.drainTimeout = drainTimeout
        options.backoff = Backoff(first: .milliseconds(10), longest: .milliseconds(50))
        return try Component(
            "payment-service", "Charges the customer for an order.",
            at: HubAccess(url: url, key: "sk-orra-v1-test"), concurrency: concurrency, options: options,
            logger: logger, handler: handler, onRevert: onRevert)
    }
}

extension Component {
    /// Runs while `body` does; then stops and awaits its end. `stop` ends it earlier.
    func running(_ body: (_ stop: @Sendable () -> Void) async throws -> Void) async throws {
        let (stream, stop) = AsyncStream.makeStream(of: Void.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.run { for await _ in stream {} } }
            do {
                try await body { stop.finish() }
            } catch {
                group.cancelAll()
                throw error
            }
            stop.finish()
            try await group.waitForAll()
        }
    }

    func running(_ body: () async throws -> Void) async throws { try await running { _ in try await body() } }
}

/// A door that handlers wait at until the test opens it.
struct Gate: Sendable {
    private let stream: AsyncStream<Void>
    private let opener: AsyncStream<Void>.Continuation

    init() { (stream, opener) = AsyncStream.makeStream() }
    func open() { opener.finish() }
    /// Throws when it is cancelled meanwhile. For one handler.
    func pass() async throws {
        for await _ in stream {}
        try Task.checkCancellation()
    }
}

/// Tells a test the warnings of a component.
struct Listener: LogHandler {
    let messages: Mailbox<String>
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.warning

    init(messages: Mailbox<String>) { self.messages = messages }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { Task { [messages] in await messages.put("\(event.message)") } }
}
