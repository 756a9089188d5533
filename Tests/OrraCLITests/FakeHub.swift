import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import OrraCLI
import OrraHub
import OrraModel
import OrraSDK
import OrraWebSocket
import Synchronization
import Testing

/// A hub of canned answers on a port of its own, which remembers what it was asked.
final class FakeHub: Sendable {
    struct Asked: Sendable, Equatable {
        var method: String
        /// With the query.
        var path: String
        var authorization: String?
        var body: String
        var idempotencyKey: String?
    }

    struct Answer: Sendable {
        var status: Int
        var body: String
        init(_ status: Int, _ body: String) {
            self.status = status
            self.body = body
        }
    }

    /// What happens on one progress stream.
    enum Step: Sendable {
        case frame(String)
        case close(WebSocketCloseCode)
        /// Nothing more, until the client goes away.
        case hold
    }

    private let asked = Mutex<[Asked]>([])
    private let streams = Mutex<[String]>([])
    private let answer: @Sendable (Asked) -> Answer
    private let progress: @Sendable (_ stream: Int, _ after: Int) -> [Step]

    init(
        answer: @escaping @Sendable (Asked) -> Answer = { _ in Answer(404, #"{"error":{}}"#) },
        progress: @escaping @Sendable (_ stream: Int, _ after: Int) -> [Step] = { _, _ in [] }
    ) {
        self.answer = answer
        self.progress = progress
    }

    var requests: [Asked] { asked.withLock { $0 } }
    /// The targets of the upgrade requests, in order.
    var streamTargets: [String] { streams.withLock { $0 } }

    /// Runs `body` while the hub listens.
    func run<Result: Sendable>(_ body: @Sendable @escaping (HubAddress) async throws -> Result) async throws -> Result {
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        let application = Application(
            responder: CallbackResponder<BasicRequestContext> { request, _ in try await self.respond(request) },
            server: .http1WebSocket { request, _ in self.upgrade(request) },
            configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { port.yield($0.localAddress?.port ?? 0) },
            logger: Logger(label: "fake") { _ in SwiftLogNoOpLogHandler() })
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask {
                try await application.run()
                return nil
            }
            group.addTask {
                let port = try #require(await ports.first { _ in true })
                return try await body(try HubAddress("127.0.0.1:\(port)"))
            }
            defer { group.cancelAll() }
            while let result = try await group.next() {
                if let result { return result }
            }
            throw CancellationError()
        }
    }

    private func respond(_ request: Request) async throws -> Response {
        let body = try await request.body.collect(upTo: 1 << 20)
        let asked = Asked(
            method: request.method.rawValue, path: request.uri.description,
            authorization: request.headers[.authorization], body: String(buffer: body),
            idempotencyKey: HTTPField.Name("Idempotency-Key").flatMap { request.headers[$0] })
        self.asked.withLock { $0.append(asked) }
        let answer = answer(asked)
        var headers = HTTPFields()
        headers[.contentType] = "application/json"
        if let version = HTTPField.Name("X-Orra-PlaneEngine-Version") { headers[version] = "9.8.7" }
        return Response(
            status: .init(code: answer.status), headers: headers,
            body: .init(byteBuffer: ByteBuffer(string: answer.body)))
    }

    private func upgrade(_ request: HTTPRequest) -> WebSocketUpgrade {
        let target = request.path ?? ""
        guard target.contains("/progress?after="), let after = Int(target.split(separator: "=").last ?? "") else {
            return .http
        }
        let stream = streams.withLock { streams in
            streams.append(target)
            return streams.count
        }
        let steps = progress(stream, after)
        guard !steps.isEmpty else { return .http }
        return .upgrade { connection in
            for step in steps {
                switch step {
                case .frame(let text): try await connection.send(text: ByteBuffer(string: text))
                case .close(let code): await connection.close(code: code)
                case .hold: break
                }
            }
            for await _ in connection.inbound {}
        }
    }
}

/// Collects what is written, and lets a test wait for it.
final class Recording: TextOutput {
    private let state = Mutex("")

    func write(_ text: String) { state.withLock { $0 += text } }
    var text: String { state.withLock { $0 } }
    var lines: [String] { text.split(separator: "\n", omittingEmptySubsequences: true).map(String.init) }

    /// Waits until `condition` holds for the text, at most ten seconds.
    func wait(until condition: (String) -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(10)
        while !condition(text) {
            try #require(ContinuousClock.now < deadline, "nothing more came than: \(text)")
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}
