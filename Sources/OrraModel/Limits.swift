/// Every bound of the system, in one place. What happens at a bound stands with each; users find them in
/// `docs/core.md`.
public enum Limits {
    // MARK: - Messages and bodies

    /// Bytes of one task input, output, progress object or HTTP body: 10 MiB. Beyond: HTTP 413; on the socket the task
    /// fails and the error names size and limit.
    public static let payloadBytes = 10 * 1024 * 1024
    /// Bytes of what a service hands over to undo a task: a payload, less what may remain after a partial answer, so that
    /// both fit one request. Beyond: the task fails, and the error names size and limit.
    public static let undoBytes = payloadBytes - compensationStepBytes
    /// Bytes of a message from a service: an output and what undoes it, each at its limit. Beyond: close code 1009.
    public static let serviceFrameBytes = 2 * payloadBytes + envelopeBytes
    /// What a frame may hold around its payload: ids, keys, JSON punctuation.
    public static let envelopeBytes = 64 * 1024
    /// One WebSocket message. Beyond: close code 1009.
    public static let frameBytes = payloadBytes + envelopeBytes
    /// Bytes that one orchestration may hold in its journal: parameters, inputs, outputs, interim results. Beyond: a task
    /// whose input or output does not fit fails; interim results are acknowledged and dropped beyond a quarter of it.
    public static let orchestrationBytes = 256 * 1024 * 1024
    /// Levels of nesting in any JSON text.
    public static let jsonDepth = 128
    /// Levels in a text that the system wrote: a payload at the limit lies within events and answers.
    public static let storedJSONDepth = jsonDepth + 64
    /// Characters of an error that a service reports; longer ones are cut.
    public static let errorCharacters = 4_096

    // MARK: - Names and texts

    public static let projectNameCharacters = 1...128
    public static let serviceNameCharacters = 3...63
    public static let descriptionCharacters = 1...4_096
    /// Bytes of a service's input or output schema.
    public static let schemaBytes = 256 * 1024
    /// Levels of schemas within each other in such a schema.
    public static let schemaDepth = 32
    public static let actionCharacters = 1...16_384
    public static let parameters = 256
    public static let parameterNameCharacters = 1...128
    public static let urlCharacters = 2_048
    /// Characters of a parameter's value by which `orra inspect ORD456` finds its orchestration.
    public static let searchableValueCharacters = 256

    // MARK: - Counts

    public static let servicesPerProject = 1_000
    public static let webhooksPerProject = 16
    public static let apiKeysPerProject = 64
    public static let tasksPerPlan = 256
    /// Interim results that the journal keeps for one task. Later ones are acknowledged and dropped.
    public static let interimResultsPerTask = 10_000
    /// Interim results of one task that are kept in one second. Of more the newest is kept when the second is over.
    public static let interimResultsPerSecond = 50
    /// Rejected or late messages that the journal holds for one task. Later ones are acknowledged and dropped.
    public static let rejectionsPerTask = 8
    /// Ended orchestrations whose last journal number is remembered, to tell what was read from the store before.
    public static let rememberedLateOrchestrations = 4_096
    /// Steps in each list of a compensation that was done in part. Beyond, the answer is no compensation result.
    public static let compensationSteps = 1_000
    /// Bytes of both lists as JSON. Beyond, the answer is no compensation result.
    public static let compensationStepBytes = 1024 * 1024
    /// Orchestrations that one list answers with, newest first.
    public static let listedOrchestrations = 1_000
    /// Orchestrations of one project that may be under way. Beyond: HTTP 429.
    public static let liveOrchestrationsPerProject = 100_000
    /// Bytes of parameters, inputs and outputs that a project's live orchestrations may hold. Beyond: HTTP 429.
    public static let liveBytesPerProject = 512 * 1024 * 1024
    /// Webhook deliveries of one project that may be pending. One more is listed as failed at once.
    public static let pendingDeliveriesPerProject = 100_000
    /// Tasks that may wait for one service. Beyond, an action that needs it is answered 429.
    public static let outboxEntriesPerService = 100_000
    /// Entries of the outbox and of the inbox of failed compensations that one list answers with.
    public static let listedEntries = 1_000
    /// Characters of an `Idempotency-Key`.
    public static let submissionKeyCharacters = 255
    /// Events of a service that its inspection shows, newest first.
    public static let listedServiceEvents = 100
    /// Characters of the reason with which a failed compensation is resolved or ignored.
    public static let resolutionCharacters = 1...4_096
    /// Orchestrations that are hidden, and journal rows that are deleted, in one transaction. A part of a large payload counts
    /// as 25 rows.
    public static let pruneOrchestrations = 64
    public static let pruneRows = 1_000

