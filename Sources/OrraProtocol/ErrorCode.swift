/// Codes of HTTP errors and of closed sockets. Each has a page in `docs/errors`.
public enum ErrorCode: String, Sendable, Codable, CaseIterable {
    case invalidAPIKey = "Orra:InvalidAPIKey"
    case foreignService = "Orra:ForeignService"
    case unknownRoute = "Orra:UnknownRoute"
    case unknownOrchestration = "Orra:UnknownOrchestration"
    case unknownService = "Orra:UnknownService"
    case unknownCompensation = "Orra:UnknownCompensation"
    /// No plan of this id is in the cache, and none was saved under this name.
    case unknownPlan = "Orra:UnknownPlan"
    case unknownGrounding = "Orra:UnknownGrounding"
    /// The body is not JSON. (The spelling is the one that existing clients know.)
    case malformedJSON = "Orra:JSONMarshalingFail"
    case bodyTooLarge = "Orra:BodyTooLarge"
    case invalidRequest = "Orra:InvalidRequest"
    case projectRegistrationFailed = "Orra:ProjectRegistrationFailed"
    case invalidService = "Orra:InvalidService"
    case actionNotActionable = "Orra:ActionNotActionable"
    case invalidPlan = "Orra:InvalidPlan"
    case invalidGrounding = "Orra:InvalidGrounding"
    /// The language model is out of reach, and the offline planner is not sure enough.
    case plannerUnavailable = "Orra:PlannerUnavailable"
    /// What language models may cost the project in this month is spent.
    case planningBudgetSpent = "Orra:PlanningBudgetSpent"
    /// The orchestration does not wait for a person's decision.
    case notHeld = "Orra:NotHeld"
    /// The plan that waits is another than the one that was approved, or a service of it has changed since.
    case planChanged = "Orra:PlanChanged"
    /// The orchestration has ended: there is nothing to cancel.
    case alreadyEnded = "Orra:AlreadyEnded"
    /// The orchestration still runs, completed, was never planned, or has been undone: there is nothing to run again.
    case cannotRetry = "Orra:CannotRetry"
    /// Somebody has dealt with the failed compensation before.
    case alreadyResolved = "Orra:AlreadyResolved"
    /// The same `Idempotency-Key` came with another body.
    case idempotencyKeyReused = "Orra:IdempotencyKeyReused"
    case upgradeRequired = "Orra:UpgradeRequired"
    case tooMany = "Orra:TooMany"
    /// Too much waits for a service of the plan.
    case outboxFull = "Orra:OutboxFull"
    /// The project has too many actions, or too much data of them, on their way.
    case tooManyLive = "Orra:TooManyLive"
    /// The hub can't write at the moment, is full, or is stopping. Nothing was accepted: try again.
    case unavailable = "Orra:Unavailable"
    case internalError = "Orra:InternalError"
    /// A watcher fell too far behind and was closed; the reason names the number to resume from.
    case watcherLags = "Orra:WatcherLags"
}

/// The error of every answer that is not a success: `{"error": {"kind", "code", "param"?, "message"}}`.
public struct APIError: Error, Sendable, Hashable, Codable {
    /// Clients tell these apart.
    public enum Kind: String, Sendable, Codable {
        case notFound = "not found"
        case unauthorized
        case validation
        case invalidOperation = "invalid operation"
        case tooMany = "too many"
        case unavailable
        case internalError = "internal"
    }

    public var kind: Kind
    public var code: ErrorCode
    /// The member of the body, or the parameter, that is at fault: `data[0].value`.
    public var param: String?
    /// What was wrong and what to do; quotes no payload and no key.
    public var message: String

    public init(_ kind: Kind, _ code: ErrorCode, param: String? = nil, _ message: String) {
        self.kind = kind
        self.code = code
        self.param = param
        self.message = message
    }

    public struct Body: Sendable, Hashable, Codable {
        public var error: APIError
        public init(error: APIError) { self.error = error }
    }

    /// Tolerates codes and kinds of later versions.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        kind = (try? container.decode(Kind.self, forKey: .kind)) ?? .internalError
        code = (try? container.decode(ErrorCode.self, forKey: .code)) ?? .internalError
        param = try container.decodeIfPresent(String.self, forKey: .param)
        message = try container.decode(String.self, forKey: .message)
    }
}
