public import OrraModel

/// From an action to a plan: parameters → grounding → cache → planner → validation → policy.
///
/// Every stage that ran leaves one ``PlanningStage``. One pipeline serves all projects of a hub.
public struct PlanningPipeline: Sendable {
    let model: (any LanguageModel)?
    let embedder: any Embedder
    let thresholds: EmbedderThresholds
    let cache: PlanCache
    let flights = PlanFlights()
    let indexes = ProjectIndexes()
    let digest: @Sendable ([UInt8]) -> String
    let elapsed: @Sendable () -> Duration
    let now: @Sendable () -> Timestamp
    let newPlanID: @Sendable () -> PlanID

    /// - Parameters:
    ///   - model: `nil`: the offline planner plans alone, and nothing is cached.
    ///   - embedder: `nil`: ``LexicalEmbedder``.
    ///   - thresholds: `nil`: the embedder's own, ``EmbedderThresholds/standard(for:)``.
    ///   - digest: SHA-256 in hexadecimal digits.
    ///   - elapsed: a clock that never goes back, for the time that stages take.
    public init(
        model: (any LanguageModel)?, embedder: (any Embedder)? = nil, memory: any PlanMemory,
        thresholds: EmbedderThresholds? = nil, digest: @escaping @Sendable ([UInt8]) -> String,
        elapsed: @escaping @Sendable () -> Duration, now: @escaping @Sendable () -> Timestamp,
        newPlanID: @escaping @Sendable () -> PlanID
    ) {
        let embedder = embedder ?? LexicalEmbedder()
        let thresholds = thresholds ?? .standard(for: embedder.name)
        self.model = model
        self.embedder = embedder
        self.thresholds = thresholds
        cache = PlanCache(memory: memory, embedder: embedder, threshold: thresholds.cache)
        self.digest = digest
        self.elapsed = elapsed
        self.now = now
        self.newPlanID = newPlanID
    }

    /// Plans an action. Never throws: what can't be planned is a refusal.
    @concurrent
    public func plan(_ request: PlanningRequest) async -> PlanningOutcome {
        let project = await indexes.index(of: request.project)
        var run = await begin(request, project)
        if let fault = ParameterCheck.fault(request) {
            run.note(PlanningStage(.parameters, .refused, fault))
            return run.refused(PlanningRefusal(.invalid, fault))
        }
        run.note(PlanningStage(.parameters, .passed, ParameterCheck.summary(request.parameters)))
        if let refusal = await ground(&run, project) { return run.refused(refusal) }
        let catalogue = await project.catalogue(request.catalogue, digest: digest)
        guard let model else { return planOffline(&run, catalogue) }
        if run.settings.order == .offline {
            return await planOfflineFirst(&run, catalogue, model)
        }
        return await planByModel(&run, catalogue, model, draft: nil)
    }

    /// Checks a plan that came with the action. No planner makes another one of it, and no cache keeps it.
    @concurrent
    public func check(given plan: JSONValue, _ request: PlanningRequest) async -> PlanningOutcome {
        var run = await begin(request, indexes.index(of: request.project))
        if let refusal = checkParameters(&run) { return run.refused(refusal, origin: .given) }
        run.note(PlanningStage(.given, .passed, "the plan came with the action: no planner is asked"))
        return judge(&run, plan, origin: .given)
    }

    /// Checks a plan that was saved under a name, with this action's parameters.
    @concurrent
    public func check(pinned: PinnedPlan, _ request: PlanningRequest) async -> PlanningOutcome {
        var run = await begin(request, indexes.index(of: request.project))
        if let refusal = checkParameters(&run) { return run.refused(refusal, origin: .pinned) }
        if let reason = fault(of: pinned, for: request) {
            run.note(PlanningStage(.pinned, .refused, reason))
            return run.refused(PlanningRefusal(.invalid, reason), origin: .pinned)
        }
        run.note(
            PlanningStage(
                .pinned, .passed, "'\(pinned.name)', pinned \(pinned.pinnedAt); its services are as they were then"))
        return judge(&run, pinned.bound(to: request.catalogue), origin: .pinned)
    }

    // MARK: - Stages

    private func begin(_ request: PlanningRequest, _ project: ProjectIndex) async -> PlanningRun {
        PlanningRun(request, rules: await project.rules(request.groundings), elapsed: elapsed)
    }

