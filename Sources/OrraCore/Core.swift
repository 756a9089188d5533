import DequeModule
import HeapModule
public import OrraEngine
public import OrraModel
public import OrraStore

/// The loop as a value: inputs wait, a batch of them is applied and handed out as one transaction, and what it leads to
/// is told only once that is committed.
///
///     core.enqueue(input)
///     while let batch = core.nextBatch(at: now) {
///         try store.commit(batch.writes)   // or core.failed(error)
///         perform(core.committed())
///     }
///
/// It owns no clock, no socket, no database and no task; hub and simulator drive the same one. Between `nextBatch` and
/// `committed` or `failed`, only `enqueue` and questions may be called.
public struct Core: Sendable {
    public internal(set) var directory: Directory
    public internal(set) var fleet: Fleet
    var live = TransactionalDictionary<OrchestrationID, Orchestration>()
    var tasksByKey = TransactionalDictionary<IdempotencyKey, TaskReference>()
    var deliveries = TransactionalDictionary<DeliveryID, WebhookDelivery>()
    /// The last number of orchestrations that are no longer live, in this run of the hub. Bounded.
    var lateSeq = TransactionalDictionary<OrchestrationID, Int>()
    /// What deliveries tell, until each was tried once: a later try reads the journal.
    var news = TransactionalDictionary<DeliveryID, OutcomeNews>()
    var loads = TransactionalDictionary<ProjectID, Load>()
    /// Interim results of running tasks, counted and held back.
    var interimGates = TransactionalDictionary<TaskReference, InterimGate>()
    public let bounds: Bounds
    /// Connections that were told so.
    var busy = TransactionalDictionary<ConnectionID, Bool>()
    /// What the journal says of each connection's health.
    var toldHealth = TransactionalDictionary<ConnectionID, Connection.Health>()
    var posting: Set<DeliveryID> = []
    private var wakeups = Heap<Wakeup>()
    /// The earliest wakeup of each subject that is in the heap: later ones wait until that one is over.
    var scheduled = TransactionalDictionary<Wakeup.Subject, Timestamp>()
    var random: any RandomNumberGenerator & Sendable

    private var queue: Deque<Input> = []
    /// After a constraint error: so many inputs are tried one by one.
    private var singly = 0
    private var pending: PendingBatch?
    /// Journals that could not be folded. Their orchestrations stay as they are in the store.
    public private(set) var quarantined: [JournalFault] = []
    /// Services that nobody can use until they are registered again.
    public let unreadableServices: [UnreadableService]

    // The batch under construction.
    var writes: [Write] = []
    /// Where in `writes` each orchestration's row stands: the last state of a batch is written, once.
    var rows: [OrchestrationID: Int] = [:]
    var outbox = OutboxChanges()
    var effects: [Effect] = []
    var touchedServices: Set<ServiceID> = []
    var touchedConnections: Set<ConnectionID> = []

    private struct PendingBatch {
        var inputs: [Input]
        var directory: Directory
        var posting: Set<DeliveryID>
        /// Taken off the heap and put on it, to be taken back: a copy of all that wait would cost every batch.
        var woken: [Wakeup] = []
        var scheduled: [Wakeup] = []
        var hasWakeups = false
    }

    /// What one project has under way.
    struct Load: Sendable, Hashable {
        var live = 0
        var bytes = 0
        var deliveries = 0
    }

    /// What a hub takes on; smaller in tests.
    public struct Bounds: Sendable, Hashable {
        public var liveOrchestrations = Limits.liveOrchestrationsPerProject
        public var liveBytes = Limits.liveBytesPerProject
        public var outboxEntries = Limits.outboxEntriesPerService
        public var deliveries = Limits.pendingDeliveriesPerProject
        /// Of one output that stays in memory though nothing needs it.
        public var heldOutputBytes = Limits.heldOutputBytes
        public init() {}
    }

    /// An orchestration whose outcome is final, as it was then.
    public struct OutcomeNews: Sendable {
        public var orchestration: Orchestration
        /// Of the journal's entry that made it final.
        public var seq: Int
        public var at: Timestamp

