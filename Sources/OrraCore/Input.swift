public import OrraEngine
public import OrraModel

/// What reaches the core from outside, in the order in which it came.
public enum Input: Sendable {
    /// Somebody waits for the answer, which follows the commit.
    case request(Request, RequestToken)
    case connected(Connection)
    case hello(ConnectionID, credit: Int?, instance: String?)
    case drain(ConnectionID)
    case report(IncomingReport)
    /// A frame that is no message. `key` and `messageID` as far as they could be read.
    case malformedFrame(ConnectionID, key: IdempotencyKey?, messageID: String?, reason: String)
    case disconnected(ConnectionID)
    case heard(ConnectionID, roundTrip: Duration?)
    case missedPong(ConnectionID, count: Int)
    /// What the store knows of a report whose task is not live.
    case lateReport(IncomingReport, TaskID, Orchestration)
    case webhookAttempted(DeliveryID, error: String?)
    /// First input of an orchestration that the hub found running when it opened.
    case recovered(OrchestrationID)
}

/// A message of a service about a task.
public struct IncomingReport: Sendable, Hashable {
    public var connection: ConnectionID
    public var service: ServiceID
    public var key: IdempotencyKey
    public var report: TaskReport
    public var execution: String
    /// What the acknowledgement names; `nil` for a bare message.
    public var messageID: String?

    public init(
        connection: ConnectionID, service: ServiceID, key: IdempotencyKey, report: TaskReport, execution: String,
        messageID: String?
    ) {
        self.connection = connection
        self.service = service
        self.key = key
        self.report = report
        self.execution = execution
        self.messageID = messageID
    }

    /// Whether it ends an attempt, and so proves that the client reads again.
    var isOutcome: Bool {
        switch report {
        case .output, .error, .malformed, .aborted: true
        case .interim, .inProgress: false
        }
    }
}

/// Names one waiting caller.
public struct RequestToken: Sendable, Hashable {
    public let number: UInt64
    public init(_ number: UInt64) { self.number = number }
}

public enum Request: Sendable {
    case registerProject(Project, keyHash: String)
    case addKey(hash: String, ProjectID)
    case addWebhook(Webhook)
    /// The name decides which service it is; id and version are proposals for a new one.
    case registerService(Service)
    /// An action has come in; its plan is to follow.
    case receive(Event.Received, parameterValues: [String])
    case plan(OrchestrationID, Plan)
    case refuse(OrchestrationID, reason: String)
    case cancel(OrchestrationID, ProjectID)
}

public enum Reply: Sendable, Hashable {
    case done
    case service(Service)
    /// How the orchestration stands now.
    case orchestration(Orchestration)
    case failure(RequestFailure)
}

public enum RequestFailure: Error, Sendable, Hashable {
    /// Not among the live ones: the store may know it.
    case notLive
    /// A limit in the way, in a sentence.
    case tooMany(String)
    /// The store can't write now. Nothing was accepted.
    case unavailable
    /// The write contradicts what is stored.
    case rejected
}

/// What is to be done, in this order, once a batch is on disk.
public enum Effect: Sendable, Hashable {
    case reply(RequestToken, Reply)
    case deliver(ConnectionID, TaskDelivery)
    case acknowledge(ConnectionID, messageID: String)
    case cancelRequest(ConnectionID, TaskID, ExecutionID, IdempotencyKey)
    /// Close with 1012, so that the client comes back.
    case reset(ConnectionID)
    /// Whether the connection has tasks in flight: silence then means nothing.
    case setBusy(ConnectionID, Bool)
    /// Ask the store for the task of this report, and come back with `.lateReport`.
    case lookUp(IncomingReport)
    case post(WebhookDelivery)
    case progressed(Progressed)
}

public struct TaskDelivery: Sendable, Hashable {
    public var reference: TaskReference
    public var execution: ExecutionID
    public var key: IdempotencyKey
    public var service: ServiceID
    public var input: RawJSON
}

/// An orchestration's journal has grown: watchers may read on.
public struct Progressed: Sendable, Hashable {
    public var project: ProjectID
    public var orchestration: OrchestrationID
    public var seq: Int
    public var position: Int64
}
