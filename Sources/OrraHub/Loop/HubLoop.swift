import Logging
import NIOCore
import OrraCore
import OrraEngine
import OrraModel
import OrraProtocol
import OrraStore
import OrraWebSocket
import Synchronization

/// Drives the core: one writer, one transaction at a time, effects only after the commit. While a commit runs, the next
/// batch gathers.
actor HubLoop {
    private var core: Core
    private let store: any Store
    private let clock: HubClock
    private nonisolated let eventLoop: any EventLoop
    private nonisolated let executor = LoopExecutor()
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    private let logger: Logger
    private nonisolated let wake = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    /// The next time to look around. Set anew only for an earlier one: who is woken too early sets the next.
    private var alarm: (at: Timestamp, timer: Scheduled<Void>)?
    private nonisolated let inbox: LoopInbox
    private var callers: [RequestToken: LoopInbox.Caller] = [:]
    /// As it was committed last: asked by every request, without waiting for the loop.
    private nonisolated let published: Mutex<Directory>
    private nonisolated let sockets: ServiceSockets
    private var lookUps = 0
    private nonisolated let stopping = Atomic(false)
    private nonisolated let ending = Atomic(false)
    /// How and when the last commit failed; `nil` once one succeeds.
    private var lastFault: (error: StoreError, at: ContinuousClock.Instant)?
    nonisolated let signals = ProgressSignals()
    /// Webhook deliveries that are due.
    nonisolated let posts = AsyncStream.makeStream(of: WebhookDelivery.self)

    init(
        recovery: Recovery, store: any Store, tuning: HubTuning, eventLoop: any EventLoop, logger: Logger
    ) {
        clock = HubClock(notBefore: recovery.lastEntryAt)
        let core = Core(recovering: recovery, at: clock.now, bounds: tuning.bounds)
        self.core = core
        published = Mutex(core.directory)
        sockets = ServiceSockets(tuning)
        inbox = LoopInbox { [continuation = wake.continuation] in continuation.yield() }
        self.store = store
        self.eventLoop = eventLoop
        self.logger = logger
    }

    // MARK: - Questions

    nonisolated var now: Timestamp { clock.now }
    nonisolated var directory: Directory { published.withLock { $0 } }
    var fleet: Fleet { core.fleet }
    /// What could not be read at the start, in sentences.
    var quarantined: [String] {
        core.quarantined.map(\.description)
            + core.unreadableServices.map {
                "the stored definition of \($0.name) (\($0.id)) can't be read: \($0.reason); register it again"
            }
    }
    var liveCount: Int { core.liveCount }
    /// What a delivery that is due for the first time tells, told once; `nil`: the journal has it.
    nonisolated func takeNews(of delivery: DeliveryID) -> Core.OutcomeNews? {
        news.withLock { $0.removeValue(forKey: delivery) }
    }
    private nonisolated let news = Mutex<[DeliveryID: Core.OutcomeNews]>([:])
    /// Why the store does not write. Forgotten when nothing has been tried for a while: a load balancer that sends nothing
    /// while this is told would never learn that the store is well again.
    var storeFault: StoreError? {
        guard let lastFault, inbox.queued > 0 || ContinuousClock.now - lastFault.at < Self.faultMemory else {
            return nil
        }
        return lastFault.error
    }
    private static let faultMemory = Duration.seconds(5)
    /// Whether actions are accepted: the store writes, and the queue has room.
    var isReady: Bool { storeFault == nil && !isStopping && inbox.queued < Limits.queuedInputs }

    // MARK: - Inputs

    /// Answers once the request's transaction is on disk.
    nonisolated func request(_ request: Request) async throws(RequestFailure) -> Reply {
        let reply = await inbox.request(request)
        if case .failure(let failure) = reply { throw failure }
        return reply
    }

    /// For sockets: waits while the queue is full, so that a flood is left in the kernel's buffers.
    nonisolated func offer(_ input: Input) async { await inbox.offer(input) }

    /// The same without a task: `false` while the queue is full, until `isIn`.
    nonisolated func offer(_ input: Input, orHeldUntil isIn: @escaping @Sendable () -> Void) -> Bool {
        inbox.offer(input, orHeldUntil: isIn)
    }

    nonisolated func enqueue(_ input: Input) { inbox.put(input) }

    /// For what nobody waits for: it is on disk with the next batch, or a little later. A crash before that repeats it.
    nonisolated func enqueueLazily(_ input: Input) {
        inbox.putAside(input)
        wakeLazily()
    }

    /// For signs of life, of which thousands of idle connections give many: no batch for each.
    nonisolated func offerLazily(_ input: Input, orHeldUntil isIn: @escaping @Sendable () -> Void) -> Bool {
        defer { wakeLazily() }
        return inbox.offerAside(input, orHeldUntil: isIn)
    }

    private nonisolated func wakeLazily() {
        guard !lazyWake.exchange(true, ordering: .acquiringAndReleasing) else { return }
        eventLoop.scheduleTask(in: Self.patience) { [self] in
            lazyWake.store(false, ordering: .releasing)
            _ = wake.continuation.yield()
        }
    }
    private nonisolated let lazyWake = Atomic(false)
    private static let patience = TimeAmount.milliseconds(20)

    private func takeInputs() {
        let load = inbox.take()
        for input in load.inputs { core.enqueue(input) }
        callers.merge(load.callers) { _, new in new }
    }

    // MARK: - Sockets

    /// `nil` when the service has too many connections.
    nonisolated func connect(_ client: ServiceClient, to service: ServiceID, by outlet: WebSocketOutlet)
        -> ServiceSocket?
    {
        guard !isStopping,
            let socket = sockets.add(
                saysHello: client.saysHello, service: service,
                { id in
                    ServiceSocket(id: id, service: service, outlet: outlet, loop: self, logger: logger)
                })
        else { return nil }
        enqueue(
            .connected(
                Connection(
                    id: socket.id, service: service, connectedAt: clock.now, credit: client.credit,
                    awaitsHello: client.saysHello)))
        return socket
    }

    nonisolated func disconnect(_ socket: ServiceSocket) {
        sockets.remove(socket)
        if !isStopping { enqueue(.disconnected(socket.id)) }
    }

    /// Asks idle clients whether they are there, and waits no longer for a `hello` that does not come. One task for all, which
    /// sleeps until some are due.
    func keepCompany() async {
        while (try? await Task.sleep(until: sockets.nextVisit)) != nil {
            let due = sockets.takeDue()
            for id in due.hellos where core.fleet[id]?.awaitsHello != false {
                // A client that promised a `hello` and sent none is served all the same.
                enqueue(.hello(id, credit: nil, instance: nil))
            }
            for id in due.pings {
                // A busy one is left alone: it may not read.
                guard let connection = core.fleet[id], connection.inFlight.isEmpty else { continue }
                send(.ping(connection.service), to: id)
            }
        }
    }

    private func send(_ message: HubMessage, to id: ConnectionID) { sockets[id]?.send(message) }

    // MARK: - The loop

    /// Runs until `stop` is called and all that waited is on disk.
    func run() async {
        await withDiscardingTaskGroup { group in
            wake.continuation.yield()
            for await _ in wake.stream {
                while let batch = nextBatch() {
                    for report in await perform(commit(batch)) where lookUps < Self.maximumLookUps {
                        lookUps += 1
                        group.addTask { await self.lookUp(report) }
                    }
                    inbox.applied(left: core.queued)
                    // A commit may keep the loop's thread: whoever has a question meanwhile gets an answer now.
                    await executor.yield()
                    // What the store does not take now is not acknowledged, and comes again after the next start.
                    if Task.isCancelled || lastFault != nil && ending.load(ordering: .acquiring) { break }
                }
                if ending.load(ordering: .acquiring), inbox.queued == 0 || lastFault != nil { break }
                setAlarm()
            }
            // However it ended: nobody waits for a place in the queue any more, and nobody new begins to.
            stop()
            releaseAll()
            alarm?.timer.cancel()
            posts.continuation.finish()
        }
        releaseAll()
    }

    /// The next batch of all that came and is due. `nil`: nothing, and what comes from now on wakes the loop.
    private func nextBatch() -> Core.Batch? {
        repeat {
            takeInputs()
            if let batch = core.nextBatch(at: clock.now) { return batch }
        } while !inbox.rest()
        return nil
    }

    /// Resumes all who wait: what they brought or asked for is not on disk.
    private func releaseAll() {
        inbox.close()
        takeInputs()
        for (_, caller) in callers { caller.resume(returning: .failure(.unavailable)) }
        callers = [:]
    }

    /// Sockets that close now are the hub's own doing: no task loses its connection by it.
    private nonisolated var isStopping: Bool { stopping.load(ordering: .acquiring) }

    /// No new requests; sockets that close from now on lose nothing.
    nonisolated func beginStopping() {
        stopping.store(true, ordering: .releasing)
        inbox.refuseRequests()
    }

    /// Ends `run` once the queue is empty.
    nonisolated func stop() {
        beginStopping()
        ending.store(true, ordering: .releasing)
        wake.continuation.yield()
    }

    private func commit(_ batch: Core.Batch) async -> [Effect] {
        defer { publish() }
        guard !batch.writes.isEmpty else { return core.committed() }
        do throws(StoreError) {
            try await store.commit(batch.writes)
            if lastFault != nil { logger.notice("the store writes again") }
            lastFault = nil
            return core.committed()
        } catch {
            let effects = core.failed(error)
            if error.code == .constraint {
                logger.error("a write contradicts what is stored", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: .milliseconds(50))
            } else {
                if lastFault == nil { logger.critical("the store can't write", metadata: ["error": "\(error)"]) }
                lastFault = (error, .now)
                try? await Task.sleep(for: .milliseconds(500))
            }
            return effects
        }
    }

    private func publish() {
        published.withLock { if $0.version != core.directory.version { $0 = core.directory } }
    }

    private func setAlarm() {
        guard let next = core.nextWakeup else { return }
        let now = clock.now
        if let alarm, alarm.at <= next, alarm.at > now { return }
        alarm?.timer.cancel()
        let delay = max((next - now).milliseconds, 0) + 1
        let timer = eventLoop.scheduleTask(in: .milliseconds(delay)) { [continuation = wake.continuation] in
            _ = continuation.yield()
        }
        alarm = (now + .milliseconds(delay), timer)
    }

    // MARK: - Effects

    /// Returns the reports whose task only the store may know.
    private func perform(_ effects: [Effect]) -> [IncomingReport] {
        var lookUps: [IncomingReport] = []
        for effect in effects {
            switch effect {
            case .reply(let token, let reply): callers.removeValue(forKey: token)?.resume(returning: reply)
            case .deliver(let connection, let delivery): send(HubMessage(delivery), to: connection)
            case .acknowledge(let connection, let messageID): send(.acknowledgement(messageID), to: connection)
            case .cancelRequest(let connection, let task, let execution, let key):
                send(.cancelRequest(task: task, execution: execution, idempotencyKey: key), to: connection)
            case .reset(let connection): sockets[connection]?.close()
            case .setBusy(let connection, let isBusy): sockets[connection]?.outlet.setBusy(isBusy)
            case .lookUp(let report): lookUps.append(report)
            case .post(let delivery):
                if let told = core.news(of: delivery.id) { news.withLock { $0[delivery.id] = told } }
                posts.continuation.yield(delivery)
            case .progressed(let progressed): signals.raise(progressed)
            }
        }
        return lookUps
    }

    /// Reports that are looked up at the same time. One more is not acknowledged, and so comes again.
    private static let maximumLookUps = 16

    /// A report whose task is not live: its orchestration has ended, or never was.
    private func lookUp(_ report: IncomingReport) async {
        defer { lookUps -= 1 }
        do throws(StoreError) {
            if let reference = try await store.task(of: report.key) {
                let entries = try await store.journal(of: reference.orchestration, after: 0, limit: .max)
                guard let orchestration = try? Orchestration(replaying: entries) else {
                    // Set aside at start. Not acknowledged: the client keeps it until the journal is mended.
                    return logger.error(
                        "a result of an orchestration that is set aside was not taken",
                        metadata: ["orchestration": "\(reference.orchestration)"])
                }
                return await offer(.lateReport(report, reference, orchestration))
            }
            logger.notice(
                "a result for an unknown task was acknowledged",
                metadata: ["connection": "\(report.connection.number)", "service": "\(report.service)"])
            if let id = report.messageID { send(.acknowledgement(id), to: report.connection) }
        } catch {
            // Not acknowledged: the client sends it again.
            logger.error("the store could not be read", metadata: ["error": "\(error)"])
        }
    }
}

extension HubMessage {
    init(_ delivery: TaskDelivery) {
        let request = TaskRequest(
            task: delivery.reference.task, execution: delivery.execution, idempotencyKey: delivery.key,
            service: delivery.service, input: delivery.input)
        guard let undo = delivery.undo else {
            self = .taskRequest(request)
            return
        }
        self = .compensationRequest(
            request,
            CompensationContext(
                orchestration: delivery.reference.orchestration,
                reason: CompensationContext.Reason(undo.reason), payload: undo.payload,
                timestamp: undo.decidedAt, attempt: undo.attempt, remaining: undo.remaining))
    }
}

extension HubMessage.CompensationContext.Reason {
    init(_ outcome: Status) {
        switch outcome {
        case .aborted: self = .aborted
        case .cancelled: self = .cancelled
        default: self = .failed
        }
    }
}
