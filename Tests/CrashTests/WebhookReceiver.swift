import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import OrraHub
import OrraModel
import Synchronization

/// A receiver of webhooks that can be away, out of order, or well.
final class WebhookReceiver: Sendable {
    struct Post: Sendable {
        var id: String?
        var event: String?
        var body: [UInt8]
        /// What it was answered.
        var status: Int
    }

    private let received = Mutex<[Post]>([])
    private let status = Mutex(200)

    var posts: [Post] { received.withLock { $0 } }

    /// What the following posts are answered.
    func answer(_ status: Int) { self.status.withLock { $0 = status } }

    /// Listens while `body` runs, which is told the port.
    func listen<Result: Sendable>(
        on port: Int = 0, _ body: @escaping @Sendable (Int) async throws -> Result
    ) async throws -> Result {
        let (ports, told) = AsyncStream.makeStream(of: Int.self)
        let application = Application(
            responder: CallbackResponder<BasicRequestContext> { request, _ in try await self.take(request) },
            server: .http1Only, configuration: .init(address: .hostname("127.0.0.1", port: port)),
            onServerRunning: { told.yield($0.localAddress?.port ?? 0) },
            logger: Logger(label: "receiver") { _ in SwiftLogNoOpLogHandler() })
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask {
                try await application.run()
                return nil
            }
            group.addTask {
                for await port in ports { return try await body(port) }
                return nil
            }
            defer { group.cancelAll() }
            while let result = try await group.next() {
                if let result { return result }
            }
            throw CancellationError()
        }
    }

    private func take(_ request: Request) async throws -> Response {
        let body = try await request.body.collect(upTo: 1 << 20)
        let status = status.withLock { $0 }
        func header(_ name: String) -> String? { HTTPField.Name(name).flatMap { request.headers[$0] } }
        let post = Post(
            id: header("webhook-id"), event: header("X-Orra-Event"), body: Array(body.readableBytesView),
            status: status)
        received.withLock { $0.append(post) }
        return Response(status: .init(code: status))
    }
}
