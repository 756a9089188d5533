import OrraModel

/// One action on its way through the pipeline: what is known of it, and what the stages so far have found.
struct PlanningRun {
    let request: PlanningRequest
    let settings: PlanningSettings
    /// What every plan must keep.
    let rules: PlanRules
    let elapsed: @Sendable () -> Duration
    private(set) var stages: [PlanningStage] = []
    private var mark: Duration

    /// The use case that the action was matched to.
    var match: GroundingMatch?
    /// The action with its values lifted out. Made for a planner or the cache: a plan that is given needs no words.
    private(set) lazy var lifted = LiftedText(String(request.action.prefix(Limits.actionCharacters.upperBound)))

    init(_ request: PlanningRequest, rules: PlanRules, elapsed: @escaping @Sendable () -> Duration) {
        self.request = request
        self.rules = rules
        settings = request.settings.over(.standard)
        self.elapsed = elapsed
        mark = elapsed()
    }

    var runThreshold: Double { settings.runThreshold ?? 0.7 }
    var draftThreshold: Double { settings.draftThreshold ?? 0.3 }

    /// Notes a stage that ends now; it took the time since the one before.
    mutating func note(_ stage: PlanningStage) {
        var stage = stage
        let now = elapsed()
        stage.microseconds = max(0, Int((now - mark).nanoseconds / 1_000))
        mark = now
        stages.append(stage)
    }

    func refused(_ refusal: PlanningRefusal, origin: PlanOrigin? = nil, confidence: Double? = nil) -> PlanningOutcome {
        PlanningOutcome(
            verdict: .refuse(refusal), origin: origin, confidence: confidence, stages: stages, groundingHit: match)
    }

    // MARK: - What plans are made of

    /// Why each task of a plan is there and where its inputs come from, as the plan itself tells it.
    func steps(of plan: Plan) -> [PlanningStage.Step] {
        let known = ServiceLookup(request.catalogue, tasks: plan.tasks.count)
        let services = Dictionary(
            plan.tasks.compactMap { task in known[task.service].map { (task.id, $0.name) } }, uniquingKeysWith: { $1 })
        return plan.tasks.map { task in
            PlanningStage.Step(
                task: task.id, service: services[task.id] ?? task.service.rawValue,
                reason: task.reason ?? "the plan gives no reason",
                bindings: task.input.map { input in
                    let reason =
                        if input.source != .zero {
                            "an output of \(services[input.source] ?? input.source.description)"
                        } else if request.parameters[input.sourceField] != nil {
                            "a parameter of the action"
                        } else {
                            "a constant of the plan"
                        }
                    return .init(field: input.field, source: input.reference, reason: reason)
                })
        }
    }

    func services(of plan: Plan) -> [Service] {
        let used = Set(plan.tasks.map(\.service))
        return request.catalogue.filter { used.contains($0.id) }
    }

    func name(_ id: ServiceID) -> String { request.catalogue.first { $0.id == id }?.name ?? id.rawValue }
}
