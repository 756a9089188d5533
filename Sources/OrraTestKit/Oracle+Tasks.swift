import OrraEngine
import OrraModel
import OrraStore

/// Rules of tasks.
extension Oracle {
    mutating func applyToTask(_ entry: JournalEntry, _ account: inout Account) {
        let id = entry.orchestration
        switch entry.event {
        case .taskReady(let event): ready(event, entry, &account)
        case .taskDispatched(let event): dispatched(event, entry, &account)
        case .taskWaiting(let event):
            change(event.task, of: id, &account) { task, oracle in
                oracle.expect(task.outcome == nil && task.key != nil, "task", "\(id) \(event.task) waits for nothing")
                if event.reason != .serviceAway {
                    oracle.release(&task)
                    if let key = task.key { oracle.outbox.insert(key) }
                }
                if event.reason == .connectionLost { task.lostConnections += 1 }
            }
        case .taskInterim(let event):
            change(event.task, of: id, &account) { task, oracle in
                oracle.expect(task.outcome == nil, "task", "\(id) \(event.task): an interim after the outcome")
                oracle.counts.skipped += event.skipped ?? 0
                task.interims.append(entry.at)
                // So many within one second, then the newest of those beyond.
                let limit = 2 * Limits.interimResultsPerSecond + 2
                guard let first = task.interims.dropLast(limit).last else { return }
                oracle.expect(
                    entry.at - first >= .seconds(1), "interims",
                    "\(id) \(event.task): more than \(limit) interim results within a second")
            }
        case .attemptFailed(let event): attemptFailed(event, entry, &account)
        case .outputWarning(let event):
            let check = account.terms?.outputCheck
            expect(check == .warn, "output", "\(id) \(event.task): a warning that nobody wants")
            counts.warnings += 1
        case .taskLate(let event):
            let isEnforced = account.isEnforced
            change(event.task, of: id, &account) { task, oracle in
                oracle.expect(task.outcome != nil, "task", "\(id) \(event.task) is late before its outcome")
                guard let output = event.output else { return }
                oracle.expect(
                    !isEnforced || Self.isValid(output), "output", "\(id) \(event.task) gave what its schema forbids")
                oracle.expect(
                    task.lateOutput == nil && task.output == nil, "outcome", "\(id) \(event.task) has two outputs")
                oracle.expectSent(output, task)
                oracle.counts.late += 1
                task.lateOutput = output
                task.completed(entry, event.compensation)
            }
        default: applyOutcome(entry, &account)
        }
    }

    private mutating func applyOutcome(_ entry: JournalEntry, _ account: inout Account) {
        let id = entry.orchestration
        switch entry.event {
        case .taskCompleted(let event):
            let isEnforced = account.isEnforced
            conclude(event.task, .completed, id, &account) { task, oracle in
                oracle.expect(
                    !isEnforced || Self.isValid(event.output), "output",
                    "\(id) \(event.task) gave what its schema forbids")
                oracle.expect(task.key != nil, "task", "\(id) \(event.task) completed before it was ready")
                oracle.expectSent(event.output, task)
                task.output = event.output
                task.completed(entry, event.compensation)
            }
            account.completed.append(event.task.number)
        case .taskFailed(let event): failed(event, entry, &account)
        case .taskAborted(let event):
            conclude(event.task, .aborted, id, &account) { task, oracle in
                let isSent = task.key.map { key in
                    oracle.hasSent(key) { if case .aborted(event.payload) = $0 { true } else { false } }
                }
                oracle.expect(isSent == true, "invented", "\(id) \(event.task) was aborted by nobody")
            }
        case .taskCancelled(let event):
            let isEnding = account.ending != nil || account.isHeld
            conclude(event.task, .cancelled, id, &account) { _, oracle in
                oracle.expect(isEnding, "outcome", "\(id) \(event.task) was cancelled while the action runs")
            }
        default: applyFurther(entry, &account)
        }
    }

