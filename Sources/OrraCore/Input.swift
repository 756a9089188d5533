public import OrraEngine
public import OrraModel
public import OrraStore

/// What reaches the core from outside, in the order in which it came.
public enum Input: Sendable {
    /// Somebody waits for the answer, which follows the commit.
    case request(Request, RequestToken)
    case connected(Connection)
    case hello(ConnectionID, credit: Int?, instance: String?)
    case drain(ConnectionID)
    /// Whether the connection's socket is full: it gets nothing more until that has gone.
    case stalled(ConnectionID, Bool)
    case report(IncomingReport)
    /// A frame that is no message. `key` and `messageID` as far as they could be read.
    case malformedFrame(ConnectionID, key: IdempotencyKey?, messageID: String?, reason: String)
    case disconnected(ConnectionID)
    case heard(ConnectionID, roundTrip: Duration?)
    case missedPong(ConnectionID, count: Int)
    /// What the store knows of a report whose task is not live.
    case lateReport(IncomingReport, TaskReference, Orchestration)
    /// The caller of an action was told that it is not accepted.
    case abandoned(OrchestrationID)
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

    /// As the orchestration takes it.
    func input(about reference: TaskReference) -> OrchestrationInput {
        switch reference.kind {
        case .task: .report(reference.task, report, execution: execution)
        case .compensation: .undoReport(reference.task, report, key: key, from: connection)
        }
    }

    /// Whether it ends an attempt, and so proves that the client reads again.
    var isOutcome: Bool {
        switch report {
        case .output, .error, .malformed, .aborted, .compensation: true
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
    /// An action has come in, and what planning made of it is known already: both are kept in one commit.
    case submit(Event.Received, parameterValues: [String], PlanningDecision)
    /// `kept`: what a retry takes over. `submission`: the caller's own key, kept with the plan. `seen`: versions of
    /// services that the terms follow from; it is `.stale` if one has been registered anew since.
    case plan(
        OrchestrationID, Plan, kept: [KeptOutput] = [], terms: PlanTerms? = nil, stages: [PlanningStage] = [],
        submission: SubmissionRow? = nil, seen: [ServiceID: Int] = [:])
    case refuse(OrchestrationID, reason: String, stages: [PlanningStage] = [], submission: SubmissionRow? = nil)
    /// A person's yes to the plan of this hash, or no. `seen`: versions of services by which the plan's hash was found to
    /// hold still; it is `.stale` if one has been registered anew since.
    case approve(
        OrchestrationID, ProjectID, planHash: String?, reason: String?, seen: [ServiceID: Int] = [:])
    case reject(OrchestrationID, ProjectID, reason: String?)
    /// Keeps what belongs to the project, in place of what it has under this kind and name.
    case keep(ProjectDocument)
    case discard(ProjectID, ProjectDocument.Kind, names: [String])
    case cancel(OrchestrationID, ProjectID)
    /// Somebody took care of a failed compensation. The orchestration as the store has it, for when it is not live.
    case resolve(FailedCompensation, FailedCompensation.Resolution, reason: String, Orchestration)
    /// How long the project keeps ended orchestrations: 0 for ever, `nil` for the hub's setting.
    case setRetention(ProjectID, Duration?)
    /// The ended ones among these are seen no more; their rows go with `prune`.
    case hide([OrchestrationID])
    /// At most so many rows of a hidden orchestration.
    case prune(OrchestrationID, rows: Int)
    case pruneEvents(ProjectID, before: Timestamp, submissionsBefore: Timestamp, rows: Int)
}

/// What planning made of an action.
public enum PlanningDecision: Sendable {
    /// The members are those of ``Request/plan(_:_:kept:terms:stages:submission:seen:)``.
    case plan(
        Plan, kept: [KeptOutput] = [], terms: PlanTerms? = nil, stages: [PlanningStage] = [],
        submission: SubmissionRow? = nil, seen: [ServiceID: Int] = [:])
    case refuse(reason: String, stages: [PlanningStage] = [], submission: SubmissionRow? = nil)

    /// The same about an action that was received before.
    public func request(for id: OrchestrationID) -> Request {
        switch self {
        case .plan(let plan, let kept, let terms, let stages, let submission, let seen):
            .plan(id, plan, kept: kept, terms: terms, stages: stages, submission: submission, seen: seen)
        case .refuse(let reason, let stages, let submission):
            .refuse(id, reason: reason, stages: stages, submission: submission)
        }
    }
}

public enum Reply: Sendable, Hashable {
    case done
    case service(Service)
    /// How the orchestration stands now.
    case orchestration(Orchestration)
    case failedCompensation(FailedCompensation)
    case failure(RequestFailure)
}

public enum RequestFailure: Error, Sendable, Hashable {
    /// Not among the live ones: the store may know it.
    case notLive
    /// A limit in the way, in a sentence.
    case tooMany(String)
    /// The project has too much under way.
    case tooManyLive(String)
    /// Too many tasks wait for a service that the plan needs.
    case outboxFull(String)
    /// The failed compensation was taken care of before.
    case alreadyResolved
    /// It waits for nobody's yes.
    case notHeld
    /// Another plan waits than the one that was said yes to.
    case planChanged
    /// The orchestration, or a service of its plan, has changed since it was read; ask again.
    case stale
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
    /// What a request to undo says beyond the data.
    public struct Undo: Sendable, Hashable {
        /// failed, aborted or cancelled.
        public var reason: Status
        /// What the task that aborted handed over.
        public var payload: RawJSON?
        public var decidedAt: Timestamp
        public var attempt: Int
        /// What is still to be undone after a partial answer.
        public var remaining: RawJSON?
    }

    /// Its kind says whether this is the task or the request to undo it.
    public var reference: TaskReference
    public var execution: ExecutionID
    public var key: IdempotencyKey
    public var service: ServiceID
    /// Of the task; or what the service handed over so that it can be undone.
    public var input: RawJSON
    /// `nil` for a task.
    public var undo: Undo?
}

/// A journal has grown: watchers may read on.
public struct Progressed: Sendable, Hashable {
    public var project: ProjectID
    /// `nil` for an event of a service.
    public var orchestration: OrchestrationID?
    public var position: Int64
}
