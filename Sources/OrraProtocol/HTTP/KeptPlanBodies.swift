public import OrraModel

/// `GET /plans`: what the cache holds, newest first, and what was saved, by name.
public struct PlanList: Sendable, Hashable, Codable {
    public var cached: [CachedPlanAnswer]
    public var pinned: [PinnedPlanAnswer]

    public init(cached: [CachedPlanAnswer], pinned: [PinnedPlanAnswer]) {
        self.cached = cached
        self.pinned = pinned
    }
}

/// A plan that a language model made, without the values of the action that it was made for.
public struct CachedPlanAnswer: Sendable, Hashable, Codable {
    public var id: PlanID
    /// With its literal values lifted out: `Refund ⟦0⟧ to the customer`.
    public var action: String
    /// The model that made it.
    public var model: String
    public var services: [String]
    public var createdAt: Timestamp
    public var expiresAt: Timestamp
    /// How often it was taken from the cache.
    public var uses: Int
    /// Only of `GET /plans/{id}`.
    public var plan: RawJSON?

    public init(_ plan: CachedPlan, withPlan: Bool = false) {
        id = plan.id
        action = plan.action
        model = plan.model
        services = plan.services
        createdAt = plan.createdAt
        expiresAt = plan.expiresAt
        uses = plan.uses
        self.plan = withPlan ? plan.template : nil
    }
}

/// A plan that was saved under a name.
public struct PinnedPlanAnswer: Sendable, Hashable, Codable {
    public var name: String
    public var action: String
    public var planHash: String
    public var services: [String]
    public var pinnedAt: Timestamp
    /// Only of `GET /plans/{name}`.
    public var plan: RawJSON?

    public init(_ plan: PinnedPlan, withPlan: Bool = false) {
        name = plan.name
        action = plan.action
        planHash = plan.planHash
        services = plan.services.keys.sorted()
        pinnedAt = plan.pinnedAt
        self.plan = withPlan ? plan.plan : nil
    }
}

/// 200 of `GET /plans/{id or name}`: one of the two, with its plan. One from the cache has an `id`.
public enum KeptPlanAnswer: Sendable, Hashable, Codable {
    case cached(CachedPlanAnswer)
    case pinned(PinnedPlanAnswer)

    private enum CodingKeys: String, CodingKey { case id }

    public init(from decoder: any Decoder) throws {
        let isCached = try decoder.container(keyedBy: CodingKeys.self).contains(.id)
        self = isCached ? .cached(try CachedPlanAnswer(from: decoder)) : .pinned(try PinnedPlanAnswer(from: decoder))
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .cached(let plan): try plan.encode(to: encoder)
        case .pinned(let plan): try plan.encode(to: encoder)
        }
    }
}

/// `POST /plans/pins`: saves a plan under a name. With one of `from` and `document`.
public struct PinRequest: Sendable, Hashable, Codable {
    /// 1 to 63 characters; unique within the project.
    public var name: String
    /// A plan of the cache, `pl_…`, or the plan of an orchestration, `o_…`.
    public var from: String?
    public var document: PlanDocument?

    public init(name: String, from: String? = nil, document: PlanDocument? = nil) {
        self.name = name
        self.from = from
        self.document = document
    }
}
