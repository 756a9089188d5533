public import OrraEngine
import OrraModel
public import OrraStore

/// Driving orchestrations: their decisions become journal entries, projections and effects.
extension Core {
    struct View: Surroundings {
        let directory: Directory
        let fleet: Fleet
        func service(_ id: ServiceID) -> Service? { directory.service(id) }
        func awaySince(_ id: ServiceID) -> Timestamp? { fleet.awaySince(id) }
    }

    var surroundings: View { View(directory: directory, fleet: fleet) }

    mutating func drive(_ id: OrchestrationID, _ input: OrchestrationInput, at now: Timestamp) {
        guard let before = live[id] else { return }
        settle(before, input, at: now)
    }

    /// Lets an orchestration handle an input, and keeps it if it has still something to do.
    mutating func settle(_ before: Orchestration, _ input: OrchestrationInput, at now: Timestamp) {
        var orchestration = before
        let decision = orchestration.handle(input, at: now, in: surroundings)
        orchestration.shed(above: bounds.heldOutputBytes)
        let id = orchestration.id
        for (offset, event) in decision.events.enumerated() {
            append(event, seq: before.seq + offset + 1, to: orchestration, at: now)
        }
        let row = Self.row(of: orchestration)
        if row != Self.row(of: before) { write(row) }
        if orchestration.outcome != nil, before.outcome == nil {
            let final = decision.events.firstIndex { $0.kind == .compensating || $0.kind == .ended } ?? 0
            tellOutcome(OutcomeNews(orchestration: orchestration, seq: before.seq + final + 1, at: now))
        }
        if orchestration.phase.kind == .held, before.phase.kind == .preparing {
            askApproval(of: orchestration, at: now)
        }
        let isLive = orchestration.phase.kind != .ended || orchestration.isUnsettled
        account(live[id], isLive ? orchestration : nil)
        if isLive {
            live[id] = orchestration
        } else {
            forget(orchestration, at: now)
        }
        for effect in decision.effects { perform(effect, of: id, at: now) }
        // What it waits for also depends on who is connected, so it is asked after each input.
        if isLive, let at = orchestration.nextWakeup(in: surroundings) { wake(.orchestration(id), at: at) }
    }

    mutating func write(_ row: OrchestrationRow) {
        if let place = rows[row.id] {
            writes[place] = .orchestration(row)
        } else {
            rows[row.id] = writes.count
            writes.append(.orchestration(row))
        }
    }

    /// Counts what its project has under way.
    mutating func account(_ before: Orchestration?, _ after: Orchestration?) {
        guard let project = (after ?? before)?.project else { return }
        let (live, bytes) = (
            (after == nil ? 0 : 1) - (before == nil ? 0 : 1), (after?.payloadBytes ?? 0) - (before?.payloadBytes ?? 0)
        )
        guard live != 0 || bytes != 0 else { return }
        var load = loads[project, default: Load()]
        load.live += live
        load.bytes += bytes
        loads[project] = load
    }

    mutating func remember(keysOf orchestration: Orchestration?) {
        guard let orchestration else { return }
        for task in orchestration.tasks {
            if let key = task.key { tasksByKey[key] = TaskReference(orchestration.id, task.id) }
            if let key = task.undo?.key { tasksByKey[key] = TaskReference(orchestration.id, task.id, .compensation) }
        }
    }

    private mutating func forget(_ orchestration: Orchestration, at now: Timestamp) {
        live[orchestration.id] = nil
        // What was read from the store before the last of these entries is no longer true.
        if lateSeq.values.count >= Limits.rememberedLateOrchestrations { lateSeq.removeAll() }
        lateSeq[orchestration.id] = orchestration.seq
        scheduled[.orchestration(orchestration.id)] = nil
        for task in orchestration.tasks {
            if let key = task.key { tasksByKey[key] = nil }
            if let key = task.undo?.key { tasksByKey[key] = nil }
            for kind in WorkKind.allCases { dropInterims(of: TaskReference(orchestration.id, task.id, kind)) }
        }
    }

