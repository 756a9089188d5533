import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import OrraHub
import OrraModel
import ServiceLifecycle
import Synchronization

/// Takes webhooks on a port of 127.0.0.1 and keeps them.
final class WebhookReceiver: Sendable {
    struct Delivery: Sendable {
        var path: String
        var headers: HTTPFields
        var bytes: [UInt8]
        var body: JSONValue { (try? JSONValue(parsing: bytes)) ?? .null }
        func header(_ name: String) -> String? { HTTPField.Name(name).flatMap { headers[$0] } }
    }

    private struct State {
        var port = 0
        var status = 200
        var deliveries: [Delivery] = []
        var group: ServiceGroup?
        var ended: AsyncStream<Void>?
    }

    private let state = Mutex(State())
    /// Who posts here gets an answer whose body never ends.
    static let endless = "/endless"

    static func start(_ hub: TestHub, port: Int = 0, status: Int = 200) async throws -> WebhookReceiver {
        let receiver = WebhookReceiver()
        receiver.answer(status)
        try await receiver.listen(hub, port: port)
        return receiver
    }

    private func listen(_ hub: TestHub, port: Int) async throws {
        let router = Router()
        router.post("/**") { [self] request, _ in
            let bytes = try await request.body.collect(upTo: 1 << 20)
            let status = state.withLock { state in
                state.deliveries.append(
                    Delivery(path: request.uri.path, headers: request.headers, bytes: Array(bytes.readableBytesView)))
                return state.status
            }
            guard request.uri.path == Self.endless else { return Response(status: .init(code: status)) }
            return Response(
                status: .init(code: status),
                body: ResponseBody { writer in
                    while true {
                        try await writer.write(ByteBuffer(repeating: 0, count: 4_096))
                        await Task.yield()  // it runs on the socket's event loop, which has others to serve
                    }
                })
        }
        let (ports, found) = AsyncStream.makeStream(of: Int.self)
        let application = Application(
            router: router, server: .http1Only, configuration: .init(address: .hostname("127.0.0.1", port: port)),
            onServerRunning: { found.yield($0.localAddress?.port ?? 0) }, logger: quietLogger)
        let group = ServiceGroup(services: [application], logger: quietLogger)
        let (ended, end) = AsyncStream.makeStream(of: Void.self)
        hub.spawn {
            try? await group.run()
            found.finish()
            end.finish()
        }
        guard let port = await ports.first(where: { _ in true }) else {
            throw TimedOut(description: "the receiver did not start")
        }
        state.withLock {
            $0.port = port
            $0.group = group
            $0.ended = ended
        }
    }

    func stop() async {
        let (group, ended) = state.withLock { ($0.group, $0.ended) }
        await group?.triggerGracefulShutdown()
        if let ended { for await _ in ended {} }
    }

    func answer(_ status: Int) { state.withLock { $0.status = status } }

    var port: Int { state.withLock { $0.port } }
    func url(_ path: String) -> String { "http://127.0.0.1:\(port)\(path)" }

    func deliveries(_ path: String) -> [Delivery] {
        state.withLock { $0.deliveries.filter { $0.path == path } }
    }

    func delivery(_ path: String, _ number: Int = 0) async throws -> Delivery {
        try await eventually("webhook number \(number) at \(path)") {
            let deliveries = deliveries(path)
            return deliveries.indices.contains(number) ? deliveries[number] : nil
        }
    }
}