        public init(orchestration: Orchestration, seq: Int, at: Timestamp) {
            self.orchestration = orchestration
            self.seq = seq
            self.at = at
        }
    }

    /// Inputs that were applied together, as one transaction.
    public struct Batch: Sendable {
        /// Empty when nothing durable happened: go straight to ``Core/committed()``.
        public var writes: [Write]
    }

    struct Wakeup: Comparable, Hashable, Sendable {
        enum Subject: Sendable, Hashable {
            case orchestration(OrchestrationID)
            case lease(ServiceID)
            case delivery(DeliveryID)
            case interim(TaskReference)
        }
        var at: Timestamp
        var subject: Subject
        static func < (left: Wakeup, right: Wakeup) -> Bool { left.at < right.at }
    }

    /// Folds what the store kept. Running orchestrations go on with the first batches.
    public init(
        recovering recovery: Recovery, at now: Timestamp, bounds: Bounds = Bounds(),
        random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) {
        directory = Directory(recovery)
        self.bounds = bounds
        quarantined = recovery.unreadable
        unreadableServices = recovery.unreadableServices
        fleet = Fleet(openedAt: now)
        self.random = random
        for journal in recovery.live {
            do throws(JournalFault) {
                var orchestration = try Orchestration(replaying: journal)
                orchestration.shed(above: bounds.heldOutputBytes)
                live[orchestration.id] = orchestration
                account(nil, orchestration)
                remember(keysOf: orchestration)
                queue.append(.recovered(orchestration.id))
            } catch {
                quarantined.append(error)
            }
        }
        for delivery in recovery.deliveries {
            deliveries[delivery.id] = delivery
            loads[delivery.project, default: Load()].deliveries += 1
            wake(.delivery(delivery.id), at: delivery.nextAttempt)
        }
        commitDictionaries()
    }

    // MARK: - Questions

    /// Inputs that wait.
    public var queued: Int { queue.count }
    public var liveCount: Int { live.values.count }
    public subscript(orchestration id: OrchestrationID) -> Orchestration? { live[id] }
    /// What a delivery that is due for the first time tells; `nil`: the journal has it.
    public func news(of delivery: DeliveryID) -> OutcomeNews? { news[delivery] }
    /// When `nextBatch` has something to do though nothing comes in.
    public var nextWakeup: Timestamp? { wakeups.min?.at }

    // MARK: - The loop

    public mutating func enqueue(_ input: Input) { queue.append(input) }

    /// Applies what waits and what is due. `nil`: nothing to do.
    public mutating func nextBatch(at now: Timestamp) -> Batch? {
        precondition(pending == nil, "the last batch is neither committed nor failed")
        let isDue = nextWakeup.map { $0 <= now } ?? false
        guard !queue.isEmpty || isDue else { return nil }
        pending = PendingBatch(inputs: [], directory: directory, posting: posting)
        let isSingle = singly > 0 && !queue.isEmpty
        singly = isSingle ? singly - 1 : 0
        for _ in 0..<(isSingle ? 1 : min(queue.count, Limits.batchInputs)) {
            guard let input = queue.popFirst() else { break }
            pending?.inputs.append(input)
            apply(input, at: now)
            finishInput(at: now)
        }
        // What is tried alone is alone, so that it is not blamed for another's fault.
        if !isSingle, isDue {
            pending?.hasWakeups = true
            applyDueWakeups(at: now)
        }
        writes += outbox.take()
        return Batch(writes: writes)
    }

    /// The batch is on disk. Returns what is to be done, in order.
    public mutating func committed() -> [Effect] {
        precondition(pending != nil, "no batch is pending")
        pending = nil
        fleet.commit()
        commitDictionaries()
        defer { resetBatch() }
        return effects
    }

