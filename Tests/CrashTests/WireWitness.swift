import HTTPTypes
import Logging
import NIOCore
import OrraModel
import OrraProtocol
import OrraWebSocket
import ProcessSupport
import Synchronization

@testable import OrraSDK

/// A service that speaks the protocol by hand, without an SDK's cache between it and the hub: it knows exactly which of
/// its results were acknowledged, and whether one of those is asked for again.
final class WireWitness: Sendable {
    private struct State {
        var requests: [HubMessage.TaskRequest] = []
        /// Results, by the id of their message, until they are acknowledged.
        var unacknowledged: [String: HubMessage.TaskRequest] = [:]
        var acknowledged: Set<IdempotencyKey> = []
        var askedAgain: Set<IdempotencyKey> = []
        var messages = 0
        var connections = 0
    }

    let name: String
    private let service: ServiceID
    private let project: Operator
    private let takes: [String]
    private let gives: String
    private let state = Mutex(State())

    /// Registers the service.
    init(_ name: String, takes: [String], gives: String, for project: Operator) async throws {
        self.name = name
        self.project = project
        self.takes = takes
        self.gives = gives
        func schema(_ fields: [String]) -> JSONSchema {
            let text: JSONValue = ["type": "string"]
            return JSONSchema([
                "type": "object", "properties": .object(JSONObject(fields.map { .init(key: $0, value: text) })),
                "required": .array(fields.map { .string($0) }),
            ])
        }
        let answer: RegistrationAnswer = try await project.client.post(
            "/register/service",
            RegistrationRequest(
                name: name, description: "Writes down what comes over the wire.",
                schema: ServiceSchema(input: schema(takes), output: schema([gives]))))
        service = answer.id
    }

    var requests: [HubMessage.TaskRequest] { state.withLock { $0.requests } }
    var acknowledged: Set<IdempotencyKey> { state.withLock { $0.acknowledged } }
    /// Tasks that came again after their result had been acknowledged: there must be none.
    var askedAgain: Set<IdempotencyKey> { state.withLock { $0.askedAgain } }
    var connections: Int { state.withLock { $0.connections } }

    /// Connects again and again until it is cancelled.
    func serve() async {
        let url = "ws" + project.address.dropFirst(4) + "/ws?serviceId=\(service)"
        let headers: HTTPFields = [.authorization: "Bearer \(project.key)"]
        let logger = Logger(label: "witness") { _ in SwiftLogNoOpLogHandler() }
        while !Task.isCancelled {
            try? await WebSocketClient.connect(url: url, headers: headers, logger: logger) { connection in
                state.withLock { $0.connections += 1 }
                for frame in unacknowledgedFrames() { try await connection.send(text: ByteBuffer(bytes: frame)) }
                for await event in connection.inbound {
                    guard case .text(let text) = event,
                        let message = try HubMessage(frame: Array(text.readableBytesView)),
                        let answer = received(message)
                    else { continue }
                    try await connection.send(text: ByteBuffer(bytes: answer))
                }
            }
            try? await Task.sleep(for: .milliseconds(100))
        }
    }

    private func received(_ message: HubMessage) -> [UInt8]? {
        state.withLock { state in
            switch message {
            case .taskRequest(let request):
                state.requests.append(request)
                if state.acknowledged.contains(request.idempotencyKey) {
                    state.askedAgain.insert(request.idempotencyKey)
                }
                state.messages += 1
                let id = "witness-\(state.messages)"
                state.unacknowledged[id] = request
                return frame(id, request)
            case .acknowledgement(let id):
                if let request = state.unacknowledged.removeValue(forKey: id) {
                    state.acknowledged.insert(request.idempotencyKey)
                }
                return nil
            case .ping: return ServiceMessage(id: "pong", payload: .pong).frame()
            default: return nil
            }
        }
    }

    private func unacknowledgedFrames() -> [[UInt8]] {
        state.withLock { state in state.unacknowledged.sorted { $0.key < $1.key }.map { frame($0.key, $0.value) } }
    }

    private func frame(_ id: String, _ request: HubMessage.TaskRequest) -> [UInt8] {
        let input = request.input.value
        let made = "\(name)(\(takes.map { input[$0]?.string ?? "nothing" }.joined(separator: ",")))"
        let report = ServiceMessage.TaskReport(
            task: request.task.description, execution: request.execution.rawValue,
            idempotencyKey: request.idempotencyKey)
        let output = RawJSON([gives: .string(made)] as JSONValue)
        return ServiceMessage(id: id, payload: .taskResult(report, .output(output, nil))).frame()
    }
}
