public import OrraModel

/// What happened to an orchestration: the journal's entries, in the past tense.
///
/// State is the fold of events (``Orchestration/apply(_:at:)``). The form on disk stands in `Event+Codable.swift`; it is
/// versioned, and journals of released versions are kept as fixtures.
public enum Event: Sendable, Hashable {
    case received(Received)
    /// What one stage of planning found; before the plan or the refusal.
    case planningStage(PlanningStage)
    case planned(Planned)
    /// A person said yes to the plan that waited for it.
    case approved(Approved)
    /// An output breaks the schema that its service registered; it is taken all the same.
    case outputWarning(OutputWarning)
    /// A task's inputs are there; it waits for a connection.
    case taskReady(TaskReady)
    case taskDispatched(TaskDispatched)
    /// The task can't be with a connection now, or no longer; it will be delivered (again).
    case taskWaiting(TaskWaiting)
    case taskInterim(TaskInterim)
    case attemptFailed(AttemptFailed)
    case taskCompleted(TaskCompleted)
    case taskFailed(TaskFailed)
    case taskAborted(TaskAborted)
    /// The orchestration ended before the task did, or without it.
    case taskCancelled(TaskCancelled)
    /// An outcome that came after the task's or the orchestration's own. It changes nothing.
    case taskLate(TaskLate)
    /// A message was acknowledged and had no effect.
    case messageRejected(MessageRejected)
    case paused
    case resumed
    /// A retry takes over what the task gave in the orchestration that it repeats.
    case taskKept(TaskKept)
    case ending(Outcome)
    /// The outcome is known and told; what was done is undone now.
    case compensating(Ended)
    /// A task is to be undone; the request waits for a connection.
    case compensationReady(CompensationReady)
    case compensationDispatched(TaskDispatched)
    case compensationWaiting(TaskWaiting)
    case compensationAttemptFailed(CompensationAttemptFailed)
    case compensationEnded(CompensationEnded)
    /// Somebody took care of a compensation that had failed.
    case compensationResolved(CompensationResolved)
    case ended(Ended)
}

extension Event {
    /// First of every journal.
    public struct Received: Sendable, Hashable, Codable {
        public var orchestration: OrchestrationID
        public var project: ProjectID
        public var action: String
        /// `[{"field", "value"}]` as it came.
        public var data: RawJSON
        /// Milliseconds of one attempt.
        public var timeoutMs: Int64
        public var gracePeriodMs: Int64
        public var webhook: String?
        /// The orchestration whose finished tasks it keeps.
        public var retryOf: OrchestrationID?

        public init(
            orchestration: OrchestrationID, project: ProjectID, action: String, data: RawJSON,
            timeout: Duration = Limits.taskTimeout, gracePeriod: Duration = Limits.gracePeriod, webhook: String? = nil,
            retryOf: OrchestrationID? = nil
        ) {
            self.orchestration = orchestration
            self.project = project
            self.action = action
            self.data = data
            timeoutMs = timeout.milliseconds
            gracePeriodMs = gracePeriod.milliseconds
            self.webhook = webhook
            self.retryOf = retryOf
        }
    }

    public struct Planned: Sendable, Hashable, Codable {
        public var plan: Plan
        /// Names and versions of the plan's services as they were then.
        public var services: [ServiceReference]
        /// Absent in journals of before plans had terms.
        public var terms: PlanTerms?
        /// Until when it waits for a person's yes; absent when it waits for nobody.
        public var holdUntil: Timestamp?

        public init(
            plan: Plan, services: [ServiceReference], terms: PlanTerms? = nil, holdUntil: Timestamp? = nil
        ) {
            self.plan = plan
            self.services = services
            self.terms = terms
            self.holdUntil = holdUntil
        }
    }

    public struct Approved: Sendable, Hashable, Codable {
        /// Of the plan that the yes is about.
        public var planHash: String?
        public var reason: String?

        public init(planHash: String? = nil, reason: String? = nil) {
            self.planHash = planHash
            self.reason = reason
        }
    }

    public struct OutputWarning: Sendable, Hashable, Codable {
        public var task: TaskID
        /// Within the output: `items[2].price`; empty for the whole.
        public var path: String
        public var reason: String

        public init(task: TaskID, path: String, reason: String) {
            self.task = task
            self.path = path
            self.reason = reason
        }
    }

    /// A service as a plan saw it.
    public struct ServiceReference: Sendable, Hashable, Codable {
        public var id: ServiceID
        public var kind: ServiceKind
        public var name: String
        public var version: Int
        public var revertible: Bool

        public init(_ service: Service) {
            id = service.id
            kind = service.kind
            name = service.name
            version = service.version
            revertible = service.revertible
        }
    }

    public struct TaskReady: Sendable, Hashable, Codable {
        public var task: TaskID
        public var input: RawJSON
        public var key: IdempotencyKey
    }

