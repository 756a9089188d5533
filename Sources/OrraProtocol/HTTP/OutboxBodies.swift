public import OrraModel

/// `GET /outbox`: what waits for services, and what was given up.
public struct OutboxList: Sendable, Hashable, Codable {
    public var entries: [OutboxEntry]
    public init(entries: [OutboxEntry]) { self.entries = entries }
}

public struct OutboxEntry: Sendable, Hashable, Codable {
    public enum Kind: String, Sendable, Codable, CaseIterable { case task, compensation }
    public enum State: String, Sendable, Codable, CaseIterable {
        /// It is delivered as soon as the service can take it.
        case waiting
        /// A dead letter: the service stayed away longer than the grace period.
        case dead
    }

    public var taskId: TaskID
    public var orchestrationId: OrchestrationID
    public var serviceId: ServiceID
    public var serviceName: String
    public var kind: Kind
    public var state: State
    public var readyAt: Timestamp
    public var deadAt: Timestamp?
    public var error: String?

    public init(
        taskId: TaskID, orchestrationId: OrchestrationID, serviceId: ServiceID, serviceName: String, kind: Kind,
        state: State, readyAt: Timestamp, deadAt: Timestamp? = nil, error: String? = nil
    ) {
        self.taskId = taskId
        self.orchestrationId = orchestrationId
        self.serviceId = serviceId
        self.serviceName = serviceName
        self.kind = kind
        self.state = state
        self.readyAt = readyAt
        self.deadAt = deadAt
        self.error = error
    }
}