    mutating func change(
        _ id: TaskID, of orchestration: OrchestrationID, _ account: inout Account,
        _ change: (inout TaskAccount, inout Oracle) -> Void
    ) {
        guard var task = account[id] else { return fail("task", "\(orchestration) has no \(id)") }
        change(&task, &self)
        account[id] = task
    }

    /// A task's outcome: the first is the only one.
    private mutating func conclude(
        _ id: TaskID, _ outcome: TaskAccount.Outcome, _ orchestration: OrchestrationID, _ account: inout Account,
        _ change: (inout TaskAccount, inout Oracle) -> Void
    ) {
        self.change(id, of: orchestration, &account) { task, oracle in
            oracle.expect(
                task.outcome == nil, "outcome",
                "\(orchestration) \(id) was \(task.outcome?.rawValue ?? ""), and is now \(outcome.rawValue)")
            task.outcome = outcome
            change(&task, &oracle)
            oracle.release(&task)
            if let key = task.key { oracle.outbox.remove(key) }
        }
    }

    mutating func release(_ task: inout TaskAccount) {
        if let holder = task.holder, let key = task.key { gave(key, holder) }
        task.holder = nil
    }

    /// Whether an output fits the schema of the simulated services.
    static func isValid(_ output: RawJSON) -> Bool {
        let text = output.value.object?["text"]
        return text == nil || text?.string != nil
    }

    /// Nothing is recorded that no service said.
    mutating func expectSent(_ output: RawJSON, _ task: TaskAccount) {
        let isSent = task.key.map { key in
            hasSent(key) { if case .output(output, _) = $0 { true } else { false } }
        }
        expect(isSent == true, "invented", "the output of \(task.plan.id) was sent by nobody")
    }

    // MARK: - On its way

    private mutating func ready(_ event: Event.TaskReady, _ entry: JournalEntry, _ account: inout Account) {
        let id = entry.orchestration
        let (ending, isHeld) = (account.ending, account.isHeld)
        var sources: [TaskID: RawJSON] = [.zero: account.submission.plan.parameters]
        for task in account.tasks { sources[task.plan.id] = task.output }
        change(event.task, of: id, &account) { task, oracle in
            oracle.expect(task.key == nil && task.outcome == nil, "task", "\(id) \(event.task) was ready twice")
            oracle.expect(ending == nil, "task", "\(id) \(event.task) became ready after the outcome was decided")
            oracle.expect(!isHeld, "hold", "\(id) \(event.task) became ready while the plan waits for a yes")
            oracle.expect(
                task.plan.dependencies.allSatisfy { sources[$0] != nil }, "order",
                "\(id) \(event.task) was ready before what it takes was there")
            oracle.expect(
                Self.bind(task.plan, sources) == event.input.value, "input",
                "\(id) \(event.task) has an input that its sources do not give")
            oracle.expect(oracle.works[event.key] == nil, "key", "\(id) \(event.task) has another task's key")
            oracle.works[event.key] = Work(reference: TaskReference(id, event.task))
            oracle.inputs[event.key] = event.input
            oracle.outbox.insert(event.key)
            task.key = event.key
            task.readyAt = entry.at
        }
    }

    /// The input that the plan says, from texts only: the simulated schemas coerce nothing.
    private static func bind(_ task: Plan.Task, _ sources: [TaskID: RawJSON]) -> JSONValue {
        var input: JSONObject = [:]
        for field in task.input { input[field.field] = sources[field.source]?.value.object?[field.sourceField] }
        return .object(input)
    }

