/// Every bound of the system, in one place. What happens at a bound stands with each; users find them in
/// `docs/core.md`.
public enum Limits {
    // MARK: - Messages and bodies

    /// Bytes of one task input, output, progress object or HTTP body: 10 MiB. Beyond: HTTP 413; on the socket the task
    /// fails and the error names size and limit.
    public static let payloadBytes = 10 * 1024 * 1024
    /// What a frame may hold around its payload: ids, keys, JSON punctuation.
    public static let envelopeBytes = 64 * 1024
    /// One WebSocket message. Beyond: close code 1009.
    public static let frameBytes = payloadBytes + envelopeBytes
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
    /// Rejected or late messages that the journal holds for one task. Later ones are acknowledged and dropped.
    public static let rejectionsPerTask = 8
    /// Ended orchestrations whose last journal number is remembered after a late message.
    public static let rememberedLateOrchestrations = 4_096
    /// Orchestrations that one list answers with, newest first.
    public static let listedOrchestrations = 1_000

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

    // MARK: - Time

    public static let taskTimeout = Duration.seconds(30)
    public static let taskTimeoutRange = Duration.milliseconds(1)...Duration.seconds(24 * 3600)
    /// How long a service may stay away before its task fails.
    public static let gracePeriod = Duration.seconds(30 * 60)
    public static let gracePeriodRange = Duration.milliseconds(1)...Duration.seconds(7 * 24 * 3600)
    /// How long a completed task can be undone, when its service says nothing else.
    public static let compensationTTL = Duration.seconds(24 * 3600)
    public static let webhookTimeout = Duration.seconds(10)
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
    /// Entries that a watcher may lie behind before it is closed with the number to resume from.
    public static let watcherLag = 10_000
}
