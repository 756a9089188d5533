import OrraCore
import OrraEngine
import OrraModel
import OrraStore

/// Rules of compensations: newest first, one at a time, only for what was done, each at most once.
extension Oracle {
    /// What is known of a task's undoing.
    struct UndoAccount {
        let data: RawJSON
        /// The journal number of its completion: the higher is the newer.
        let order: Int
        let expiresAt: Timestamp
        var number = 0
        /// Of its requests, in order.
        var keys: [IdempotencyKey] = []
        var key: IdempotencyKey? { keys.last }
        var dispatches: [TaskAccount.Dispatch] = []
        var holder: ConnectionID?
        var failedAttempts = 0
        var lostConnections = 0
        /// The highest number that was answered with partial or failed.
        var answered = 0
        var partial: Event.Partial?
        var ended: CompensationStatus?
        /// Somebody took care of it.
        var isResolved = false

        /// Whether the journal holds what followed from this answer to request `number`.
        func accounts(for report: TaskReport, of number: Int) -> Bool {
            switch report {
            case .interim, .inProgress: true
            // What is undone is undone, whichever request it was.
            case .compensation(.completed): ended != nil
            // What comes when all is over, when the next request is made, or while another works on it, changes nothing.
            default: ended != nil || answered >= number || self.number > number || holder != nil
            }
        }
    }

    mutating func applyFurther(_ entry: JournalEntry, _ account: inout Account) {
        let id = entry.orchestration
        switch entry.event {
        case .taskKept(let event): kept(event, entry, &account)
        case .compensationReady(let event): undoReady(event, entry, &account)
        case .compensationDispatched(let event): undoDispatched(event, entry, &account)
        case .compensationWaiting(let event):
            changeUndo(event.task, id, &account) { undo, oracle in
                oracle.expect(undo.ended == nil && undo.key != nil, "undo", "\(id) \(event.task) waits for nothing")
                if event.reason != .serviceAway {
                    oracle.release(&undo)
                    if let key = undo.key { oracle.outbox.insert(key) }
                }
                if event.reason == .connectionLost { undo.lostConnections += 1 }
            }
        case .compensationAttemptFailed(let event): undoFailed(event, entry, &account)
        case .compensationEnded(let event): undoEnded(event, entry, &account)
        case .compensationResolved(let event):
            changeUndo(event.task, id, &account) { undo, oracle in
                oracle.expect(
                    undo.ended != nil && undo.ended != .completed && !undo.isResolved, "undo",
                    "\(id) \(event.task): nothing to resolve")
                undo.isResolved = true
                oracle.counts.resolved += 1
            }
        default: fail("journal", "\(id): \(entry.event.name) is an event that the model does not know")
        }
    }

    private mutating func kept(_ event: Event.TaskKept, _ entry: JournalEntry, _ account: inout Account) {
        let id = entry.orchestration
        let source = account.retryOf.flatMap { accounts[$0] }?[event.task]
        let isSource = event.from == account.retryOf
        change(event.task, of: id, &account) { task, oracle in
            oracle.expect(task.key == nil && task.outcome == nil, "retry", "\(id) \(event.task) was kept after it ran")
            oracle.expect(
                isSource && (source?.output ?? source?.lateOutput) == event.output, "retry",
                "\(id) \(event.task) keeps what was never given")
            task.outcome = .completed
            task.output = event.output
        }
    }

    private mutating func changeUndo(
        _ id: TaskID, _ orchestration: OrchestrationID, _ account: inout Account,
        _ body: (inout UndoAccount, inout Oracle) -> Void
    ) {
        change(id, of: orchestration, &account) { task, oracle in
            guard var undo = task.undo else {
                return oracle.fail("undo", "\(orchestration) \(id) is undone, and was not done")
            }
            body(&undo, &oracle)
            task.undo = undo
        }
    }

    private mutating func release(_ undo: inout UndoAccount) {
        if let holder = undo.holder, let key = undo.key { gave(key, holder) }
        undo.holder = nil
    }

    private mutating func undoReady(
        _ event: Event.CompensationReady, _ entry: JournalEntry, _ account: inout Account
    ) {
        let id = entry.orchestration
        let label = "\(id) \(event.task)"
        let told = account.told
        expect(told.map { $0.status != .completed } ?? false, "undo", "\(label) is undone before the outcome is told")
        let newer = account.tasks.first { task in
            guard let undo = task.undo, let own = account[event.task]?.undo, task.plan.id != event.task else {
                return false
            }
            return undo.ended == nil && undo.order > own.order
        }
        expect(
            event.number > 1 || newer == nil, "newest",
            "\(label) is undone before \(newer.map { "\($0.plan.id)" } ?? ""), which completed after it")
        let undoing = account.undoing
        expect(undoing == nil || undoing == event.task, "undo", "\(label): two are undone at a time")
        changeUndo(event.task, id, &account) { undo, oracle in
            oracle.expect(undo.ended == nil, "undo", "\(label) is undone again")
            oracle.expect(
                event.number == undo.number + 1 && undo.answered == undo.number, "undo",
                "\(label): request \(event.number) after \(undo.number), of which \(undo.answered) were answered")
            oracle.expect(
                event.expiresAt == undo.expiresAt, "ttl", "\(label) expires at another time than its service said")
            oracle.expect(entry.at < undo.expiresAt, "ttl", "\(label) is undone after it expired")
            oracle.expect(oracle.works[event.key] == nil, "key", "\(label): the key of a compensation is not new")
            oracle.works[event.key] = Work(
                reference: TaskReference(id, event.task, .compensation), number: event.number)
            oracle.inputs[event.key] = undo.data
            oracle.outbox.insert(event.key)
            undo.number = event.number
            undo.keys.append(event.key)
        }
        account.undoing = event.task
    }