    private mutating func dispatched(_ event: Event.TaskDispatched, _ entry: JournalEntry, _ account: inout Account) {
        let id = entry.orchestration
        let (isEnding, isHeld) = (account.ending != nil, account.isHeld)
        let timeout = Duration.milliseconds(account.submission.timeout)
        change(event.task, of: id, &account) { task, oracle in
            let label = "\(id) \(event.task)"
            oracle.expect(task.key != nil && task.outcome == nil, "order", "\(label) was dispatched unready or done")
            oracle.expect(!isEnding, "order", "\(label) was dispatched after the outcome was decided")
            oracle.expect(!isHeld, "hold", "\(label) was dispatched while the plan waits for a yes")
            oracle.expect(task.holder == nil, "delivery", "\(label) is with two connections")
            let last = task.dispatches.last
            if event.attempt == last?.attempt {
                oracle.expect(event.delivery == (last?.delivery ?? 0) + 1, "attempt", "\(label): a delivery is missing")
            } else {
                oracle.expect(event.delivery == 1, "attempt", "\(label): an attempt begins in the middle")
                oracle.expect(
                    event.attempt == task.failedAttempts + 1, "attempt",
                    "\(label): attempt \(event.attempt) after \(task.failedAttempts) failed ones")
            }
            oracle.expect(
                event.attempt <= oracle.attempts(of: task.plan.service), "attempt", "\(label): too many attempts")
            if let last, let instance = last.instance, last.attempt == event.attempt, event.instance != instance {
                oracle.expect(
                    entry.at >= last.at + timeout, "lease",
                    "\(label) went to another replica before the deadline of the one that has it")
            }
            if let key = task.key {
                oracle.took(key, event.connection, of: task.plan.service)
                let waited = oracle.outbox.remove(key) != nil
                oracle.expect(waited, "outbox", "\(label) was handed out though it did not wait")
            }
            task.holder = event.connection
            task.dispatches.append(
                .init(
                    at: entry.at, attempt: event.attempt, delivery: event.delivery, execution: event.execution,
                    connection: event.connection, instance: event.instance))
        }
    }

    private mutating func attemptFailed(_ event: Event.AttemptFailed, _ entry: JournalEntry, _ account: inout Account) {
        let id = entry.orchestration
        let timeout = Duration.milliseconds(account.submission.timeout)
        change(event.task, of: id, &account) { task, oracle in
            let label = "\(id) \(event.task)"
            oracle.expect(task.outcome == nil, "outcome", "\(label): an attempt failed after the outcome")
            task.failedAttempts += 1
            oracle.expect(event.attempt == task.failedAttempts, "attempt", "\(label): attempts are miscounted")
            oracle.release(&task)
            if let key = task.key { oracle.outbox.remove(key) }
            guard event.execution != nil else {
                // A timeout: nobody may be timed out before the deadline.
                let deadline = task.dispatches.last.map { $0.at + timeout }
                return oracle.expect(
                    deadline.map { $0 <= entry.at } ?? false, "timeout", "\(label) timed out before its deadline")
            }
            let isSent = task.key.map { key in
                oracle.hasSent(key) { if case .error = $0 { true } else { false } }
            }
            oracle.expect(isSent == true, "invented", "\(label): an error that nobody sent")
        }
    }

    private mutating func failed(_ event: Event.TaskFailed, _ entry: JournalEntry, _ account: inout Account) {
        let id = entry.orchestration
        let grace = Duration.milliseconds(account.submission.gracePeriod)
        let hubStartedAt = hubStartedAt
        conclude(event.task, .failed, id, &account) { task, oracle in
            let label = "\(id) \(event.task)"
            task.failure = event.failure
            switch event.failure.code {
            case .taskFailed, .taskTimedOut:
                // What fails while the action ends is not tried again.
                oracle.expect(task.failedAttempts > 0, "outcome", "\(label) failed without a failed attempt")
            case .serviceAway:
                let since = max(task.readyAt ?? entry.at, hubStartedAt)
                oracle.expect(
                    entry.at >= since + grace, "grace", "\(label) was given up within the grace period")
            case .taskLosesConnections:
                oracle.expect(task.lostConnections >= 10, "outcome", "\(label) lost too few connections")
            default: break
            }
        }
    }
}
