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
            let isFirst = fleet[id].map { $0.awaitsHello || instance ?? $0.instance != $0.instance } ?? false
            fleet.update(id) {
                $0.awaitsHello = false
                $0.credit = min(max(credit ?? $0.credit, 1), Limits.maximumCredit)
                $0.instance = instance ?? $0.instance
                $0.lastSeen = now
            }
            if isFirst { fleet.arrived(id) }
            touch(id)
        case .drain(let id):
            fleet.update(id) { $0.isDraining = true }
            touch(id)
        case .stalled(let id, let isStalled):
            fleet.update(id) { $0.isStalled = isStalled }
            touch(id)
        case .report(let report): self.report(report, at: now)
        case .malformedFrame(let connection, let key, let messageID, let reason):
            malformedFrame(connection, key, messageID, reason, at: now)
        case .disconnected(let id): disconnected(id, at: now)
        case .heard(let id, let roundTrip):
            var due: [String] = []
            fleet.update(id) {
                $0.lastSeen = now
                $0.missedPongs = 0
                if let roundTrip { $0.roundTrip = roundTrip }
                due = $0.provesReading()
            }
            effects += due.map { .acknowledge(id, messageID: $0) }
            touch(id)
        case .missedPong(let id, let count):
            fleet.update(id) { $0.missedPongs = count }
            touchedConnections.insert(id)
        case .lateReport(let report, let reference, let orchestration): late(report, reference, orchestration, at: now)
        case .webhookAttempted(let id, let error): webhookAttempted(id, error, at: now)
        case .abandoned(let id): drive(id, .abandoned, at: now)
        case .recovered(let id): drive(id, .recovered, at: now)
        }
    }

    // MARK: - Connections

    private mutating func touch(_ id: ConnectionID) {
        touchedConnections.insert(id)
        if let service = fleet.service(of: id) { touchedServices.insert(service) }
    }

    private mutating func connected(_ connection: Connection, at now: Timestamp) {
        let wasAway = fleet.awaySince(connection.service) != nil
        fleet.connected(connection)
        tell(.connected, of: fleet[connection.id] ?? connection, at: now)
        touch(connection.id)
        assign(connection.service, at: now)
        if wasAway { wakeWaiting(for: connection.service, at: now) }
    }

    private mutating func disconnected(_ id: ConnectionID, at now: Timestamp) {
        guard let connection = fleet[id] else { return }
        tell(.disconnected, of: connection, at: now)
        for reference in fleet.disconnected(id, at: now) {
            drive(reference.orchestration, .connectionLost(reference.task, id, kind: reference.kind), at: now)
        }
        busy[id] = nil
        toldHealth[id] = nil
        touchedServices.insert(connection.service)
        if fleet.awaySince(connection.service) != nil { wakeWaiting(for: connection.service, at: now) }
    }

    /// Has those look around that wait for the service: a batch at a time, for there may be many.
    private mutating func wakeWaiting(for service: ServiceID, at now: Timestamp) {
        for id in fleet.orchestrationsWaiting(for: service) { wake(.orchestration(id), at: now) }
    }

    // MARK: - Health

    /// Journals that the connection's health has changed.
    mutating func noteHealth(of id: ConnectionID, at now: Timestamp) {
        guard let connection = fleet[id], toldHealth[id] != connection.health else { return }
        tell(.health, of: connection, at: now)
    }

    private mutating func tell(_ kind: ServiceEvent.Kind, of connection: Connection, at now: Timestamp) {
        guard let service = directory.service(connection.service) else { return }
        toldHealth[connection.id] = connection.health
        let position = directory.nextPosition(of: service.project)
        let event = ServiceEvent(
            kind: kind, service: service.id, name: service.name, connection: connection.id,
            instance: connection.instance, health: kind == .disconnected ? nil : connection.health,
            reason: kind == .disconnected ? nil : connection.complaint)
        writes.append(
            .serviceEvent(ServiceEntry(project: service.project, position: position, at: now, event: event)))
        effects.append(.progressed(Progressed(project: service.project, orchestration: nil, position: position)))
    }

    // MARK: - Reports

    private mutating func report(_ report: IncomingReport, at now: Timestamp) {
        fleet.update(report.connection) { $0.lastSeen = now }
        guard let reference = tasksByKey[report.key] else {
            switch report.report {
            case .interim, .inProgress: acknowledge(report)
            case .output, .error, .malformed, .aborted, .compensation: effects.append(.lookUp(report))
            }
            return
        }
        // A service speaks for its own tasks only, whatever the message says of itself.
        guard live[reference.orchestration]?[reference.task]?.service == report.service else {
            return acknowledge(report)
        }
        if case .interim = report.report { return interim(report, of: reference, at: now) }
        if report.isOutcome { releaseInterim(of: reference, at: now) }
        take(report, reference, at: now)
    }

    private mutating func take(_ report: IncomingReport, _ reference: TaskReference, at now: Timestamp) {
        drive(reference.orchestration, report.input(about: reference), at: now)
        acknowledge(report)
    }

    // MARK: - Interim results

    /// How many interim results of a task were kept in this second, and the newest of those beyond the limit: it is
    /// acknowledged when it is kept, those that it replaced were acknowledged when it came.
    struct InterimGate: Sendable {
        var opensAt: Timestamp
        var kept = 0
        var held: IncomingReport?
        var skipped = 0
    }

    private mutating func interim(_ report: IncomingReport, of reference: TaskReference, at now: Timestamp) {
        var gate = interimGates[reference] ?? InterimGate(opensAt: now + .seconds(1))
        if gate.opensAt <= now, gate.held == nil { gate = InterimGate(opensAt: now + .seconds(1)) }
        guard gate.kept >= Limits.interimResultsPerSecond else {
            gate.kept += 1
            interimGates[reference] = gate
            return take(report, reference, at: now)
        }
        if let older = gate.held {
            acknowledge(older)
            gate.skipped += 1
        }
        gate.held = report
        interimGates[reference] = gate
        wake(.interim(reference), at: gate.opensAt)
    }

    /// Keeps what was held back: the second is over, or the outcome has come.
    mutating func releaseInterim(of reference: TaskReference, at now: Timestamp) {
        guard let gate = interimGates[reference] else { return }
        interimGates[reference] = nil
        guard var report = gate.held else { return }
        if case .interim(let data, let id, _) = report.report {
            report.report = .interim(data, id, skipped: gate.skipped)
        }
        take(report, reference, at: now)
    }

    /// Its orchestration is over: nothing is kept any more.
    mutating func dropInterims(of reference: TaskReference) {
        guard let gate = interimGates[reference] else { return }
        interimGates[reference] = nil
        if let held = gate.held { acknowledge(held) }
    }

    // MARK: - Acknowledgements

    private mutating func acknowledge(_ report: IncomingReport) {
        acknowledge(report.messageID, on: report.connection, isOutcome: report.isOutcome)
    }

    private mutating func acknowledge(_ messageID: String?, on connection: ConnectionID, isOutcome: Bool) {
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
            releaseInterim(of: reference, at: now)
            let report = IncomingReport(
                connection: connection, service: service, key: key, report: .malformed(reason: reason), execution: "",
                messageID: nil)
            drive(reference.orchestration, report.input(about: reference), at: now)
        }
        // One that names neither itself nor a task proves nothing.
        acknowledge(messageID, on: connection, isOutcome: messageID != nil || key != nil)
    }

    /// A report whose key is not among the live ones: its orchestration has ended, or its request is an older one.
    private mutating func late(
        _ report: IncomingReport, _ reference: TaskReference, _ orchestration: Orchestration, at now: Timestamp
    ) {
        guard orchestration[reference.task]?.service == report.service else { return acknowledge(report) }
        let input = report.input(about: reference)
        if live[orchestration.id] != nil {
            // It lives again, or the key is that of a request that was answered before.
            drive(orchestration.id, input, at: now)
        } else {
            guard isCurrent(orchestration) else { return effects.append(.lookUp(report)) }
            driveEnded(orchestration, input, at: now)
        }
        acknowledge(report)
    }

    /// Whether nothing has come to an ended orchestration since it was read from the store.
    func isCurrent(_ orchestration: Orchestration) -> Bool {
        orchestration.seq >= lateSeq[orchestration.id] ?? orchestration.seq
    }

    /// Lets an orchestration that has ended handle an input. It lives again when a late success is to be undone.
    mutating func driveEnded(_ orchestration: Orchestration, _ input: OrchestrationInput, at now: Timestamp) {
        settle(orchestration, input, at: now)
        remember(keysOf: live[orchestration.id])
    }

    // MARK: - Webhooks

    private mutating func webhookAttempted(_ id: DeliveryID, _ error: String?, at now: Timestamp) {
        posting.remove(id)
        guard var delivery = deliveries[id] else { return }
        news[id] = nil
        delivery.attempted(error: error, at: now)
        writes.append(.delivery(delivery))
        guard delivery.state == .pending else {
            loads[delivery.project, default: Load()].deliveries -= 1
            return deliveries[id] = nil
        }
        deliveries[id] = delivery
        wake(.delivery(id), at: delivery.nextAttempt)
    }
}