    public struct TaskDispatched: Sendable, Hashable, Codable {
        public var task: TaskID
        /// 1, 2, … up to the policy's limit.
        public var attempt: Int
        /// 1 for the attempt's first delivery, more after lost connections.
        public var delivery: Int
        public var execution: ExecutionID
        public var connection: ConnectionID
        public var instance: String?
    }

    public struct TaskWaiting: Sendable, Hashable, Codable {
        public enum Reason: String, Sendable, Codable {
            /// No connection of the service is open.
            case serviceAway
            case connectionLost
            case hubRestarted
            /// A redelivered task was not answered: its connection is closed once, so that the client sends what it
            /// holds.
            case connectionReset
            /// The wait after a failed attempt is over.
            case retryDue
        }
        public var task: TaskID
        public var reason: Reason
    }

    public struct TaskInterim: Sendable, Hashable, Codable {
        public var task: TaskID
        public var id: InterimID
        public var execution: String
        public var data: RawJSON
        /// Results since the last one that were dropped because they came too fast; absent for none.
        public var skipped: Int?
    }

    public struct AttemptFailed: Sendable, Hashable, Codable {
        public var task: TaskID
        public var attempt: Int
        /// The execution that reported it; `nil` for a timeout.
        public var execution: String?
        public var failure: Failure
        /// When the next attempt begins; `nil` if there is none.
        public var retryAt: Timestamp?
    }

    public struct TaskCompleted: Sendable, Hashable, Codable {
        public var task: TaskID
        public var output: RawJSON
        public var compensation: Compensation?
    }

    /// What the service handed over so that its work can be undone.
    public struct Compensation: Sendable, Hashable, Codable {
        public var data: RawJSON
        public var ttlMs: Int64

        public init(data: RawJSON, ttlMs: Int64) {
            self.data = data
            self.ttlMs = ttlMs
        }
    }

    public struct TaskFailed: Sendable, Hashable, Codable {
        public var task: TaskID
        public var failure: Failure
    }

    public struct TaskAborted: Sendable, Hashable, Codable {
        public var task: TaskID
        public var payload: RawJSON
    }

    public struct TaskCancelled: Sendable, Hashable, Codable {
        public var task: TaskID
    }

    public struct TaskLate: Sendable, Hashable, Codable {
        public var task: TaskID
        public var output: RawJSON?
        /// Of an output that can't be taken, or that a service reported.
        public var error: String?
        /// What was handed over, so that the work can still be undone.
        public var compensation: Compensation?
    }

    public struct MessageRejected: Sendable, Hashable, Codable {
        public var task: TaskID?
        public var reason: String
    }

    public struct TaskKept: Sendable, Hashable, Codable {
        public var task: TaskID
        public var output: RawJSON
        public var from: OrchestrationID
    }

    public struct CompensationReady: Sendable, Hashable, Codable {
        public var task: TaskID
        public var key: IdempotencyKey
        /// 1 for the first request, one more after each that was answered with partial or failed.
        public var number: Int
        /// When the work can no longer be undone.
        public var expiresAt: Timestamp
    }

    public struct CompensationAttemptFailed: Sendable, Hashable, Codable {
        public var task: TaskID
        public var attempt: Int
        public var failure: Failure
        /// Whether the service answered: its next request has a new key.
        public var isAnswered: Bool
        /// What was undone and what remains, when the service did a part.
        public var partial: Partial?
        /// When the next attempt begins; `nil` if there is none.
        public var retryAt: Timestamp?
    }

    /// What a service undid, and what it has still to undo; arrays of its own making.
    public struct Partial: Sendable, Hashable, Codable {
        public var completed: RawJSON
        public var remaining: RawJSON

        public init(completed: RawJSON, remaining: RawJSON) {
            self.completed = completed
            self.remaining = remaining
        }
    }

    public struct CompensationEnded: Sendable, Hashable, Codable {
        public var task: TaskID
        public var id: CompensationID
        /// completed, partial, failed or expired.
        public var status: CompensationStatus
        public var failure: Failure?
        public var attempts: Int
    }

    public struct CompensationResolved: Sendable, Hashable, Codable {
        public enum Resolution: String, Sendable, Codable { case resolved, ignored }
        public var task: TaskID
        public var id: CompensationID
        public var resolution: Resolution
        public var reason: String
    }

    /// How an orchestration ends other than well, decided by the first cause.
    public struct Outcome: Sendable, Hashable, Codable {
        public var status: Status
        public var failure: Failure
        /// The task at fault, if one is.
        public var task: TaskID?
    }

    /// Last of every journal but for what comes late.
    public struct Ended: Sendable, Hashable, Codable {
        public var status: Status
        public var failure: Failure?
        public var task: TaskID?
        /// The last tasks' outputs, in the order of their numbers, when completed.
        public var results: [RawJSON]?
        public var abortPayload: RawJSON?
    }
}
