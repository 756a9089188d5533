import OrraEngine
import OrraModel
import OrraStore

/// What was committed, entry by entry.
extension Oracle {
    mutating func committed(_ writes: [Write], at now: Timestamp) {
        touched = []
        for write in writes {
            switch write {
            case .journal(let entry): committed(entry)
            case .orchestration(let row): rows[row.id] = row
            case .serviceEvent(let entry): committed(entry)
            case .submission(let row):
                let known = submissions[row.key].map { $0.createdAt + Limits.submissionKeyLife > row.createdAt }
                expect(known != true, "submission", "\(row.key) stands for two actions")
                submissions[row.key] = row
            case .delivery(let delivery): committed(delivery)
            default: break
            }
        }
    }

    private mutating func committed(_ delivery: WebhookDelivery) {
        if deliveries[delivery.id] == nil {
            let again = deliveries.values.first {
                $0.orchestration == delivery.orchestration && $0.url == delivery.url && $0.subject == delivery.subject
            }
            expect(again == nil, "webhook", "\(delivery.orchestration) is told to \(delivery.url) under two ids")
        }
        deliveries[delivery.id] = delivery
    }

    private mutating func committed(_ entry: ServiceEntry) {
        position += 1
        let expected = position
        expect(entry.position == expected, "journal", "position \(entry.position) instead of \(expected)")
    }

    private mutating func committed(_ entry: JournalEntry) {
        let id = entry.orchestration
        position += 1
        counts.entries += 1
        let (expected, last) = (position, lastEntryAt)
        expect(entry.position == expected, "journal", "position \(entry.position) instead of \(expected)")
        expect(last.map { $0 <= entry.at } ?? true, "clock", "entry \(expected) is older than the one before")
        lastEntryAt = entry.at
        fold(entry)
        guard var account = accounts[id] else { return fail("journal", "\(id) was never submitted") }
        account.seq += 1
        expect(entry.seq == account.seq, "journal", "\(id): entry \(entry.seq) follows \(account.seq - 1)")
        let isFirst = entry.seq == 1
        if case .received = entry.event {} else { expect(!isFirst, "journal", "\(id) does not begin with received") }
        expect(
            account.ended == nil || entry.event.mayFollowEnd, "once",
            "\(id): \(entry.event.name) after the end")
        apply(entry, to: &account)
        accounts[id] = account
    }

    private mutating func apply(_ entry: JournalEntry, to account: inout Account) {
        let id = entry.orchestration
        switch entry.event {
        case .received(let received):
            expect(!account.isReceived, "journal", "\(id) was received twice")
            account.isReceived = true
            account.received = received
        case .planned(let planned):
            expect(!account.isPlanned && account.ending == nil, "journal", "\(id) was planned twice")
            expect(planned.plan == account.submission.plan, "plan", "\(id) has another plan than was submitted")
            self.planned(planned, entry, &account)
            account.isPlanned = true
            account.tasks = planned.plan.tasks.map(TaskAccount.init)
        case .planningStage:
            expect(!account.isPlanned && account.ended == nil, "journal", "\(id): planning goes on after the plan")
        case .approved(let event): approved(event, entry, &account)
        case .paused, .resumed:
            let pauses = entry.event == .paused
            expect(account.isPaused != pauses, "journal", "\(id) was paused or resumed twice")
            account.isPaused = pauses
        case .ending(let outcome):
            expect(account.ending == nil, "once", "\(id): the outcome was decided twice")
            account.ending = outcome
        case .compensating(let ended):
            expect(!account.isTold, "once", "\(id): the outcome was told twice")
            expect(ended.status != .completed, "undo", "\(id) completed, and is undone")
            account.isTold = true
            check(ended, account, id)
            account.told = ended
        case .ended(let ended): self.ended(ended, &account, id)
        case .messageRejected: break
        default: applyToTask(entry, &account)
        }
    }

    private mutating func ended(_ ended: Event.Ended, _ account: inout Account, _ id: OrchestrationID) {
        expect(account.ended == nil, "once", "\(id) ended twice")
        if account.isTold {
            expect(account.told == ended, "once", "\(id) ends other than it was told")
        } else {
            check(ended, account, id)
        }
        expect(account.undoing == nil, "undo", "\(id) ended while \(String(describing: account.undoing)) is undone")
        account.ended = ended
        account.isTold = true
        account.told = ended
        counts.outcomes[ended.status.rawValue, default: 0] += 1
    }

