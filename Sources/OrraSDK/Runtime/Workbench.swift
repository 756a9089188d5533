import Logging
import OrraModel
import OrraProtocol

/// Where tasks arrive, are worked on and answered. Outlives connections: a lost one only stops the sending.
actor Workbench {
    /// A task whose handler is to run, or whose revert handler.
    struct Job: Sendable {
        let assignment: Assignment
        /// Ends when the handler is to be cancelled.
        let cancellation: AsyncStream<Void>
    }

    enum Outcome: Sendable {
        case output(RawJSON)
        /// Of a revert handler.
        case reverted(CompensationOutcome)
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
    /// `nil`: a task that is done stays done.
    private let reverting: Reverting?
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

    init(concurrency: Int, reverting: Reverting? = nil, journal: ResultJournal, logger: Logger) {
        (jobs, jobFeed) = AsyncStream.makeStream()
        instance = journal.instance
        var generator = SystemRandomNumberGenerator()
        messagePrefix = String(ExecutionID.random(using: &generator).rawValue.suffix(8))
        admission = Admission(capacity: concurrency)
        self.reverting = reverting
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
        case .taskRequest(let request): await arrived(Assignment(request: request))
        case .compensationRequest(let request, let context) where reverting != nil:
            await arrived(Assignment(request: request, revert: context))
        case .compensationRequest(let request, _):
            send(.failure, .taskResult(request.report, .error("no revert handler")), for: request.idempotencyKey)
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

    private func arrived(_ assignment: Assignment) async {
        if admission.redelivered(assignment) {
            return say(ServiceMessage(id: nextID(), payload: .inProgress(assignment.report)))
        }
        if let known = await journal.entry(for: assignment.key) {
            // An unacknowledged answer of this run goes out again by itself.
            guard !outbox.holdsAnswer(to: assignment.key) else { return }
            return answer(assignment, assignment.report, known.kind, known.value)
        }
        switch admission.arrived(assignment) {
        case .start: start(assignment)
        case .wait: break
        case .inProgress: say(ServiceMessage(id: nextID(), payload: .inProgress(assignment.report)))
        case .leave:
            logger.notice("task left to the hub", metadata: ["task": "\(assignment.request.task)"])
        }
    }

    private func start(_ assignment: Assignment) {
        let (cancellation, switchOff) = AsyncStream.makeStream(of: Void.self)
        cancellations[assignment.key] = switchOff
        jobFeed.yield(Job(assignment: assignment, cancellation: cancellation))
    }

    private func cancel(_ key: IdempotencyKey) {
        switch admission.cancelled(key) {
        case .running: cancellations[key]?.finish()
        case .waiting(let assignment):
            send(.failure, .taskResult(assignment.report, .error("cancelled before it began")), for: key)
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
            send(.progress, .interimResult(run.report(key), value), for: key)
        case .abort(let payload):
            admission.answered(key)
            await keep(.abort, payload, for: key)
            send(.abort, .abort((admission.runs[key] ?? run).report(key), payload), for: key)
        }
    }

    /// A handler has ended. `wasInterrupted` says that this component cancelled it: then its error says nothing about the
    /// task, which the hub delivers again.
    func finished(_ job: Job, _ outcome: Outcome, wasInterrupted: Bool) async {
        let key = job.assignment.key
        if let run = admission.runs[key], !run.isAnswered {
            let isLeft = (wasInterrupted || isAbandoning) && !run.isCancelledByHub
            switch outcome {
            case .output(let value): await keepAndAnswer(job.assignment, run, .result, value)
            case .reverted(let outcome): await keepAndAnswer(job.assignment, run, .revert, outcome.result)
            case .error where isLeft: break
            case .error(let message) where job.assignment.revert != nil:
                // The next attempt has another key: this one's answer stays.
                await keepAndAnswer(job.assignment, run, .revert, CompensationOutcome.failed(message).result)
            case .error(let message):
                send(.failure, .taskResult(run.report(key), .error(message)), for: key)
            }
        }
        cancellations[key] = nil
        if let next = admission.finished(key) { start(next) }
        changes?.yield()
    }

    private func keepAndAnswer(
        _ assignment: Assignment, _ run: Admission.Run, _ kind: ResultCache.Entry.Kind, _ value: RawJSON
    ) async {
        await keep(kind, value, for: assignment.key)
        // A redelivery may have come meanwhile.
        answer(assignment, (admission.runs[assignment.key] ?? run).report(assignment.key), kind, value)
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
        admission.drain()
        logger.info(
            "draining",
            metadata: ["running": "\(admission.runs.count)", "waiting": "\(admission.waiting.count)"])
        say(ServiceMessage(id: "drain", payload: .drain))
    }

    /// Cancels every handler, and begins no other; those tasks are left to the hub.
    func abandon() {
        isAbandoning = true
        let left = admission.runs.count + admission.leaveWaiting()
        if left > 0 { logger.notice("tasks left to the hub", metadata: ["count": "\(left)"]) }
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

    /// Sends what was kept, or is being kept, as the answer to this assignment.
    private func answer(
        _ assignment: Assignment, _ report: ServiceMessage.TaskReport, _ kind: ResultCache.Entry.Kind, _ value: RawJSON
    ) {
        switch kind {
        case .result:
            let compensation = reverting?.data(of: assignment.request.input, value)
            send(.result, .taskResult(report, .output(value, compensation)), for: assignment.key)
        case .abort: send(.abort, .abort(report, value), for: assignment.key)
        case .revert:
            let outcome = (try? CompensationOutcome(result: value.value)) ?? .failed("the answer that was kept is none")
            send(.result, .taskResult(report, .compensation(outcome)), for: assignment.key)
        }
    }

    private func send(_ kind: Outbox.Entry.Kind, _ payload: ServiceMessage.Payload, for key: IdempotencyKey) {
        let id = nextID()
        let frame = ServiceMessage(id: id, payload: payload).frame()
        let dropped = outbox.append(Outbox.Entry(id: id, kind: kind, idempotencyKey: key, frame: frame))
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
