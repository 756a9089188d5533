import HTTPTypes
import Logging
import NIOCore
import NIOFoundationEssentialsCompat
import OrraCore
import OrraEngine
import OrraModel
import OrraProtocol
import OrraWebSocket

/// What the upgrade tells of a client.
struct ServiceClient: Sendable {
    var credit: Int
    var saysHello: Bool

    /// Python's `websockets` library reads while its one handler runs only what fits its buffer: one task at a time.
    init(userAgent: String) {
        credit = userAgent.contains("websockets/") ? 1 : Limits.defaultCredit
        saysHello = userAgent.hasPrefix("orra-swift/")
    }
}

/// One service's socket, from the upgrade to its end: frames become inputs of the loop. Most of them rest, so there is no
/// task for each.
final class ServiceSocket: WebSocketReceiver {
    let id: ConnectionID
    let service: ServiceID
    let outlet: WebSocketOutlet
    private let loop: HubLoop
    private let logger: Logger

    init(id: ConnectionID, service: ServiceID, outlet: WebSocketOutlet, loop: HubLoop, logger: Logger) {
        self.id = id
        self.service = service
        self.outlet = outlet
        self.loop = loop
        self.logger = logger
    }

    /// `nil`: the service has too many, and the connection is closed.
    static func open(_ connection: WebSocketConnection, of service: ServiceID, _ loop: HubLoop) -> ServiceSocket? {
        let client = ServiceClient(userAgent: connection.request.headerFields[.userAgent] ?? "")
        let socket = loop.connect(client, to: service, by: connection.outlet)
        if socket == nil {
            connection.outlet.beginClosing(
                code: .tryAgainLater, reason: "the service has too many connections")
        }
        return socket
    }

    func ended() { loop.disconnect(self) }

    // MARK: - What goes out

    func send(_ message: HubMessage) {
        do {
            try outlet.enqueue(WebSocketFrames(message.pieces))
        } catch WebSocketError.outboundFull {
            logger.notice("a connection does not read and is closed", metadata: ["connection": "\(id.number)"])
            close()
        } catch {
            // It is closing already: its end arrives as a disconnect, and what it missed is delivered again.
        }
    }

    /// Has the client come back.
    func close() {
        outlet.beginClosing(
            code: .serviceRestart, reason: "the hub asks for a new connection", discardingQueued: true)
    }

    // MARK: - What comes in

    func received(_ event: WebSocketEvent) -> Bool {
        switch event {
        // A binary frame is read like a text frame: what it holds decides.
        case .text(let buffer), .binary(let buffer): received(frame: buffer)
        case .pong(let roundTrip): heard(roundTrip)
        case .missedPong(let count): offer(.missedPong(id, count: count))
        case .stalled(let isStalled): offer(.stalled(id, isStalled))
        }
    }

    private func offer(_ input: Input) -> Bool {
        loop.offer(input, orHeldUntil: outlet.resumeReceiving)
    }

    private func heard(_ roundTrip: Duration?) -> Bool {
        loop.offerLazily(.heard(id, roundTrip: roundTrip), orHeldUntil: outlet.resumeReceiving)
    }

    private func received(frame: ByteBuffer) -> Bool {
        let message: ServiceMessage
        do throws(ServiceMessageError) {
            message = try ServiceMessage(buffer: frame)
        } catch {
            logger.notice(
                "a frame was no message", metadata: ["service": "\(service)", "reason": "\(error.reason)"])
            send(.error(reason: error.reason))
            return offer(
                .malformedFrame(id, key: error.idempotencyKey, messageID: error.id, reason: error.reason))
        }
        switch message.payload {
        case .pong: return heard(nil)
        case .hello(let hello):
            defer { if let messageID = message.id { send(.acknowledgement(messageID)) } }
            return offer(
                .hello(id, credit: hello.credit, instance: hello.instance.map { String($0.prefix(128)) }))
        case .drain:
            defer { if let messageID = message.id { send(.acknowledgement(messageID)) } }
            return offer(.drain(id))
        case .taskResult(let task, let outcome): return offer(TaskReport(outcome), of: task, in: message)
        case .interimResult(let task, let data):
            var random = SystemRandomNumberGenerator()
            return offer(.interim(data, .random(using: &random)), of: task, in: message)
        case .abort(let task, let payload): return offer(.aborted(payload), of: task, in: message)
        case .inProgress(let task): return offer(.inProgress, of: task, in: message)
        }
    }

    private func offer(
        _ report: TaskReport, of task: ServiceMessage.TaskReport, in message: ServiceMessage
    ) -> Bool {
        offer(
            .report(
                IncomingReport(
                    connection: id, service: service, key: task.idempotencyKey, report: report,
                    execution: String(task.execution.prefix(64)), messageID: message.id)))
    }
}

extension TaskReport {
    init(_ outcome: ServiceMessage.TaskOutcome) {
        switch outcome {
        case .output(let output, let compensation):
            self = .output(
                output,
                compensation.map {
                    Event.Compensation(data: $0.data, ttlMs: $0.ttlMilliseconds ?? Limits.compensationTTL.milliseconds)
                })
        case .error(let message): self = .error(message)
        case .compensation(.completed): self = .compensation(.completed)
        case .compensation(.partial(let completed, let remaining)):
            self = .compensation(.partial(Event.Partial(completed: completed, remaining: remaining)))
        case .compensation(.failed(let error)): self = .compensation(.failed(error))
        case .malformed(let reason): self = .malformed(reason: reason)
        }
    }
}

extension ServiceMessage {
    /// Large payloads stay in the buffer of a long frame.
    fileprivate init(buffer: ByteBuffer) throws(ServiceMessageError) {
        if buffer.fillsItsStorage {
            try self.init(frame: SharedBytes(buffer))
        } else {
            self = try buffer.withUnsafeReadableBytes { bytes in
                Result { () throws(ServiceMessageError) in
                    try ServiceMessage(frame: bytes.bindMemory(to: UInt8.self))
                }
            }.get()
        }
    }
}
