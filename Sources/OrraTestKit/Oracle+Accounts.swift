import OrraEngine
import OrraModel

extension Oracle {
    /// What is known of one action.
    struct Account {
        let submission: Scenario.Submission
        var isReceived = false
        var isCancelRequested = false
        var isAccepted = false
        var isPlanned = false
        var received: Event.Received?
        var seq = 0
        var tasks: [TaskAccount] = []
        var ending: Event.Outcome?
        var ended: Event.Ended?
        /// Webhooks may tell of it.
        var isTold = false
        var told: Event.Ended?
        var isPaused = false
        /// Task numbers in the order in which they completed.
        var completed: [Int] = []
        var retryOf: OrchestrationID?
        var terms: PlanTerms?
        /// Until when it waits for a yes, if it waits at all.
        var holdUntil: Timestamp?
        var isApproved = false
        /// Somebody has said yes to this plan, or no to it: the hub may have heard it.
        var isApprovalAsked = false
        var isRejectionAsked = false
        /// The hub has answered that it is rejected.
        var isRejected = false
        /// The task that is being undone.
        var undoing: TaskID?

        var isHeld: Bool { holdUntil != nil && !isApproved && ended == nil }
        var isEnforced: Bool { terms?.outputCheck ?? .enforce == .enforce }

        init(_ submission: Scenario.Submission) { self.submission = submission }

        subscript(task: TaskID) -> TaskAccount? {
            get { tasks.indices.contains(task.number - 1) ? tasks[task.number - 1] : nil }
            set { if let newValue, tasks.indices.contains(task.number - 1) { tasks[task.number - 1] = newValue } }
        }

        func dispatched(_ work: Work, _ execution: ExecutionID, on connection: ConnectionID) -> Bool {
            guard let task = self[work.reference.task] else { return false }
            let dispatches = work.reference.kind == .task ? task.dispatches : task.undo?.dispatches ?? []
            return dispatches.contains { $0.execution == execution && $0.connection == connection }
        }

        /// Whether nobody needs to be asked again. An answer to undo does not count while another works on it.
        func isSettled(by report: TaskReport, of work: Work) -> Bool {
            guard case .compensation(let answer) = report, answer != .completed else { return true }
            let undo = self[work.reference.task]?.undo
            return undo.map { $0.ended != nil || $0.answered >= work.number } ?? true
        }

        /// Whether the journal holds what followed from this report.
        func accounts(for report: TaskReport, of work: Work) -> Bool {
            guard let task = self[work.reference.task] else { return false }
            guard work.reference.kind == .task else {
                return task.undo?.accounts(for: report, of: work.number) ?? false
            }
            switch report {
            case .output(let output, _):
                // One that breaks the simulated services' schema is no success, in time or late.
                return task.outcome == .completed || task.lateOutput != nil
                    || isEnforced && !Oracle.isValid(output) && task.outcome != nil
            case .error: return task.outcome != nil || task.failedAttempts > 0
            case .malformed, .aborted: return task.outcome != nil
            case .interim, .inProgress: return true
            case .compensation: return task.outcome != nil
            }
        }
    }

    /// What is known of one task.
    struct TaskAccount {
        enum Outcome: String { case completed, failed, aborted, cancelled }

        struct Dispatch {
            var at: Timestamp
            var attempt: Int
            var delivery: Int
            var execution: ExecutionID
            var connection: ConnectionID
            var instance: String?
            /// Of a compensation: what the last partial answer left over by then.
            var remaining: RawJSON?
        }

        let plan: Plan.Task
        var key: IdempotencyKey?
        var readyAt: Timestamp?
        var dispatches: [Dispatch] = []
        /// The connection that has it now.
        var holder: ConnectionID?
        var interims: [Timestamp] = []
        var failedAttempts = 0
        var lostConnections = 0
        var outcome: Outcome?
        var output: RawJSON?
        var failure: Failure?
        var lateOutput: RawJSON?
        var completedAt: Timestamp?
        /// What can undo it.
        var undo: UndoAccount?

        init(_ plan: Plan.Task) { self.plan = plan }
    }
}
