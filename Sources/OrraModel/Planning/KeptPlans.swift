/// Why a plan that is ready does not run yet.
public enum HoldReason: String, Sendable, Codable, CaseIterable {
    /// The planner is not sure of it: a person or a language model must confirm it.
    case confirmation
    /// A service of the plan, or the project, asks for a person's approval.
    case approval
}

/// Why an orchestration is `paused`.
public enum PauseReason: String, Sendable, Codable, CaseIterable {
    /// Nothing can run until a service comes back.
    case serviceAway = "service_away"
    /// The planner is not sure of the plan: it waits for a person's yes.
    case confirmation
    /// A service of the plan, or the project, asks for a person's yes.
    case approval

    public init(_ hold: HoldReason) {
        switch hold {
        case .confirmation: self = .confirmation
        case .approval: self = .approval
        }
    }

    /// Whether a person decides, and not a service's return.
    public var isHeld: Bool { self != .serviceAway }
}

/// A plan that a language model made, without the values of the action that it was made for.
public struct CachedPlan: Sendable, Hashable, Codable {
    public var id: PlanID
    public var project: ProjectID
    /// What must be the same for the plan to fit at all: catalogue, grounding, names and types of parameters. A digest.
    public var scope: String
    /// The action with its literal values lifted out: `Refund ⟦0⟧ to the customer`.
    public var action: String
    /// The plan as on the wire, with slots where values stood: `{"tasks": […]}`.
    public var template: RawJSON
    /// The model that made it.
    public var model: String
    /// Of the lifted action, by the embedder that was in use.
    public var embedding: [Float]
    /// Whose the embedding is; those of different embedders are never compared.
    public var embedder: String
    public var services: [String]
    public var createdAt: Timestamp
    /// How often it was taken from the cache.
    public var uses: Int

    public init(
        id: PlanID, project: ProjectID, scope: String, action: String, template: RawJSON, model: String,
        embedding: [Float], embedder: String, services: [String], createdAt: Timestamp, uses: Int = 0
    ) {
        self.id = id
        self.project = project
        self.scope = scope
        self.action = action
        self.template = template
        self.model = model
        self.embedding = embedding
        self.embedder = embedder
        self.services = services
        self.createdAt = createdAt
        self.uses = uses
    }

    public var expiresAt: Timestamp { createdAt + Limits.cachedPlanLife }
}

/// A plan that was saved under a name, in the form in which it is exported and reviewed.
public struct PinnedPlan: Sendable, Hashable, Codable {
    /// What a service of the plan looked like when it was pinned.
    public struct Shape: Sendable, Hashable, Codable {
        public var kind: ServiceKind
        /// Digests of the schemas.
        public var input: String
        public var output: String

        public init(kind: ServiceKind, input: String, output: String) {
            self.kind = kind
            self.input = input
            self.output = output
        }
    }

    /// Unique within its project: `refund`.
    public var name: String
    /// The action that the plan was made for.
    public var action: String
    /// Of the plan and the shapes; what an approval is about.
    public var planHash: String
    /// Digest of the whole catalogue when it was pinned. A hint for reviewers: the shapes decide.
    public var catalogue: String
    /// By the service's name.
    public var services: [String: Shape]
    /// Names and JSON types of the parameters that it takes.
    public var parameters: [String: String]
    /// `{"tasks": […]}` with names of services in the place of their ids, without values of parameters.
    public var plan: RawJSON
    public var pinnedAt: Timestamp

    public init(
        name: String, action: String, planHash: String, catalogue: String, services: [String: Shape],
        parameters: [String: String], plan: RawJSON, pinnedAt: Timestamp
    ) {
        self.name = name
        self.action = action
        self.planHash = planHash
        self.catalogue = catalogue
        self.services = services
        self.parameters = parameters
        self.plan = plan
        self.pinnedAt = pinnedAt
    }
}

/// What a project's models took in one calendar month of UTC.
public struct ModelSpending: Sendable, Hashable, Codable {
    /// `2026-11`.
    public var month: String
    public var promptTokens: Int
    public var completionTokens: Int
    /// Millionths of the currency of the configured prices.
    public var microcost: Int

    public init(month: String, promptTokens: Int = 0, completionTokens: Int = 0, microcost: Int = 0) {
        self.month = month
        self.promptTokens = promptTokens
        self.completionTokens = completionTokens
        self.microcost = microcost
    }
}