    /// One entry, and the projections that follow from it.
    mutating func append(_ event: Event, seq: Int, to orchestration: Orchestration, at now: Timestamp) {
        let position = directory.nextPosition(of: orchestration.project)
        writes.append(
            .journal(
                JournalEntry(
                    orchestration: orchestration.id, project: orchestration.project, seq: seq, position: position,
                    at: now, event: event)))
        effects.append(
            .progressed(
                Progressed(project: orchestration.project, orchestration: orchestration.id, position: position)))
        for change in OutboxProjection.changes(by: event, of: orchestration, at: now) {
            switch change {
            case .outboxInsert(let row):
                tasksByKey[row.key] = row.reference
                outbox.insert(row)
            case .outboxDelete(let key):
                // What runs was handed out by this hub, and its row deleted then.
                outbox.delete(key, isThere: live[orchestration.id]?.isInFlight(key) != true)
            case .outboxDead(let key, let at, let error): outbox.bury(key, at: at, error: error)
            default: preconditionFailure("the outbox's projection changes the outbox only")
            }
        }
        switch event {
        // Only the current request's key is routed; who answers an older one is told that all is well.
        case .compensationAttemptFailed(let event) where event.isAnswered:
            if let key = orchestration[event.task]?.undo?.key { tasksByKey[key] = nil }
        case .compensationEnded(let ended): compensationEnded(ended, of: orchestration, at: now)
        case .compensationResolved:
            writes += InboxProjection.changes(by: event, of: orchestration)
        default: break
        }
    }

    /// What lists show of it.
    public static func row(of orchestration: Orchestration) -> OrchestrationRow {
        var endedAt: Timestamp?
        if case .ended = orchestration.phase { endedAt = orchestration.lastEventAt }
        return OrchestrationRow(
            id: orchestration.id, project: orchestration.project, action: orchestration.action,
            status: orchestration.status, error: orchestration.failure?.message,
            receivedAt: orchestration.receivedAt, endedAt: endedAt,
            isUnsettled: endedAt != nil && orchestration.isUnsettled,
            compensations: orchestration.compensationCounts, pauseReason: orchestration.pauseReason)
    }

    private mutating func tellOutcome(_ news: OutcomeNews) {
        let (orchestration, now) = (news.orchestration, news.at)
        // Callers of actions that were never accepted have their answer already.
        guard orchestration.status != .notActionable, orchestration.failure?.code != .planningInterrupted else {
            return
        }
        let registered = directory.webhooks(of: orchestration.project, for: .outcomes)
        if let url = orchestration.webhook {
            let secret = registered.first { $0.url == url }?.secret
            addDelivery(to: url, secret: secret, form: .merged, of: orchestration, news, at: now)
        }
        for webhook in registered {
            addDelivery(to: webhook.url, secret: webhook.secret, form: .list, of: orchestration, news, at: now)
        }
    }

    private mutating func askApproval(of orchestration: Orchestration, at now: Timestamp) {
        for webhook in directory.webhooks(of: orchestration.project, for: .outcomes) {
            addDelivery(
                to: webhook.url, secret: webhook.secret, form: .list, subject: .approvalRequested, of: orchestration,
                at: now)
        }
    }

    private mutating func compensationEnded(
        _ ended: Event.CompensationEnded, of orchestration: Orchestration, at now: Timestamp
    ) {
        if let key = orchestration[ended.task]?.undo?.key { tasksByKey[key] = nil }
        guard ended.status != .completed else { return }
        writes += InboxProjection.changes(by: .compensationEnded(ended), of: orchestration)
        for webhook in directory.webhooks(of: orchestration.project, for: .compensationFailures) {
            addDelivery(
                to: webhook.url, secret: webhook.secret, form: .list, subject: .compensationFailed(ended.task),
                of: orchestration, at: now)
        }
    }

    private mutating func addDelivery(
        to url: String, secret: String?, form: WebhookDelivery.Form, subject: WebhookDelivery.Subject = .outcome,
        of orchestration: Orchestration, _ news: OutcomeNews? = nil, at now: Timestamp
    ) {
        var delivery = WebhookDelivery(
            id: .ordered(at: now, using: &random), project: orchestration.project, orchestration: orchestration.id,
            url: url, secret: secret, form: form, subject: subject, createdAt: now)
        guard loads[orchestration.project, default: Load()].deliveries < bounds.deliveries else {
            delivery.giveUp("too many deliveries of this project are pending")
            return writes.append(.delivery(delivery))
        }
        loads[orchestration.project, default: Load()].deliveries += 1
        deliveries[delivery.id] = delivery
        self.news[delivery.id] = news
        writes.append(.delivery(delivery))
        wake(.delivery(delivery.id), at: now)
    }