    /// The batch is not on disk: the values of before are restored, callers are told, everything else waits again.
    ///
    /// After a `.constraint` the inputs are tried one by one, and the one that fails alone is dropped.
    public mutating func failed(_ error: StoreError) -> [Effect] {
        guard let batch = pending else { preconditionFailure("no batch is pending") }
        pending = nil
        rollbackDictionaries()
        directory = batch.directory
        fleet.rollback(waiting: live.values.values.flatMap(\.waiting))
        posting = batch.posting
        restoreWakeups(batch)
        resetBatch()
        if error.code == .constraint {
            guard batch.inputs.count > 1 || batch.hasWakeups else {
                return batch.inputs.compactMap { Self.refusal($0, .rejected) }
            }
            singly = batch.inputs.count
            queue.prepend(contentsOf: batch.inputs)
            return []
        }
        var refusals: [Effect] = []
        var again: [Input] = []
        for input in batch.inputs {
            if let refusal = Self.refusal(input, .unavailable) { refusals.append(refusal) } else { again.append(input) }
        }
        queue.prepend(contentsOf: again)
        return refusals
    }

    private static func refusal(_ input: Input, _ failure: RequestFailure) -> Effect? {
        guard case .request(_, let token) = input else { return nil }
        return .reply(token, .failure(failure))
    }

    private mutating func resetBatch() {
        writes = []
        rows.removeAll(keepingCapacity: true)
        effects = []
        touchedServices = []
        touchedConnections = []
    }

    private mutating func commitDictionaries() {
        live.commit()
        tasksByKey.commit()
        deliveries.commit()
        news.commit()
        lateSeq.commit()
        scheduled.commit()
        loads.commit()
        interimGates.commit()
        busy.commit()
        toldHealth.commit()
    }

    private mutating func rollbackDictionaries() {
        live.rollback()
        tasksByKey.rollback()
        deliveries.rollback()
        news.rollback()
        lateSeq.rollback()
        scheduled.rollback()
        loads.rollback()
        interimGates.rollback()
        busy.rollback()
        toldHealth.rollback()
    }

    /// Has the subject looked at then, or earlier: whoever is woken too early asks for the next time.
    mutating func wake(_ subject: Wakeup.Subject, at: Timestamp) {
        if let earlier = scheduled[subject], earlier <= at { return }
        scheduled[subject] = at
        let wakeup = Wakeup(at: at, subject: subject)
        wakeups.insert(wakeup)
        pending?.scheduled.append(wakeup)
    }

    private mutating func restoreWakeups(_ batch: PendingBatch) {
        var added = Dictionary(batch.scheduled.map { ($0, 1) }, uniquingKeysWith: +)
        // One that came and went within the batch is neither kept nor taken back.
        let before = (Array(wakeups.unordered) + batch.woken).filter { wakeup in
            guard let count = added[wakeup], count > 0 else { return true }
            added[wakeup] = count - 1
            return false
        }
        wakeups = Heap(before)
    }

    private mutating func post(_ id: DeliveryID, at now: Timestamp) {
        guard let delivery = deliveries[id], !posting.contains(id) else { return }
        guard delivery.nextAttempt <= now else { return wake(.delivery(id), at: delivery.nextAttempt) }
        posting.insert(id)
        effects.append(.post(delivery))
    }

    private mutating func applyDueWakeups(at now: Timestamp) {
        var budget = Limits.batchInputs
        while budget > 0, let next = wakeups.min, next.at <= now {
            pending?.woken.append(wakeups.removeMin())
            budget -= 1
            if scheduled[next.subject] == next.at { scheduled[next.subject] = nil }
            switch next.subject {
            case .orchestration(let id): drive(id, .clock, at: now)
            case .lease(let service): touchedServices.insert(service)
            case .delivery(let id): post(id, at: now)
            case .interim(let reference): releaseInterim(of: reference, at: now)
            }
            finishInput(at: now)
        }
    }
}

extension Orchestration {
    /// What waits for a connection, by its own journal.
    fileprivate var waiting: [Fleet.Candidate] {
        tasks.flatMap { task -> [Fleet.Candidate] in
            var waiting: [Fleet.Candidate] = []
            if case .queued(_, let lease) = task.phase {
                waiting.append(
                    .init(TaskReference(id, task.id), service: task.service, lease: lease, readyAt: task.readyAt))
            }
            if let undo = task.undo, case .queued(_, let lease) = undo.phase {
                waiting.append(
                    .init(
                        TaskReference(id, task.id, .compensation), service: task.service, lease: lease,
                        readyAt: undo.readyAt))
            }
            return waiting
        }
    }
}
