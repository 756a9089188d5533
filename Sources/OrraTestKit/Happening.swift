import OrraCore
import OrraEngine
import OrraModel
import OrraStore

/// What the agenda holds: everything that takes time.
enum Happening {
    case action(Scenario.Kind)
    case hubUp
    /// The hub's loop looks at what waits.
    case hubStep(epoch: Int)
    /// A commit is over, well or not.
    case commitEnds(epoch: Int)
    case alarm(epoch: Int)
    /// The planner has made a plan for this request.
    case planned(epoch: Int, Submitting)
    case submitAgain(Scenario.Submission)
    /// Somebody says yes or no to a plan that waits.
    case verdict(OrchestrationID, Scenario.Verdict)
    /// An operator's answer to a failed compensation, with what the store knew.
    case resolved(epoch: Int, FailedCompensation, Orchestration)
    case retried(epoch: Int, Submitting, of: OrchestrationID)
    case toHub(link: Int, HubBound)
    case toClient(link: Int, ClientBound)
    case hubSeesEnd(link: Int)
    case clientSeesEnd(link: Int)
    /// The hub waits no longer for a hello.
    case helloTimeout(link: Int)
    /// An idle client answers the hub's ping.
    case pong(link: Int)
    case stallEnds(link: Int)
    case silenceEnds(link: Int)
    case connect(replica: Int, generation: Int)
    case replicaUp(replica: Int)
    case drainEnds(replica: Int, generation: Int, downtime: Int64, patience: Int)
    case handlerTells(replica: Int, generation: Int, IdempotencyKey, number: Int)
    case handlerEnds(replica: Int, generation: Int, IdempotencyKey)
    case lookUp(epoch: Int, IncomingReport)
    /// The store has told of a report whose task is not live.
    case lookedUp(epoch: Int, IncomingReport, TaskReference, Orchestration)
    case posted(epoch: Int, DeliveryID, error: String?)
    case watcherConnects(Int)
    case watcherReads(Int, session: Int)
    case watcherTakes(Int, session: Int, WatcherPage)
}

/// A frame on its way to the hub, read as the hub's socket reads it.
enum HubBound {
    case hello(credit: Int, instance: String)
    case drain
    case report(IdempotencyKey, TaskReport, execution: String, messageID: String?)
    case malformed(IdempotencyKey?, messageID: String?)
}

/// A frame on its way to a service.
enum ClientBound {
    case work(WorkRequest)
    case acknowledgement(String)
    case cancelRequest(IdempotencyKey)
}

/// A task or a compensation that a service is asked for.
struct WorkRequest: Sendable, Hashable {
    var work: Work
    var execution: ExecutionID
    var key: IdempotencyKey
    var service: ServiceID
    var input: RawJSON
    /// Of a compensation.
    var undo: TaskDelivery.Undo?
}

/// What a key stands for.
struct Work: Sendable, Hashable {
    var reference: TaskReference
    /// Of a compensation's requests; 0 for a task.
    var number = 0
}

/// One attempt of a caller to have an action accepted.
struct Submitting {
    var submission: Scenario.Submission
    var orchestration: OrchestrationID
    /// What it repeats, and takes over from it.
    var retryOf: OrchestrationID?
    var kept: [KeptOutput] = []
    /// Of a retry: those of what it repeats.
    var terms: PlanTerms?
}

/// Numbers that a watcher is sent in one go.
struct WatcherPage {
    var numbers: [Int64]
    /// The stream is closed behind them: the orchestration is over.
    var isLast: Bool
}