    private mutating func perform(_ effect: Decision.Effect, of id: OrchestrationID, at now: Timestamp) {
        switch effect {
        case .enqueue(let task, let service, let lease, let kind):
            let state = live[id]?[task]
            fleet.enqueue(
                TaskReference(id, task, kind), service: service, lease: lease,
                readyAt: kind == .task ? state?.readyAt : state?.undo?.readyAt)
            touchedServices.insert(service)
        case .withdraw(let task, let service, let kind):
            fleet.withdraw(TaskReference(id, task, kind), service: service)
        case .release(let task, let connection, let succeeded, let kind):
            fleet.release(TaskReference(id, task, kind), connection, succeeded: succeeded)
            touchedConnections.insert(connection)
            if let service = fleet.service(of: connection) { touchedServices.insert(service) }
        case .resetConnection(let connection):
            // It is on its way out: nothing more goes there.
            fleet.update(connection) { $0.isDraining = true }
            touchedConnections.insert(connection)
            effects.append(.reset(connection))
        case .cancelRequest(let task, let connection, let execution, let key):
            effects.append(.cancelRequest(connection, task, execution, key))
        }
    }

    // MARK: - Delivery

    /// After each input: hands out what can be handed out, and tells connections whether they are busy.
    mutating func finishInput(at now: Timestamp) {
        while let service = touchedServices.min() {
            touchedServices.remove(service)
            assign(service, at: now)
            if let at = fleet.nextLeaseEnd(of: service, after: now) { wake(.lease(service), at: at) }
        }
        for id in touchedConnections.sorted() {
            noteHealth(of: id, at: now)
            let isBusy = fleet[id].map { !$0.inFlight.isEmpty } ?? false
            guard isBusy != (busy[id] != nil) else { continue }
            busy[id] = isBusy ? true : nil
            effects.append(.setBusy(id, isBusy))
            var due: [String] = []
            if !isBusy { fleet.update(id) { due = $0.takeHeldAcknowledgements() } }
            effects += due.map { .acknowledge(id, messageID: $0) }
        }
        touchedConnections.removeAll(keepingCapacity: true)
    }

    mutating func assign(_ service: ServiceID, at now: Timestamp) {
        for assignment in fleet.assign(service, at: now) {
            let reference = assignment.reference
            let execution = ExecutionID.random(using: &random)
            touchedConnections.insert(assignment.connection)
            drive(
                reference.orchestration,
                .dispatched(
                    reference.task, execution, assignment.connection, instance: assignment.instance,
                    kind: reference.kind), at: now)
            guard let delivery = live[reference.orchestration]?.delivery(of: reference, execution: execution) else {
                fleet.release(reference, assignment.connection, succeeded: true)
                continue
            }
            effects.append(.deliver(assignment.connection, delivery))
        }
    }
}

extension Orchestration {
    /// Whether the task or compensation of this key is with a connection.
    fileprivate func isInFlight(_ key: IdempotencyKey) -> Bool {
        tasks.contains { task in
            if task.key == key { return task.phase.kind == .inFlight }
            return task.undo?.key == key && task.undo?.phase.kind == .inFlight
        }
    }

    /// What goes to the connection, if this execution is in flight there.
    fileprivate func delivery(of reference: TaskReference, execution: ExecutionID) -> TaskDelivery? {
        guard let task = self[reference.task] else { return nil }
        switch reference.kind {
        case .task:
            guard case .inFlight(let delivery) = task.phase, delivery.execution == execution, let key = task.key,
                let input = task.input
            else { return nil }
            return TaskDelivery(
                reference: reference, execution: execution, key: key, service: task.service, input: input)
        case .compensation:
            guard let undo = task.undo, case .inFlight(let delivery) = undo.phase, delivery.execution == execution,
                let key = undo.key
            else { return nil }
            let remaining = undo.partial?.remaining
            let size = undo.data.count + (remaining?.count ?? 0) + (abortPayload?.count ?? 0)
            return TaskDelivery(
                reference: reference, execution: execution, key: key, service: task.service, input: undo.data,
                undo: .init(
                    // A reason that does not fit beside the data is left out: clients read no longer message.
                    reason: compensationReason, payload: size <= Limits.payloadBytes ? abortPayload : nil,
                    decidedAt: decidedAt ?? lastEventAt, attempt: undo.attempt, remaining: remaining))
        }
    }
}