    /// Whether an outcome is what the tasks say.
    mutating func check(_ ended: Event.Ended, _ account: Account, _ id: OrchestrationID) {
        expect(account.ending.map { $0.status == ended.status } ?? true, "outcome", "\(id) ends other than decided")
        switch ended.status {
        case .completed:
            expect(
                account.isPlanned && account.tasks.allSatisfy { $0.output != nil }, "outcome", "\(id): not all is done")
            let last = account.submission.plan.lastTasks.map { account[$0]?.output }
            expect(ended.results.map { $0.map(Optional.some) } == last, "outcome", "\(id): other results than outputs")
        case .failed:
            let task = ended.task.flatMap { account[$0] }
            expect(task?.outcome == .failed, "outcome", "\(id) failed, and \(String(describing: ended.task)) did not")
        case .aborted:
            let task = ended.task.flatMap { account[$0] }
            expect(task?.outcome == .aborted, "outcome", "\(id) was aborted by nobody")
        case .cancelled: checkCancelled(ended, account, id)
        case .notActionable: expect(account.submission.isRefused, "outcome", "\(id) was refused by nobody")
        default: fail("outcome", "\(id) ended as \(ended.status)")
        }
        checkHeld(ended, account, id)
        expect(account.tasks.allSatisfy { $0.outcome != nil }, "outcome", "\(id) ended with a task that did not")
    }
}

extension Event {
    /// After the end only what comes late is told.
    var mayFollowEnd: Bool {
        switch self {
        case .taskLate, .outputWarning, .messageRejected, .compensationReady, .compensationDispatched,
            .compensationWaiting, .compensationAttemptFailed, .compensationEnded, .compensationResolved:
            true
        default: false
        }
    }

    var name: String { String("\(self)".prefix { $0 != "(" }) }
}

extension Write {
    /// As the trace shows it.
    var brief: String {
        switch self {
        case .journal(let entry): "\(entry.orchestration) \(entry.seq) \(entry.event.brief)"
        case .orchestration(let row): "row \(row.id) \(row.status.rawValue)"
        case .outboxInsert: "outbox +"
        case .outboxDelete: "outbox -"
        case .delivery(let delivery): "webhook \(delivery.id.rawValue.prefix(6)) \(delivery.state.rawValue)"
        default: String("\(self)".prefix { $0 != "(" })
        }
    }
}

extension Event {
    var brief: String {
        switch self {
        case .taskReady(let event): "taskReady(\(event.task))"
        case .taskDispatched(let event):
            "taskDispatched(\(event.task), \(event.attempt).\(event.delivery), c\(event.connection.number))"
        case .taskWaiting(let event): "taskWaiting(\(event.task), \(event.reason.rawValue))"
        case .attemptFailed(let event): "attemptFailed(\(event.task), \(event.attempt), \(event.failure.code.rawValue))"
        case .taskCompleted(let event): "taskCompleted(\(event.task), \(event.output.text))"
        case .taskFailed(let event): "taskFailed(\(event.task), \(event.failure.code.rawValue))"
        case .taskAborted(let event): "taskAborted(\(event.task))"
        case .taskCancelled(let event): "taskCancelled(\(event.task))"
        case .taskLate(let event): "taskLate(\(event.task))"
        case .taskKept(let event): "taskKept(\(event.task))"
        case .compensationReady(let event): "compensationReady(\(event.task), \(event.number))"
        case .compensationDispatched(let event):
            "compensationDispatched(\(event.task), \(event.attempt).\(event.delivery), c\(event.connection.number))"
        case .compensationWaiting(let event): "compensationWaiting(\(event.task), \(event.reason.rawValue))"
        case .compensationAttemptFailed(let event):
            "compensationAttemptFailed(\(event.task), \(event.attempt), \(event.failure.code.rawValue))"
        case .compensationEnded(let event): "compensationEnded(\(event.task), \(event.status.rawValue))"
        case .compensating(let ended): "compensating(\(ended.status.rawValue))"
        case .ending(let outcome): "ending(\(outcome.status.rawValue))"
        case .ended(let ended): "ended(\(ended.status.rawValue))"
        default: name
        }
    }
}