    private func checkParameters(_ run: inout PlanningRun) -> PlanningRefusal? {
        if let fault = ParameterCheck.parameterFault(run.request) {
            run.note(PlanningStage(.parameters, .refused, fault))
            return PlanningRefusal(.invalid, fault)
        }
        run.note(PlanningStage(.parameters, .passed, ParameterCheck.summary(run.request.parameters)))
        return nil
    }

    private func fault(of pinned: PinnedPlan, for request: PlanningRequest) -> String? {
        let differences = pinned.differences(from: request.catalogue, digest: digest)
        guard differences.isEmpty else { return differences.joined(separator: "; ") }
        let missing = pinned.parameters.keys.sorted().filter { request.parameters[$0] == nil }
        guard missing.isEmpty else {
            return "the pinned plan '\(pinned.name)' takes "
                + missing.map { "'\($0.prefix(128))'" }.joined(separator: ", ")
                + ", which the action does not have: send it as a parameter"
        }
        // A parameter wins over a value of task0: what was reviewed would not be what runs.
        let constants = pinned.plan.value["tasks"]?.array?.first { $0["id"] == "task0" }?["input"]?.object?.keys ?? []
        let clashes = constants.filter { request.parameters[$0] != nil }
        guard clashes.isEmpty else {
            return "the parameter '\(clashes[0].prefix(128))' has the name of a constant of the pinned plan "
                + "'\(pinned.name)': leave it out"
        }
        return nil
    }

    /// The use case that the action is one of. A refusal where there must be one and none is.
    private func ground(_ run: inout PlanningRun, _ project: ProjectIndex) async -> PlanningRefusal? {
        let groundings = run.request.groundings
        guard !groundings.isEmpty else { return nil }
        let isStrict = run.settings.grounding != .advise
        let matches: GroundingMatches
        do {
            let index = try await project.grounding(groundings, embedder, for: run.request.project)
            matches = try await index.match(
                action: run.request.action, parameterNames: run.request.parameters.keys, embedder: embedder,
                threshold: thresholds.grounding, for: run.request.project)
        } catch {
            let reason = "the embedder '\(embedder.name)' gave no answer, so that no use case can be matched: \(error)"
            run.note(PlanningStage(.grounding, .failed, reason))
            return isStrict ? PlanningRefusal(.plannerUnavailable, reason) : nil
        }
        let considered = matches.considered.enumerated().map { number, candidate in
            PlanningStage.Considered(
                service: candidate.useCase, score: candidate.similarity, isChosen: number == 0 && matches.best != nil)
        }
        if let best = matches.best {
            run.match = best
            run.note(
                PlanningStage(
                    .grounding, .hit,
                    "is '\(best.action)' of \(best.name) \(best.version), similarity \(Self.rounded(best.similarity))",
                    considered: considered))
            return nil
        }
        let nearest = matches.considered.prefix(3).map {
            "'\($0.useCase.prefix(200))' (\(Self.rounded($0.similarity)))"
        }
        let reason =
            "no use case of the groundings in force matches the action; "
            + (nearest.isEmpty ? "they have no use cases" : "nearest: " + nearest.joined(separator: ", "))
            + "; a match needs \(Self.rounded(thresholds.grounding))"
        run.note(
            PlanningStage(
                .grounding, isStrict ? .refused : .miss, reason + (isStrict ? "" : "; planned all the same"),
                considered: considered))
        return isStrict ? PlanningRefusal(.notActionable, reason) : nil
    }

    /// Validation and policy of a plan that no planner made.
    private func judge(_ run: inout PlanningRun, _ wire: JSONValue, origin: PlanOrigin) -> PlanningOutcome {
        let examination = PlanExamination(wire, run, covers: [])
        if origin == .given, let reason = examination.notActionable {
            run.note(PlanningStage(.validation, .refused, reason))
            return run.refused(PlanningRefusal(.notActionable, reason), origin: origin)
        }
        var stage = examination.stage
        stage.steps = examination.plan.map(run.steps)
        run.note(stage)
        guard let plan = examination.plan else {
            return run.refused(
                PlanningRefusal(.invalid, examination.errors.joined(separator: "; ")), origin: origin)
        }
        return settle(&run, plan, origin: origin)
    }

    /// Two decimals.
    static func rounded(_ number: Double) -> String {
        let hundredths = Int((number * 100).rounded())
        let rest = abs(hundredths) % 100
        return "\(hundredths < 0 ? "-" : "")\(abs(hundredths) / 100).\(rest < 10 ? "0" : "")\(rest)"
    }
}
