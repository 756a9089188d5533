import Logging
import OrraModel
import OrraProtocol

/// Where tasks arrive, are worked on and answered. Outlives connections: a lost one only stops the sending.
actor Workbench {
    /// A task whose handler is to run.
    struct Job: Sendable {
        let request: HubMessage.TaskRequest
        /// Ends when the handler is to be cancelled.
        let cancellation: AsyncStream<Void>
    }

    enum Outcome: Sendable {
        case output(RawJSON)
        case error(String)
    }

    /// The connection at hand.
    struct Link: Sendable {
        /// Wakes its sender.
        let bell: AsyncStream<Void>.Continuation
        /// Begins its closing handshake with 1000.
        let close: @Sendable () async -> Void
    }

    /// Messages of one connection that are not repeated on the next, beyond those that the outbox holds.
    private static let maximumControl = 1_024

    /// At most as many at once as the component's concurrency.
    nonisolated let jobs: AsyncStream<Job>
    private let jobFeed: AsyncStream<Job>.Continuation
    /// Of the result file that this run holds: the same over all connections, and over restarts.
    nonisolated let instance: String
    /// Of this process alone, so that no two messages have one id.
    private let messagePrefix: String

    private let logger: Logger
    private let journal: ResultJournal
    private var admission: Admission
    private var outbox = Outbox()
    private var messages = 0
    private var link: Link?
    private var control: [ServiceMessage] = []
    private var cancellations: [IdempotencyKey: AsyncStream<Void>.Continuation] = [:]
    private var isAbandoning = false
    private var changes: AsyncStream<Void>.Continuation?
    /// Whether the component has stopped, so that no connection is to follow.
    private(set) var isFinished = false

    init(concurrency: Int, journal: ResultJournal, logger: Logger) {
        (jobs, jobFeed) = AsyncStream.makeStream()
        instance = journal.instance
        var generator = SystemRandomNumberGenerator()
        messagePrefix = String(ExecutionID.random(using: &generator).rawValue.suffix(8))
        admission = Admission(capacity: concurrency)
        self.journal = journal
        self.logger = logger
    }

    // MARK: - Connections

    /// A new connection begins: first `hello`, then everything that is not acknowledged.
    func connected(_ link: Link) {
        self.link = link
        outbox.rewind()
        let hello = ServiceMessage.Hello(credit: admission.capacity, instance: instance)
        control = [ServiceMessage(id: "hello", payload: .hello(hello))]
        if admission.isDraining { control.append(ServiceMessage(id: "drain", payload: .drain)) }
        link.bell.yield()
    }

    func disconnected() {
        link = nil
        control = []
        changes?.yield()
    }

    /// The next frame for the connection at hand; `nil` until the bell rings again.
    func nextFrame() -> [UInt8]? {
        guard link != nil else { return nil }
        if !control.isEmpty { return control.removeFirst().frame() }
        return outbox.next()?.frame
    }

    func received(_ message: HubMessage, by service: ServiceID) async {
        switch message {
        case .taskRequest(let request): await arrived(request)
        case .compensationRequest(let request, _):
            // Revert handlers come here: run one as a job of its own, and answer with its status.
            enqueue(.failure, request.idempotencyKey) { id in
                ServiceMessage(id: id, payload: .taskResult(request.report, .error("no revert handler")))
            }
        case .ping(let id):
            guard id == service, !control.contains(where: { $0.payload == .pong }) else { return }
            say(ServiceMessage(id: "pong", payload: .pong))
        case .acknowledgement(let id):
            if outbox.acknowledge(id) { changes?.yield() }
        case .cancelRequest(_, _, let key): cancel(key)
        case .error(let reason):
            logger.warning("the hub could not use a message", metadata: ["reason": "\(reason)"])
        }
    }

    // MARK: - Tasks

    private func arrived(_ request: HubMessage.TaskRequest) async {
        if admission.redelivered(request) {
            return say(ServiceMessage(id: nextID(), payload: .inProgress(request.report)))
        }
        if let known = await journal.entry(for: request.idempotencyKey) {
            // An unacknowledged answer of this run goes out again by itself.
            guard !outbox.holdsAnswer(to: request.idempotencyKey) else { return }
            return answer(known.kind, known.value, request.report)
        }
        switch admission.arrived(request) {
        case .start: start(request)
        case .wait: break
        case .inProgress: say(ServiceMessage(id: nextID(), payload: .inProgress(request.report)))
        case .leave:
            logger.notice("task left to the hub", metadata: ["task": "\(request.task)"])
        }
    }

    private func start(_ request: HubMessage.TaskRequest) {
        let (cancellation, switchOff) = AsyncStream.makeStream(of: Void.self)
        cancellations[request.idempotencyKey] = switchOff
        jobFeed.yield(Job(request: request, cancellation: cancellation))
    }

    private func cancel(_ key: IdempotencyKey) {
        switch admission.cancelled(key) {
        case .running: cancellations[key]?.finish()
        case .waiting(let request):
            enqueue(.failure, key) { id in
                ServiceMessage(id: id, payload: .taskResult(request.report, .error("cancelled before it began")))
            }
        case .unknown: break
        }
    }

    /// What a running handler tells.
    func told(_ news: TaskNews, by key: IdempotencyKey) async throws {
        guard let run = admission.runs[key], !run.isAnswered else {
            throw ComponentError(.taskEnded, "the task has ended: nothing more can be told about it")
        }
        switch news {
        case .progress(let value):
            enqueue(.progress, key) { id in
                ServiceMessage(id: id, payload: .interimResult(run.report(key), value))
            }
        case .abort(let payload):
            admission.answered(key)
            await keep(.abort, payload, for: key)
            answer(.abort, payload, (admission.runs[key] ?? run).report(key))
        }
    }

    /// A handler has ended. `wasInterrupted` says that this component cancelled it: then its error says nothing about the
    /// task, which the hub delivers again.
    func finished(_ job: Job, _ outcome: Outcome, wasInterrupted: Bool) async {
        let key = job.request.idempotencyKey
        if let run = admission.runs[key], !run.isAnswered {
            switch outcome {
            case .output(let value):
                await keep(.result, value, for: key)
                answer(.result, value, (admission.runs[key] ?? run).report(key))
            case .error(let message) where run.isCancelledByHub || !(wasInterrupted || isAbandoning):
                enqueue(.failure, key) { id in
                    ServiceMessage(id: id, payload: .taskResult(run.report(key), .error(message)))
                }
            case .error: break
            }
        }
        cancellations[key] = nil
        if let next = admission.finished(key) { start(next) }
        changes?.yield()
    }

    private func keep(_ kind: ResultCache.Entry.Kind, _ value: RawJSON, for key: IdempotencyKey) async {
        do {
            try await journal.save(kind, value, for: key)
        } catch {
            logger.error("answer not saved: a restart would not know it", metadata: ["error": "\(error)"])
        }
    }

    // MARK: - Stopping

    /// Tells the hub that no further task is taken.
    func drain() {
        let left = admission.drain()
        logger.info("draining", metadata: ["running": "\(admission.runs.count)", "left": "\(left)"])
        say(ServiceMessage(id: "drain", payload: .drain))
    }

    /// Cancels every handler; those tasks are left to the hub.
    func abandon() {
        isAbandoning = true
        for key in cancellations.keys { cancellations[key]?.finish() }
    }

    func waitUntilIdle() async { await wait { $0.admission.isIdle } }

    /// Until the hub has everything, or the connection is lost.
    func waitUntilFlushed() async { await wait { $0.outbox.isEmpty || $0.link == nil } }

    /// No further job and no further connection. Returns whether there is one, which ends soon.
    func finish() async -> Bool {
        isFinished = true
        jobFeed.finish()
        await link?.close()
        return link != nil
    }

    private func wait(until condition: (isolated Workbench) -> Bool) async {
        let (stream, bell) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        changes = bell
        bell.yield()
        for await _ in stream where condition(self) { return }
    }

    // MARK: - Sending

    private func answer(_ kind: ResultCache.Entry.Kind, _ value: RawJSON, _ report: ServiceMessage.TaskReport) {
        enqueue(kind == .result ? .result : .abort, report.idempotencyKey) { id in
            ServiceMessage(
                id: id,
                payload: kind == .result ? .taskResult(report, .output(value, nil)) : .abort(report, value))
        }
    }

    private func enqueue(_ kind: Outbox.Entry.Kind, _ key: IdempotencyKey, _ message: (String) -> ServiceMessage) {
        let id = nextID()
        let dropped = outbox.append(
            Outbox.Entry(id: id, kind: kind, idempotencyKey: key, frame: message(id).frame()))
        if dropped > 0 { logger.warning("unsent messages dropped", metadata: ["count": "\(dropped)"]) }
        link?.bell.yield()
    }

    /// Sends to the connection at hand only.
    private func say(_ message: ServiceMessage) {
        guard link != nil, control.count < Self.maximumControl else { return }
        control.append(message)
        link?.bell.yield()
    }

    /// Unlike any of an earlier run, whose acknowledgements may still come.
    private func nextID() -> String {
        messages += 1
        return "\(messagePrefix)-\(messages)"
    }
}

extension HubMessage.TaskRequest {
    /// What an answer to this delivery names.
    var report: ServiceMessage.TaskReport {
        .init(task: task.description, execution: execution.rawValue, idempotencyKey: idempotencyKey)
    }
}

extension Admission.Run {
    func report(_ key: IdempotencyKey) -> ServiceMessage.TaskReport {
        .init(task: task.description, execution: execution.rawValue, idempotencyKey: key)
    }
}
