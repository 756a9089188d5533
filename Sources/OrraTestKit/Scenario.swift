import OrraEngine
import OrraModel

/// All that a seed decides before time begins: who there is, how bad the network and the handlers are, and what is done
/// to them when. A value, so that the search for the shortest failing run can take things away from it.
public struct Scenario: Sendable {
    public var seed: UInt64
    /// Milliseconds until the faults end.
    var length: Int64
    var services: [ServicePlan]
    var replicas: [ReplicaPlan]
    var network: NetworkPlan
    var handlers: HandlerPlan
    /// Actions that may be under way at once; more are refused.
    var liveOrchestrations: Int
    /// By time.
    public internal(set) var actions: [Action]

    struct ServicePlan: Sendable {
        var name: String
        var attempts: Int
        var revertible: Bool
        var id: ServiceID { ServiceID("s_\(name)") }
    }

    /// How a client behaves, as the SDKs do.
    enum Style: String, Sendable, CaseIterable {
        /// Says hello with an instance and a credit; its cache of answers and its instance survive its process.
        case swift
        /// No hello. Knows what it runs; answers of its process's memory. Repeats bare messages after a reconnect.
        case javascript
        /// No hello, credit 1. Reads nothing while a handler runs, never answers for what it runs or has aborted.
        case python
    }

    struct ReplicaPlan: Sendable {
        var service: Int
        var style: Style
        var credit: Int
    }

    struct NetworkPlan: Sendable {
        var latency: ClosedRange<Int64>
        /// Frames of a thousand.
        var dropped = 0
        var duplicated = 0
        var reordered = 0
    }

    /// Answers of a thousand.
    struct HandlerPlan: Sendable {
        var errors = 0
        var aborts = 0
        var odd = 0
        var slow = 0
        /// Tasks of a thousand that fail in every attempt.
        var doomed = 0
        var interims = 0
        /// Handlers of a thousand that tell more than is kept.
        var floods = 0
        /// Of compensations.
        var partial = 0
        var revertErrors = 0
    }

    /// Where a crash finds the hub.
    enum CrashPoint: Sendable, Hashable {
        case anywhere
        case beforeCommit
        /// Nothing of what the commit leads to is done.
        case afterCommit
        /// So many thousandths of the effects are done.
        case amidEffects(perMille: Int)
    }

    public struct Action: Sendable {
        var at: Int64
        var kind: Kind
    }

    enum Kind: Sendable {
        case submit(Submission)
        case cancel(submission: Int)
        case retry(submission: Int)
        case crash(CrashPoint, downtime: Int64)
        /// The hub crashes there at its n-th commit, counted from the first.
        case crashAtCommit(Int, CrashPoint, downtime: Int64)
        case fullDisk(Int64)
        case slowDisk(Int64, latency: Int64)
        /// The next commit of more than one input contradicts what is stored, or so it seems.
        case conflict
        case clockJump(Int64)
        case cut(replica: Int)
        case partition(service: Int, Int64)
        case kill(replica: Int, downtime: Int64)
        case drain(replica: Int, downtime: Int64)
        /// Its socket takes nothing for so long.
        case stall(replica: Int, Int64)
        /// It answers no ping for so long.
        case silence(replica: Int, Int64)
        /// An operator takes care of the newest compensation that failed.
        case resolve
        case watchProject(pace: Int64, page: Int)
        case watch(submission: Int, pace: Int64, page: Int)
        case leave(watcher: Int)
        case webhooksDown(Int64)
    }

    struct Submission: Sendable {
        var number: Int
        var plan: Plan
        var timeout: Int64
        var gracePeriod: Int64
        var hasWebhook: Bool
        var isRefused: Bool
        /// The caller's own idempotency key: then it submits until it has an answer, at times twice.
        var key: String?
        /// What was decided about its plan; `nil` as in journals of before.
        var terms: PlanTerms?
        /// What people say once they were told that it waits.
        var verdicts: [Verdict] = []
    }

    /// A kind of fault that a seed may have or not: what is off in one seed lets others come through.
    public enum Fault: String, Sendable, CaseIterable {
        case crashes, fullDisk, slowDisk, conflicts, clockJumps, cuts, partitions, kills, drains, stalls, silences,
            dropped, duplicated
        case reordered, errors, aborts, odd, slow, doomed, floods, cancels, retries, resolutions, webhooks, revertErrors
        case holds
    }

    /// The same without this kind of fault.
    public func without(_ fault: Fault) -> Scenario {
        var scenario = self
        switch fault {
        case .dropped: scenario.network.dropped = 0
        case .duplicated: scenario.network.duplicated = 0
        case .reordered: scenario.network.reordered = 0
        case .errors: scenario.handlers.errors = 0
        case .aborts: scenario.handlers.aborts = 0
        case .odd: scenario.handlers.odd = 0
        case .slow: scenario.handlers.slow = 0
        case .doomed: scenario.handlers.doomed = 0
        case .floods: scenario.handlers.floods = 0
        case .revertErrors:
            scenario.handlers.revertErrors = 0
            scenario.handlers.partial = 0
        case .holds: scenario.removeHolds()
        default: scenario.actions.removeAll { $0.kind.fault == fault }
        }
        return scenario
    }
}

extension Scenario.Kind {
    var fault: Scenario.Fault? {
        switch self {
        case .submit, .watchProject, .watch, .leave: nil
        case .cancel: .cancels
        case .retry: .retries
        case .crash, .crashAtCommit: .crashes
        case .fullDisk: .fullDisk
        case .slowDisk: .slowDisk
        case .conflict: .conflicts
        case .clockJump: .clockJumps
        case .cut: .cuts
        case .partition: .partitions
        case .kill: .kills
        case .drain: .drains
        case .stall: .stalls
        case .silence: .silences
        case .resolve: .resolutions
        case .webhooksDown: .webhooks
        }
    }
}