    // MARK: - Planning

    /// Bytes of a plan's tasks as JSON, `task0` left out. Beyond: the plan is refused.
    public static let planBytes = payloadBytes
    /// Plans that the cache holds of one project. One more drops the oldest.
    public static let cachedPlansPerProject = 1_000
    /// Plans of one catalogue, grounding and set of parameters that an action is compared with, newest first.
    public static let cachedPlansPerScope = 256
    /// Projects whose cached plans, groundings, settings and indexes are held in memory. The one that was asked for
    /// longest ago is read anew when it comes again.
    public static let projectsInMemory = 64
    /// How long the cache holds a plan.
    public static let cachedPlanLife = Duration.seconds(24 * 3600)
    public static let pinnedPlansPerProject = 256
    /// Bytes of a pinned plan as JSON.
    public static let pinnedPlanBytes = 256 * 1024
    public static let pinnedPlanNameCharacters = 1...63
    /// Versions of grounding specs, all names together.
    public static let groundingsPerProject = 256
    /// Bytes of one grounding spec as JSON.
    public static let groundingBytes = 256 * 1024
    public static let useCasesPerGrounding = 100
    public static let constraintsPerGrounding = 100
    /// Looks at a plan's tasks and services while one checked constraint is checked, and while all are. Beyond: the plan
    /// is refused.
    public static let constraintSteps = 100_000
    public static let constraintStepsPerPlan = 1_000_000
    /// Beyond any of the next, the grounding is refused: `Orra:InvalidGrounding`.
    public static let groundingNameCharacters = 1...128
    public static let groundingVersionCharacters = 1...64
    public static let groundingDomainCharacters = 1...256
    public static let useCaseActionCharacters = 1...4_096
    public static let capabilitiesPerUseCase = 64
    public static let capabilityCharacters = 1...256
    public static let intentCharacters = 4_096
    public static let constraintCharacters = 1...4_096
    /// Bytes of an example of a parameter's value, as JSON.
    public static let exampleBytes = 4_096
    /// Faults of a grounding that are told at once; the others are told when these are mended.
    public static let listedGroundingFaults = 32
    /// Errors of a plan that are told at once.
    public static let listedPlanErrors = 16
    /// Bytes of a text of PDDL, and levels of parentheses in it. Beyond: an error that says so.
    public static let pddlBytes = 1024 * 1024
    public static let pddlDepth = 64
    /// Times that deciding a plan's conditions looks at an atom. Beyond, the plan counts as invalid.
    public static let pddlLooks = 5_000_000
    /// Bytes of all messages to a model. Longer parts are cut, of the services the least likely are left out.
    public static let promptBytes = 640 * 1024
    /// Bytes of a model's HTTP answer. Beyond: a fault, and it is not asked again.
    public static let modelAnswerBytes = 1024 * 1024
    /// Bytes of the plan in it. Beyond: a wrong answer, which is told to the model.
    public static let modelPlanBytes = 256 * 1024
    /// Requests for one answer of a model, tries again included.
    public static let modelRequests = 3
    /// Bytes of an embedding endpoint's HTTP answer. Beyond: a fault.
    public static let embeddingAnswerBytes = 8 * 1024 * 1024
    /// Characters of a text that are compared; the rest is left out.
    public static let embeddedCharacters = 8_192
    /// Numbers in a vector. Others: a fault.
    public static let embeddingDimensions = 1...16_384
    /// Texts whose vectors are remembered. Of more, those that were used longest ago are forgotten.
    public static let rememberedEmbeddings = 4_096
    /// Times that a language model may answer one action: the first time, and after what was wrong was told to it.
    public static let modelAnswersPerPlan = 3
    /// Stages of planning that the journal of one action holds.
    public static let planningStages = 32
    /// Services in a model's prompt. A larger catalogue is cut down to those that the action can mean.
    public static let servicesPerPrompt = 40
    /// How long a plan may wait for a person's yes.
    public static let holdLife = Duration.seconds(7 * 24 * 3600)
    /// Characters of what a person says with a yes or a no.
    public static let approvalReasonCharacters = 1_024
    /// Warnings about one task's output that the journal holds.
    public static let warningsPerTask = 8

