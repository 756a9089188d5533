public import OrraModel

/// A language model behind an endpoint. The hub has the client; tests have scripted ones.
public protocol LanguageModel: Sendable {
    /// As the endpoint knows it: `gpt-5-mini`.
    var name: String { get }

    /// One answer. Waits, tries again and gives up as it was configured.
    func complete(_ request: ModelRequest) async throws(ModelFault) -> ModelAnswer
}

public struct ModelRequest: Sendable, Hashable {
    /// Who pays.
    public var project: ProjectID
    /// In order; the system's message first.
    public var messages: [ModelMessage]
    /// JSON Schema of the answer, for endpoints that hold their model to one. `nil` for free text.
    public var schema: JSONValue?
    /// What the schema is called towards the endpoint. Letters, digits and underscores.
    public var schemaName: String
    /// What the project may spend in a calendar month, in millionths of the prices' currency. `nil` for no bound.
    public var budget: Int?

    public init(
        project: ProjectID, messages: [ModelMessage], schema: JSONValue? = nil, schemaName: String = "answer",
        budget: Int? = nil
    ) {
        self.project = project
        self.messages = messages
        self.schema = schema
        self.schemaName = schemaName
        self.budget = budget
    }
}

public struct ModelMessage: Sendable, Hashable {
    public enum Role: String, Sendable, Codable, CaseIterable {
        case system, user, assistant
    }

    public var role: Role
    public var text: String

    public init(_ role: Role, _ text: String) {
        self.role = role
        self.text = text
    }
}

public struct ModelAnswer: Sendable, Hashable {
    /// As the model wrote it, its thinking included where the endpoint mixes that in. See ``AnswerReader``.
    public var text: String
    public var usage: PlanningStage.Usage

    public init(text: String, usage: PlanningStage.Usage) {
        self.text = text
        self.usage = usage
    }
}

/// Why there is no answer. The reason is one sentence for the operator, without keys, prompts and answers.
public struct ModelFault: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// No connection, or an endpoint that answers 5xx again and again.
        case unreachable
        case timedOut
        case rateLimited
        /// The endpoint does not take the request: the key, the model's name, the request itself.
        case rejected
        /// The project has spent its month's budget. Nothing was sent.
        case budgetSpent
        /// Too many faults in a row. Nothing was sent.
        case circuitOpen
        /// There is an answer, and it can't be read.
        case malformed
    }

    public var kind: Kind
    public var reason: String
    /// What was spent all the same.
    public var usage: PlanningStage.Usage?

    public init(_ kind: Kind, _ reason: String, usage: PlanningStage.Usage? = nil) {
        self.kind = kind
        self.reason = reason
        self.usage = usage
    }

    public var description: String { reason }
}
