import OrraModel
import OrraStore

@testable import OrraEngine

/// Rows for the tests; numbers make them distinct.
enum Samples {
    static let project = Project(id: ProjectID("p_one"), name: "one", createdAt: at(1))
    static let otherProject = Project(id: ProjectID("p_two"), name: "two", createdAt: at(2))
    static let service = service("echo")

    /// What most tests start from.
    static let base: [Write] = [.project(project), .project(otherProject), .service(service)]

    static func at(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: 1_800_000_000_000 + milliseconds) }

    static func id(_ number: Int) -> OrchestrationID { OrchestrationID("o_\(number)") }

    static func service(
        _ name: String, kind: ServiceKind = .service, project: ProjectID = project.id, id: String? = nil
    ) -> Service {
        Service(
            id: ServiceID("s_" + (id ?? name)), project: project, kind: kind, name: name, description: "says it again",
            schema: ServiceSchema(
                input: JSONSchema(["type": "object", "properties": ["a": ["type": "number", "minimum": 0.10]]]),
                output: JSONSchema(["type": "object", "properties": ["b": ["type": "string", "x-unknown": [1, nil]]]])),
            revertible: true, version: 3,
            retry: RetryPolicy(
                maximumAttempts: 2, initialInterval: .milliseconds(5), maximumInterval: .seconds(1), backoff: 1.5,
                jitter: 0.25),
            requires: ["inventory"], examples: ["say \"it\" again"], approval: true, registeredAt: at(7))
    }

    static func row(
        _ number: Int, project: ProjectID = project.id, receivedAt: Int64? = nil, status: Status = .processing,
        endedAt: Timestamp? = nil
    ) -> OrchestrationRow {
        OrchestrationRow(
            id: id(number), project: project, action: "Send é \(number)", status: status, error: nil,
            receivedAt: at(receivedAt ?? Int64(number)), endedAt: endedAt)
    }

    static func entry(
        _ number: Int, _ seq: Int, position: Int64, project: ProjectID = project.id, at time: Int64? = nil,
        event: Event? = nil
    ) -> JournalEntry {
        let received = Event.received(
            .init(orchestration: id(number), project: project, action: "Send é \(number)", data: .emptyObject))
        return JournalEntry(
            orchestration: id(number), project: project, seq: seq, position: position, at: at(time ?? position),
            event: event ?? (seq == 1 ? received : .paused))
    }

    static func key(_ number: Int) -> IdempotencyKey { IdempotencyKey(rawValue: "key\(number)") }

    static func ready(_ task: Int, key number: Int) -> Event {
        .taskReady(.init(task: TaskID(task), input: .emptyObject, key: key(number)))
    }

    static func completed(_ task: Int, _ output: RawJSON) -> Event {
        .taskCompleted(.init(task: TaskID(task), output: output))
    }

    static func compensationReady(_ task: Int, key number: Int) -> Event {
        .compensationReady(.init(task: TaskID(task), key: key(number), number: 1, expiresAt: at(999)))
    }

    static func outbox(
        _ number: Int, orchestration: Int, readyAt: Int64, kind: WorkKind = .task, diedAt: Int64? = nil,
        project: ProjectID = project.id
    ) -> OutboxRow {
        OutboxRow(
            key: key(number), reference: TaskReference(id(orchestration), TaskID(number), kind), project: project,
            service: service.id, readyAt: at(readyAt), death: diedAt.map { .init(at: at($0), error: "away") })
    }

    static func failedCompensation(
        _ name: String, orchestration: Int, at time: Int64, project: ProjectID = project.id,
        resolution: FailedCompensation.Resolution = .pending
    ) -> FailedCompensation {
        FailedCompensation(
            id: CompensationID("c_" + name), project: project,
            reference: TaskReference(id(orchestration), TaskID(12), .compensation), service: service.id,
            serviceName: "echo", status: .partial, failure: name == "a" ? nil : "é gave up", attempts: 10, at: at(time),
            resolution: resolution, reason: resolution == .pending ? nil : "by hand",
            resolvedAt: resolution == .pending ? nil : at(time + 1))
    }

    static func document(
        _ name: String, kind: ProjectDocument.Kind = .grounding, project: ProjectID = project.id, at time: Int64 = 1,
        body: JSONValue = ["name": "é", "list": [1, nil]]
    ) -> ProjectDocument {
        ProjectDocument(project: project, kind: kind, name: name, body: RawJSON(body), at: at(time))
    }

    static func submission(
        _ key: String, orchestration: Int, createdAt: Int64, project: ProjectID = project.id
    ) -> SubmissionRow {
        SubmissionRow(
            project: project, key: key, bodyHash: "h\(orchestration)", orchestration: id(orchestration),
            createdAt: at(createdAt))
    }

    static func serviceEntry(
        position: Int64, at time: Int64? = nil, project: ProjectID = project.id, service: ServiceID = service.id
    ) -> ServiceEntry {
        let isHealth = position.isMultiple(of: 2)
        return ServiceEntry(
            project: project, position: position, at: at(time ?? position),
            event: ServiceEvent(
                kind: isHealth ? .health : .disconnected, service: service, name: "echo",
                connection: ConnectionID(UInt64(position)), instance: isHealth ? "i" : nil,
                health: isHealth ? .degraded : nil, reason: isHealth ? "missed 1 pong" : nil))
    }

    static func delivery(
        _ name: String, orchestration: Int, createdAt: Int64, state: WebhookDelivery.State,
        project: ProjectID = project.id
    ) -> WebhookDelivery {
        var delivery = WebhookDelivery(
            id: DeliveryID("d_" + name), project: project, orchestration: id(orchestration),
            url: "http://127.0.0.1/\(name)", secret: name == "a" ? nil : "c2VjcmV0", form: .list,
            createdAt: at(createdAt))
        if name == "c" { delivery.subject = .compensationFailed(TaskID(12)) }
        delivery.state = state
        delivery.attempts = 2
        delivery.nextAttempt = at(createdAt + 99)
        delivery.lastError = "answered 503"
        return delivery
    }
}
