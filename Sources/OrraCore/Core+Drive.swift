public import OrraEngine
public import OrraModel
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
        var orchestration = before
        let decision = orchestration.handle(input, at: now, in: surroundings)
        for (offset, event) in decision.events.enumerated() {
            append(event, seq: before.seq + offset + 1, to: orchestration, at: now)
        }
        if orchestration.status != before.status || orchestration.failure != before.failure
            || orchestration.phase.kind != before.phase.kind
        {
            writes.append(.orchestration(Self.row(of: orchestration)))
        }
        if case .ended(let ended) = orchestration.phase {
            end(orchestration, ended, at: now)
        } else {
            live[id] = orchestration
        }
        for effect in decision.effects { perform(effect, of: id, at: now) }
        // What it waits for also depends on who is connected, so it is asked after each input.
        if let at = orchestration.nextWakeup(in: surroundings) { wake(.orchestration(id), at: at) }
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
                Progressed(
                    project: orchestration.project, orchestration: orchestration.id, seq: seq, position: position)))
        for change in OutboxProjection.changes(by: event, of: orchestration, at: now) {
            writes.append(change)
            if case .outboxInsert(let row) = change { tasksByKey[row.key] = row.reference }
        }
    }

    /// What lists show of it.
    public static func row(of orchestration: Orchestration) -> OrchestrationRow {
        var endedAt: Timestamp?
        if case .ended = orchestration.phase { endedAt = orchestration.lastEventAt }
        return OrchestrationRow(
            id: orchestration.id, project: orchestration.project, action: orchestration.action,
            status: orchestration.status, error: orchestration.failure?.message,
            receivedAt: orchestration.receivedAt, endedAt: endedAt)
    }

    private mutating func end(_ orchestration: Orchestration, _ ended: Event.Ended, at now: Timestamp) {
        live[orchestration.id] = nil
        scheduled[.orchestration(orchestration.id)] = nil
        for task in orchestration.tasks { if let key = task.key { tasksByKey[key] = nil } }
        // Callers of actions that were never accepted have their answer already.
        guard ended.status != .notActionable, ended.failure?.code != .planningInterrupted else { return }
        let registered = directory.webhooks(of: orchestration.project, for: .outcomes)
        if let url = orchestration.webhook {
            let secret = registered.first { $0.url == url }?.secret
            addDelivery(to: url, secret: secret, form: .merged, of: orchestration, at: now)
        }
        for webhook in registered {
            addDelivery(to: webhook.url, secret: webhook.secret, form: .list, of: orchestration, at: now)
        }
    }

    private mutating func addDelivery(
        to url: String, secret: String?, form: WebhookDelivery.Form, of orchestration: Orchestration, at now: Timestamp
    ) {
        let delivery = WebhookDelivery(
            id: .random(using: &random), project: orchestration.project, orchestration: orchestration.id, url: url,
            secret: secret, form: form, createdAt: now)
        deliveries[delivery.id] = delivery
        writes.append(.delivery(delivery))
        wake(.delivery(delivery.id), at: now)
    }

    private mutating func perform(_ effect: Decision.Effect, of id: OrchestrationID, at now: Timestamp) {
        switch effect {
        case .enqueue(let task, let service, let lease):
            fleet.enqueue(
                TaskReference(id, task), service: service, lease: lease, readyAt: live[id]?[task]?.readyAt)
            touchedServices.insert(service)
        case .withdraw(let task, let service): fleet.withdraw(TaskReference(id, task), service: service)
        case .release(let task, let connection, let succeeded):
            fleet.release(TaskReference(id, task), connection, succeeded: succeeded)
            touchedConnections.insert(connection)
            if let service = fleet.service(of: connection) { touchedServices.insert(service) }
        case .resetConnection(let connection):
            // It is on its way out: nothing more goes there.
            fleet.update(connection) { $0.isDraining = true }
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
            let isBusy = fleet[id].map { !$0.inFlight.isEmpty } ?? false
            guard isBusy != busy.contains(id) else { continue }
            if isBusy { busy.insert(id) } else { busy.remove(id) }
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
                .dispatched(reference.task, execution, assignment.connection, instance: assignment.instance), at: now)
            guard let task = live[reference.orchestration]?[reference.task], case .inFlight(let delivery) = task.phase,
                delivery.execution == execution, let key = task.key, let input = task.input
            else {
                fleet.release(reference, assignment.connection, succeeded: true)
                continue
            }
            effects.append(
                .deliver(
                    assignment.connection,
                    TaskDelivery(
                        reference: reference, execution: execution, key: key, service: service, input: input)))
        }
    }
}

/// The outbox as a projection of the journal: a row from when a task is ready until it has an outcome.
public enum OutboxProjection {
    public static func changes(
        by event: Event, of orchestration: Orchestration, at now: Timestamp
    ) -> [Write] {
        func delete(_ id: TaskID) -> [Write] { orchestration[id]?.key.map { [.outboxDelete($0)] } ?? [] }
        switch event {
        case .taskReady(let ready):
            guard let task = orchestration[ready.task] else { return [] }
            return [
                .outboxInsert(
                    OutboxRow(
                        key: ready.key, reference: TaskReference(orchestration.id, ready.task),
                        project: orchestration.project, service: task.service, readyAt: now))
            ]
        case .taskCompleted(let event): return delete(event.task)
        case .taskFailed(let event): return delete(event.task)
        case .taskAborted(let event): return delete(event.task)
        case .taskCancelled(let event): return delete(event.task)
        default: return []
        }
    }
}
