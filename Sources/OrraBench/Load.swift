/// What a benchmark does to a hub: who serves, what is submitted, how much at once, for how long.
///
///     var load = Load()
///     load.length = 10        // a chain of ten tasks
///     load.inFlight = 200
///
/// Actions carry their plan, so that planning is not measured, unless ``action`` is set.
public struct Load: Sendable, Hashable, Codable {
    /// How an action's end is learnt.
    public enum Outcome: String, Sendable, Hashable, Codable, CaseIterable {
        case webhook, progress, both
    }

    /// What carries ``payload``.
    public enum PayloadCarrier: String, Sendable, Hashable, Codable, CaseIterable {
        /// The action's parameters, and the input and result of each task.
        case all
        /// Results, and the inputs that are made of them: the first task of a chain takes none.
        case results
    }

    /// Services that are registered. Task n of a chain goes to service n modulo this.
    public var services = 1
    /// Connections of each service.
    public var replicas = 1
    /// Tasks that follow each other.
    public var length = 1
    /// Chains side by side in one action.
    public var width = 1
    /// Actions that are under way at the same time.
    public var inFlight = 1
    /// Bytes of text that each task takes and gives besides its token; 0 for none.
    public var payload = 0
    public var carriesPayload = PayloadCarrier.all
    /// How long a service works on a task, in milliseconds; 0 answers at once.
    public var handlerMilliseconds = 0
    /// Progress that a working service tells, per second.
    public var progressRate = 0
    /// Seconds that are measured.
    public var seconds = 10.0
    /// Seconds before, which are not measured.
    public var warmUpSeconds = 2.0
    /// Actions after which measuring ends before its seconds are over; 0 for no such end.
    public var actions = 0
    public var outcome = Outcome.webhook
    /// Submit this text, and let the hub plan it, instead of a plan. It must lead to one task of the service
    /// `bench-echo-0`, "Echoes the token of a benchmark".
    public var action: String?
    /// Tasks that a connection declares to take at once.
    public var credit = 1_024
    /// How long the last outcomes may take before they count as lost, in seconds.
    public var patienceSeconds = 30.0

    public init() {}

    /// Of one action.
    public var tasks: Int { length * width }

    /// Whether the task behind so many others of its chain takes the payload.
    func takesPayload(atStep step: Int) -> Bool { payload > 0 && (carriesPayload == .all || step > 0) }
}
