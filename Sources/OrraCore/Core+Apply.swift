import OrraEngine
import OrraModel
import OrraStore

/// Inputs, one by one.
extension Core {
    mutating func apply(_ input: Input, at now: Timestamp) {
        switch input {
        case .request(let request, let token): effects.append(.reply(token, answer(request, at: now)))
        case .connected(let connection): connected(connection, at: now)
        case .hello(let id, let credit, let instance):
            fleet.update(id) {
                $0.awaitsHello = false
                $0.credit = min(max(credit ?? $0.credit, 1), Limits.maximumCredit)
                $0.instance = instance ?? $0.instance
                $0.lastSeen = now
            }
            touch(id)
        case .drain(let id): fleet.update(id) { $0.isDraining = true }
        case .report(let report): self.report(report, at: now)
        case .malformedFrame(let connection, let key, let messageID, let reason):
            malformedFrame(connection, key, messageID, reason, at: now)
        case .disconnected(let id): disconnected(id, at: now)
        case .heard(let id, let roundTrip):
            fleet.update(id) {
                $0.lastSeen = now
                $0.missedPongs = 0
                if let roundTrip { $0.roundTrip = roundTrip }
            }
        case .missedPong(let id, let count): fleet.update(id) { $0.missedPongs = count }
        case .lateReport(let report, let task, let orchestration): late(report, task, orchestration, at: now)
        case .webhookAttempted(let id, let error): webhookAttempted(id, error, at: now)
        case .recovered(let id): drive(id, .recovered, at: now)
        }
    }

    // MARK: - Connections

    private mutating func touch(_ id: ConnectionID) {
        touchedConnections.insert(id)
        if let service = fleet.service(of: id) { touchedServices.insert(service) }
    }

    private mutating func connected(_ connection: Connection, at now: Timestamp) {
        fleet.connected(connection)
        touch(connection.id)
        assign(connection.service, at: now)
        for id in fleet.orchestrationsWaiting(for: connection.service) { drive(id, .connectivityChanged, at: now) }
    }

    private mutating func disconnected(_ id: ConnectionID, at now: Timestamp) {
        guard let service = fleet.service(of: id) else { return }
        for reference in fleet.disconnected(id, at: now) {
            drive(reference.orchestration, .connectionLost(reference.task, id), at: now)
        }
        busy.remove(id)
        touchedServices.insert(service)
        guard fleet.awaySince(service) != nil else { return }
        for id in fleet.orchestrationsWaiting(for: service) { drive(id, .connectivityChanged, at: now) }
    }

    // MARK: - Reports

    private mutating func report(_ report: IncomingReport, at now: Timestamp) {
        fleet.update(report.connection) { $0.lastSeen = now }
        guard let reference = tasksByKey[report.key] else {
            switch report.report {
            case .interim, .inProgress: acknowledge(report)
            case .output, .error, .malformed, .aborted: effects.append(.lookUp(report))
            }
            return
        }
        // A service speaks for its own tasks only, whatever the message says of itself.
        if live[reference.orchestration]?[reference.task]?.service == report.service {
            drive(
                reference.orchestration,
                .report(reference.task, report.report, execution: report.execution), at: now)
        }
        acknowledge(report)
    }

    private mutating func acknowledge(_ report: IncomingReport) {
        acknowledge(report.messageID, on: report.connection, isOutcome: report.isOutcome)
    }

    private mutating func acknowledge(_ messageID: String?, on connection: ConnectionID, isOutcome: Bool) {
        guard let messageID else { return }
        var due: [String] = []
        fleet.update(connection) { due = $0.acknowledge(messageID, isOutcome: isOutcome) }
        effects += due.map { .acknowledge(connection, messageID: $0) }
    }

    private mutating func malformedFrame(
        _ connection: ConnectionID, _ key: IdempotencyKey?, _ messageID: String?, _ reason: String, at now: Timestamp
    ) {
        if let key, let reference = tasksByKey[key], let service = fleet.service(of: connection),
            live[reference.orchestration]?[reference.task]?.service == service
        {
            drive(reference.orchestration, .report(reference.task, .malformed(reason: reason), execution: ""), at: now)
        }
        acknowledge(messageID, on: connection, isOutcome: true)
    }

    /// A report for a task of an orchestration that has ended: journaled once, changes nothing.
    private mutating func late(
        _ report: IncomingReport, _ id: TaskID, _ orchestration: Orchestration, at now: Timestamp
    ) {
        guard live[orchestration.id] == nil, let task = orchestration[id], task.service == report.service else {
            // It has come back to life, or speaks for another service's task.
            return acknowledge(report)
        }
        var ended = orchestration
        let decision = ended.handle(
            .report(id, report.report, execution: report.execution), at: now, in: surroundings)
        var seq = lateSeq[orchestration.id] ?? orchestration.seq
        for event in decision.events {
            seq += 1
            append(event, seq: seq, to: orchestration, at: now)
        }
        if !decision.events.isEmpty {
            // Long committed, and read from the store again when they are forgotten here.
            if lateSeq.values.count >= Limits.rememberedLateOrchestrations { lateSeq.removeAll() }
            lateSeq[orchestration.id] = seq
        }
        acknowledge(report)
    }

    // MARK: - Webhooks

    private mutating func webhookAttempted(_ id: DeliveryID, _ error: String?, at now: Timestamp) {
        posting.remove(id)
        guard var delivery = deliveries[id] else { return }
        delivery.attempted(error: error, at: now)
        writes.append(.delivery(delivery))
        guard delivery.state == .pending else { return deliveries[id] = nil }
        deliveries[id] = delivery
        wake(.delivery(id), at: delivery.nextAttempt)
    }
}
