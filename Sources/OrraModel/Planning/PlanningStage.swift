/// What one stage of planning found: an entry of the journal, and a line of `orra verify plan --explain`.
///
/// Example: `{"stage":"offline","result":"passed","summary":"4 of 4 phrases matched","microseconds":85,"confidence":0.91}`.
public struct PlanningStage: Sendable, Hashable, Codable {
    public enum Stage: String, Sendable, Codable, CaseIterable {
        /// The action's parameters were checked.
        case parameters
        /// The action was matched to a use case of the project's groundings.
        case grounding
        /// A plan that was made before was looked for.
        case cache
        /// A large catalogue was cut down to what the action can mean.
        case retrieval
        case offline
        case model
        /// The plan was checked against schemas, limits and constraints.
        case validation
        /// Thresholds and approvals: whether it runs, waits or is refused.
        case policy
        /// The plan was saved under a name before.
        case pinned
        /// The plan came with the action.
        case given
    }

    public enum Result: String, Sendable, Codable, CaseIterable {
        case passed, hit, miss, refused, failed, skipped
    }

    /// A service that was looked at.
    public struct Considered: Sendable, Hashable, Codable {
        public var service: String
        /// How well it fits, as the stage counts; more is better.
        public var score: Double
        public var isChosen: Bool

        public init(service: String, score: Double, isChosen: Bool) {
            self.service = service
            self.score = score
            self.isChosen = isChosen
        }

        private enum CodingKeys: String, CodingKey {
            case service, score
            case isChosen = "chosen"
        }
    }

    /// Why a task of the plan is there, and where its inputs come from.
    public struct Step: Sendable, Hashable, Codable {
        public struct Binding: Sendable, Hashable, Codable {
            public var field: String
            /// As in a plan: `$task1.total`.
            public var source: String
            public var reason: String

            public init(field: String, source: String, reason: String) {
                self.field = field
                self.source = source
                self.reason = reason
            }
        }

        public var task: TaskID
        public var service: String
        public var reason: String
        public var bindings: [Binding]

        public init(task: TaskID, service: String, reason: String, bindings: [Binding]) {
            self.task = task
            self.service = service
            self.reason = reason
            self.bindings = bindings
        }
    }

    /// What a language model took.
    public struct Usage: Sendable, Hashable, Codable {
        public var model: String
        public var promptTokens: Int
        public var completionTokens: Int
        /// Millionths of the currency in which prices were configured; `nil` without prices.
        public var microcost: Int?
        /// Requests that were sent, tries again included.
        public var requests: Int

        public init(
            model: String, promptTokens: Int, completionTokens: Int, microcost: Int? = nil, requests: Int
        ) {
            self.model = model
            self.promptTokens = promptTokens
            self.completionTokens = completionTokens
            self.microcost = microcost
            self.requests = requests
        }
    }

    public var stage: Stage
    public var result: Result
    /// One sentence for people.
    public var summary: String
    public var microseconds: Int
    /// Between 0 and 1.
    public var confidence: Double?
    /// The best first.
    public var considered: [Considered]?
    public var steps: [Step]?
    /// Phrases of the action, and parameters, that no step uses.
    public var unused: [String]?
    public var usage: Usage?

    public init(
        _ stage: Stage, _ result: Result, _ summary: String, microseconds: Int = 0, confidence: Double? = nil,
        considered: [Considered]? = nil, steps: [Step]? = nil, unused: [String]? = nil, usage: Usage? = nil
    ) {
        self.stage = stage
        self.result = result
        self.summary = String(summary.prefix(Self.summaryCharacters))
        self.microseconds = microseconds
        self.confidence = confidence
        self.considered = considered.map { Array($0.prefix(Self.consideredServices)) }
        self.steps = steps
        self.unused = unused.map { Array($0.prefix(Self.unusedPhrases)) }
        self.usage = usage
    }

    static let summaryCharacters = 2_048
    static let consideredServices = 20
    static let unusedPhrases = 64
}

/// Who made a plan.
public enum PlanOrigin: String, Sendable, Codable, CaseIterable {
    case offline, model, cache, pinned, given
}