    private mutating func undoDispatched(
        _ event: Event.TaskDispatched, _ entry: JournalEntry, _ account: inout Account
    ) {
        let id = entry.orchestration
        let service = account[event.task]?.plan.service
        changeUndo(event.task, id, &account) { undo, oracle in
            let label = "\(id) \(event.task), compensation"
            oracle.expect(undo.ended == nil && undo.holder == nil, "undo", "\(label) is with two connections, or over")
            oracle.expect(entry.at < undo.expiresAt, "ttl", "\(label) is asked for after it expired")
            let last = undo.dispatches.last
            if event.attempt == last?.attempt {
                oracle.expect(event.delivery == (last?.delivery ?? 0) + 1, "attempt", "\(label): a delivery is missing")
            } else {
                oracle.expect(event.delivery == 1, "attempt", "\(label): an attempt begins in the middle")
                oracle.expect(
                    event.attempt == undo.failedAttempts + 1, "attempt",
                    "\(label): attempt \(event.attempt) after \(undo.failedAttempts) failed ones")
            }
            oracle.expect(event.attempt <= 10, "attempt", "\(label): too many attempts")
            if let last, let instance = last.instance, last.attempt == event.attempt, event.instance != instance {
                oracle.expect(entry.at >= last.at + .seconds(30), "lease", "\(label) went to another replica too early")
            }
            if let key = undo.key, let service {
                oracle.took(key, event.connection, of: service)
                let waited = oracle.outbox.remove(key) != nil
                oracle.expect(waited, "outbox", "\(label) was handed out though it did not wait")
            }
            undo.holder = event.connection
            undo.dispatches.append(
                .init(
                    at: entry.at, attempt: event.attempt, delivery: event.delivery, execution: event.execution,
                    connection: event.connection, instance: event.instance, remaining: undo.partial?.remaining))
        }
    }

    private mutating func undoFailed(
        _ event: Event.CompensationAttemptFailed, _ entry: JournalEntry, _ account: inout Account
    ) {
        let id = entry.orchestration
        changeUndo(event.task, id, &account) { undo, oracle in
            let label = "\(id) \(event.task), compensation"
            oracle.release(&undo)
            oracle.expect(undo.ended == nil, "undo", "\(label): an attempt failed after the end")
            if let key = undo.key { oracle.outbox.remove(key) }
            undo.failedAttempts = max(undo.failedAttempts, event.attempt)
            if let partial = event.partial { undo.partial = partial }
            guard event.isAnswered else {
                let deadline = undo.dispatches.last.map { $0.at + .seconds(30) }
                return oracle.expect(
                    deadline.map { $0 <= entry.at } ?? false, "timeout", "\(label) timed out before its deadline")
            }
            let isSent = undo.key.map { oracle.hasSent($0) { _ in true } }
            oracle.expect(isSent == true, "invented", "\(label): an answer that nobody sent")
            undo.answered = undo.number
        }
    }

    private mutating func undoEnded(_ event: Event.CompensationEnded, _ entry: JournalEntry, _ account: inout Account) {
        let id = entry.orchestration
        changeUndo(event.task, id, &account) { undo, oracle in
            let label = "\(id) \(event.task), compensation"
            oracle.release(&undo)
            oracle.expect(undo.ended == nil, "once", "\(label) ended twice")
            undo.ended = event.status
            oracle.counts.compensations[event.status.rawValue, default: 0] += 1
            if let key = undo.key { oracle.outbox.remove(key) }
            switch event.status {
            case .completed:
                // Whichever request it answers.
                let isSent = undo.keys.contains { oracle.hasSent($0) { $0 == .compensation(.completed) } }
                oracle.expect(isSent, "invented", "\(label) was completed by nobody")
            case .expired: oracle.expect(entry.at >= undo.expiresAt, "ttl", "\(label) expired too early")
            case .partial: oracle.expect(undo.partial != nil, "undo", "\(label): no part was undone")
            case .failed:
                oracle.expect(
                    undo.failedAttempts >= 10 || undo.lostConnections >= 10, "undo", "\(label) was given up too early")
            case .pending, .processing: oracle.fail("undo", "\(label) ended as \(event.status)")
            }
        }
        if account.undoing == event.task { account.undoing = nil }
    }

    /// What a request to undo says beyond its data.
    mutating func checkUndo(_ undo: TaskDelivery.Undo, _ request: WorkRequest) {
        let account = accounts[request.work.reference.orchestration]
        let known = account?[request.work.reference.task]?.undo
        let brief = request.work.brief
        expect(undo.reason == account?.told?.status, "undo", "\(brief) has another reason than the outcome")
        expect(undo.payload == account?.told?.abortPayload, "undo", "\(brief) has another payload than the abort")
        let dispatch = known?.dispatches.first { $0.execution == request.execution }
        expect(undo.remaining == dispatch?.remaining, "undo", "\(brief) does not say what remains")
        expect(undo.attempt == dispatch?.attempt, "undo", "\(brief) has another attempt than the journal")
    }
}

extension Oracle.TaskAccount {
    mutating func completed(_ entry: JournalEntry, _ compensation: Event.Compensation?) {
        completedAt = entry.at
        undo = compensation.map {
            Oracle.UndoAccount(data: $0.data, order: entry.seq, expiresAt: entry.at + .milliseconds($0.ttlMs))
        }
    }
}