    // MARK: - Delivery

    /// Tasks in flight on a connection whose client declared no credit.
    public static let defaultCredit = 16
    /// The most that a client may declare.
    public static let maximumCredit = 1_024
    /// Frames that may be on their way to a connection with a task in flight: clients that handle tasks inside their
    /// read loop stop reading at about 32. Acknowledgements beyond that wait for the outcome.
    public static let unansweredFrames = 16
    /// Acknowledgements that wait for a busy connection. Beyond: the oldest is given up, and its message comes again.
    public static let heldAcknowledgements = 512
    /// Bytes of a message's id. A longer one makes the frame no message.
    public static let messageIDBytes = 256
    /// Connections lost with the same task in flight before it fails (`Orra:TaskLosesConnections`).
    public static let connectionsLostPerTask = 10
    /// Connections that one service may hold at once. One more is closed with 1013 at once.
    public static let connectionsPerService = 256
    /// Connections that wait to be accepted, when thousands come at once after a restart: one that finds no room is tried
    /// again after a second. The system may allow fewer (Linux: `net.core.somaxconn`).
    public static let connectionBacklog = 4_096

    // MARK: - Time

    public static let taskTimeout = Duration.seconds(30)
    public static let taskTimeoutRange = Duration.milliseconds(1)...Duration.seconds(24 * 3600)
    /// How long a service may stay away before its task fails.
    public static let gracePeriod = Duration.seconds(30 * 60)
    public static let gracePeriodRange = Duration.milliseconds(1)...Duration.seconds(7 * 24 * 3600)
    /// How long a completed task can be undone, when its service says nothing else.
    public static let compensationTTL = Duration.seconds(24 * 3600)
    /// How long a service may take to undo a task, in each attempt.
    public static let compensationTimeout = Duration.seconds(30)
    public static let compensationTTLRange = Duration.milliseconds(1)...Duration.seconds(365 * 24 * 3600)
    /// How long a caller's `Idempotency-Key` is remembered.
    public static let submissionKeyLife = Duration.seconds(24 * 3600)
    /// How long ended orchestrations are kept when nothing else is set.
    public static let retention = Duration.seconds(7 * 24 * 3600)
    public static let retentionRange = Duration.seconds(1)...Duration.seconds(10 * 365 * 24 * 3600)
    public static let webhookTimeout = Duration.seconds(10)
    /// Of the body of an answer to a webhook: it is read past, so that the connection can be used again.
    public static let webhookAnswerBytes = 64 * 1024
    public static let webhookRetention = Duration.seconds(3 * 24 * 3600)
    /// From a stop signal to exit.
    public static let shutdown = Duration.seconds(10)

    // MARK: - The loop

    /// Inputs applied in one transaction.
    public static let batchInputs = 256
    /// Inputs that wait for the loop. Beyond: HTTP answers 503, sockets are not read.
    public static let queuedInputs = 65_536
    /// Journal entries sent to a watcher in one go.
    public static let watcherPage = 256
    /// Of one output that a live orchestration keeps in memory though nothing needs it: to look would cost more.
    public static let heldOutputBytes = 64 * 1024
    /// Bytes of entries after which no more are read in one go.
    public static let watcherPageBytes = 1024 * 1024
    /// Bytes of frames that go to a watcher's socket in one piece. One frame may be longer, and the last of a piece.
    public static let watcherBatchBytes = 64 * 1024
    /// Bytes that wait for a watcher before it is told no more, and reads for itself.
    public static let watcherQueueBytes = 256 * 1024
    /// Entries that a watcher may lie behind before it is closed with the number to resume from.
    public static let watcherLag = 10_000
}
