import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import OrraHub
import OrraModel
import Synchronization

/// Takes webhooks, refuses one in ten, and remembers them by their id.
final class OutcomeReceiver: Sendable {
    struct Tally: Sendable {
        /// Ids of the outcomes that were taken, by orchestration.
        var taken: [String: Set<String>] = [:]
        /// Posts of an outcome that had been taken already.
        var repeats = 0
        var refusals = 0
        /// Posts that no hub should send.
        var invalid = 0
    }

    private struct State {
        var tally = Tally()
        var generator: SeededGenerator
    }

    private let state: Mutex<State>

    init(_ generator: SeededGenerator) { state = Mutex(State(generator: generator)) }

    var tally: Tally { state.withLock { $0.tally } }

    /// Listens on a free port until it is cancelled.
    func run(onListening: @escaping @Sendable (Int) -> Void) async throws {
        let application = Application(
            responder: CallbackResponder<BasicRequestContext> { request, _ in try await self.take(request) },
            server: .http1Only, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { onListening($0.localAddress?.port ?? 0) },
            logger: Logger(label: "receiver") { _ in SwiftLogNoOpLogHandler() })
        try await application.run()
    }

    private func take(_ request: Request) async throws -> Response {
        let body = try await request.body.collect(upTo: 1 << 20)
        let outcome = try? JSONValue(parsing: Array(body.readableBytesView))
        let id = HTTPField.Name("webhook-id").flatMap { request.headers[$0] }
        return state.withLock { state in
            guard let id, let orchestration = outcome?["orchestrationId"]?.string else {
                state.tally.invalid += 1
                return Response(status: .badRequest)
            }
            if state.generator.chance(10) {
                state.tally.refusals += 1
                return Response(status: .serviceUnavailable)
            }
            if !state.tally.taken[orchestration, default: []].insert(id).inserted { state.tally.repeats += 1 }
            return Response(status: .ok)
        }
    }
}
