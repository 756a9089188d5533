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

    static func outbox(_ number: Int, orchestration: Int, readyAt: Int64) -> OutboxRow {
        OutboxRow(
            key: key(number), reference: TaskReference(id(orchestration), TaskID(number)), project: project.id,
            service: service.id, readyAt: at(readyAt))
    }

    static func delivery(
        _ name: String, orchestration: Int, createdAt: Int64, state: WebhookDelivery.State,
        project: ProjectID = project.id
    ) -> WebhookDelivery {
        var delivery = WebhookDelivery(
            id: DeliveryID("d_" + name), project: project, orchestration: id(orchestration),
            url: "http://127.0.0.1/\(name)", secret: name == "a" ? nil : "c2VjcmV0", form: .list,
            createdAt: at(createdAt))
        delivery.state = state
        delivery.attempts = 2
        delivery.nextAttempt = at(createdAt + 99)
        delivery.lastError = "answered 503"
        return delivery
    }
}
