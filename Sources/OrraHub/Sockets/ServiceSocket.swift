import HTTPTypes
import Logging
import NIOCore
import NIOFoundationEssentialsCompat
import OrraCore
import OrraEngine
import OrraModel
import OrraProtocol
import OrraWebSocket

/// One service's socket, from the upgrade to its end: frames become inputs of the loop.
struct ServiceSocket {
    let loop: HubLoop
    let service: ServiceID
    let socket: WebSocketConnection
    let tuning: HubTuning
    let logger: Logger

    func run() async {
        let client = Client(userAgent: socket.request.headerFields[.userAgent] ?? "")
        guard
            let id = await loop.connect(
                socket, to: service, credit: client.credit, awaitsHello: client.saysHello)
        else {
            return await socket.close(code: .tryAgainLater, reason: "the service has too many connections")
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await keepCompany(id, client) }
            for await event in socket.inbound { await receive(event, on: id) }
            group.cancelAll()
        }
        await loop.disconnect(id, from: service)
    }

    /// What the upgrade tells of a client.
    struct Client: Sendable {
        var credit: Int
        var saysHello: Bool

        /// Python's `websockets` library reads while its one handler runs only what fits its buffer: one task at a time.
        init(userAgent: String) {
            credit = userAgent.contains("websockets/") ? 1 : Limits.defaultCredit
            saysHello = userAgent.hasPrefix("orra-swift/")
        }
    }

    private func keepCompany(_ id: ConnectionID, _ client: Client) async {
        if client.saysHello, (try? await Task.sleep(for: tuning.helloTimeout)) != nil {
            await loop.stopAwaitingHello(id)
        }
        while (try? await Task.sleep(for: tuning.pingInterval)) != nil { await loop.ping(id) }
    }

    private func receive(_ event: WebSocketEvent, on id: ConnectionID) async {
        switch event {
        // A binary frame is read like a text frame: what it holds decides.
        case .text(let buffer), .binary(let buffer): await receive(frame: buffer, on: id)
        case .pong(let roundTrip): await loop.offer(.heard(id, roundTrip: roundTrip))
        case .missedPong(let count): await loop.offer(.missedPong(id, count: count))
        case .stalled(let isStalled): await loop.offer(.stalled(id, isStalled))
        }
    }

    private func receive(frame: ByteBuffer, on id: ConnectionID) async {
        let message: ServiceMessage
        do throws(ServiceMessageError) {
            message = try frame.withUnsafeReadableBytes { bytes in
                Result { () throws(ServiceMessageError) in
                    try ServiceMessage(frame: bytes.bindMemory(to: UInt8.self))
                }
            }.get()
        } catch {
            logger.notice(
                "a frame was no message", metadata: ["service": "\(service)", "reason": "\(error.reason)"])
            await loop.send(.error(reason: error.reason), to: id)
            return await loop.offer(
                .malformedFrame(id, key: error.idempotencyKey, messageID: error.id, reason: error.reason))
        }
        switch message.payload {
        case .pong: await loop.offer(.heard(id, roundTrip: nil))
        case .hello(let hello):
            await loop.offer(.hello(id, credit: hello.credit, instance: hello.instance.map { String($0.prefix(128)) }))
            if let messageID = message.id { await loop.send(.acknowledgement(messageID), to: id) }
        case .drain:
            await loop.offer(.drain(id))
            if let messageID = message.id { await loop.send(.acknowledgement(messageID), to: id) }
        case .taskResult(let task, let outcome):
            await offer(TaskReport(outcome), of: task, in: message, on: id)
        case .interimResult(let task, let data):
            var random = SystemRandomNumberGenerator()
            await offer(.interim(data, .random(using: &random)), of: task, in: message, on: id)
        case .abort(let task, let payload): await offer(.aborted(payload), of: task, in: message, on: id)
        case .inProgress(let task): await offer(.inProgress, of: task, in: message, on: id)
        }
    }

    private func offer(
        _ report: TaskReport, of task: ServiceMessage.TaskReport, in message: ServiceMessage, on id: ConnectionID
    ) async {
        await loop.offer(
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
