import OrraModel

/// Cache and language model.
extension PlanningPipeline {
    /// How the model's answers ended.
    private enum Answer {
        case plan(Plan)
        /// The model says that it can't be done.
        case refused(String)
        case failed(PlanningRefusal)
        case cancelled
    }

    func planByModel(
        _ run: inout PlanningRun, _ catalogue: ProjectIndex.Catalogue, _ model: any LanguageModel,
        draft: OfflineAttempt?
    ) async -> PlanningOutcome {
        let request = run.request
        let scope = PlanScope.digest(request, catalogue: catalogue.digest, match: run.match, digest)
        let known = await cache.memory.plans(of: request.project, scope: scope)
        if let plan = await take(&run, cache.exact(known, run.lifted)) { return settle(&run, plan, origin: .cache) }
        let vector = await cache.vector(of: run.lifted, for: request.project)
        if let plan = await take(&run, cache.similar(known, run.lifted, vector)) {
            return settle(&run, plan, origin: .cache)
        }
        let key = PlanFlights.Key(
            project: request.project, scope: scope, action: run.lifted.words,
            kinds: run.lifted.literals.map(\.kind.rawValue))
        switch await flights.join(key) {
        case .lead:
            return await lead(&run, catalogue, model, draft: draft, key: key, vector: vector)
        case .share(let plan):
            if let hit = cache.hit(plan, run.lifted), let plan = await take(&run, [hit]) {
                return settle(&run, plan, origin: .cache)
            }
            run.note(PlanningStage(.cache, .miss, "the plan that was made meanwhile does not fit this action"))
            return await askAlone(&run, catalogue, model, draft: draft, scope: scope, vector: vector)
        case .alone:
            run.note(PlanningStage(.cache, .miss, "the plan that was made meanwhile holds values of another action"))
            return await askAlone(&run, catalogue, model, draft: draft, scope: scope, vector: vector)
        case .fail(let refusal):
            run.note(PlanningStage(.cache, .miss, "the model failed for the actions with which this one waited"))
            return conclude(&run, catalogue, .failed(refusal), draft: draft)
        case .cancelled:
            run.note(PlanningStage(.cache, .failed, "the action was cancelled while it waited for a plan"))
            return run.refused(Self.cancelled)
        }
    }

    private static let cancelled = PlanningRefusal(.plannerUnavailable, "the action was cancelled while it was planned")

    /// Asks the model for all that want the same plan.
    private func lead(
        _ run: inout PlanningRun, _ catalogue: ProjectIndex.Catalogue, _ model: any LanguageModel,
        draft: OfflineAttempt?, key: PlanFlights.Key, vector: PlanCache.Vector
    ) async -> PlanningOutcome {
        // It may have come in between the look into the cache and now.
        let known = await cache.memory.plans(of: key.project, scope: key.scope)
        for hit in cache.exact(known, run.lifted) {
            guard let plan = await take(&run, [hit]) else { continue }
            await flights.finish(key, .shared(hit.plan))
            return settle(&run, plan, origin: .cache)
        }
        run.note(
            PlanningStage(
                .cache, .miss,
                known.isEmpty ? "no plan for these services and parameters" : "none of \(known.count) plans fits"))
        let answer = await ask(&run, catalogue, model, draft: draft)
        switch answer {
        case .plan(let plan):
            let cached = await keep(run, plan, scope: key.scope, vector: vector)
            await flights.finish(key, cached.map { .shared($0) } ?? .unshareable)
        case .refused: await flights.finish(key, .unshareable)
        case .failed(let refusal): await flights.finish(key, .failed(refusal))
        case .cancelled: await flights.finish(key, .cancelled)
        }
        return conclude(&run, catalogue, answer, draft: draft)
    }

    private func askAlone(
        _ run: inout PlanningRun, _ catalogue: ProjectIndex.Catalogue, _ model: any LanguageModel,
        draft: OfflineAttempt?, scope: String, vector: PlanCache.Vector
    ) async -> PlanningOutcome {
        let answer = await ask(&run, catalogue, model, draft: draft)
        if case .plan(let plan) = answer { _ = await keep(run, plan, scope: scope, vector: vector) }
        return conclude(&run, catalogue, answer, draft: draft)
    }

    private func conclude(
        _ run: inout PlanningRun, _ catalogue: ProjectIndex.Catalogue, _ answer: Answer, draft: OfflineAttempt?
    ) -> PlanningOutcome {
        switch answer {
        case .plan(let plan): return settle(&run, plan, origin: .model)
        case .refused(let reason): return refuse(&run, PlanningRefusal(.notActionable, reason, draft: draft?.plan))
        case .failed(let refusal):
            // A budget is a person's word, and no outage: nothing stands in.
            guard refusal.kind != .budgetSpent else { return refuse(&run, refusal) }
            return fallBack(&run, catalogue, refusal, draft: draft)
        case .cancelled: return run.refused(Self.cancelled)
        }
    }

    // MARK: - Cache

    /// The first plan that passes, with this action's own values. One that does not pass is dropped.
    private func take(_ run: inout PlanningRun, _ hits: [PlanCache.Hit]) async -> Plan? {
        for hit in hits {
            let examination = PlanExamination(hit.wire, run, covers: run.match?.capabilities ?? [])
            guard let plan = examination.plan else {
                // Then it may be as right as it was.
                guard !Task.isCancelled else { return nil }
                await cache.memory.drop([hit.plan.id], of: run.request.project)
                run.note(
                    PlanningStage(
                        .cache, .failed,
                        "dropped \(hit.plan.id): \(examination.errors.joined(separator: "; "))"))
                continue
            }
            await cache.memory.used(hit.plan.id, of: run.request.project)
            let words = hit.similarity.map { "alike words, similarity \(Self.rounded($0))" } ?? "the same words"
            run.note(
                PlanningStage(
                    .cache, .hit, "\(hit.plan.id), made by \(hit.plan.model) for \(words)", steps: run.steps(of: plan)))
            run.note(examination.stage)
            return plan
        }
        return nil
    }

    /// `nil` when it holds values of this action that can't be taken out.
    private func keep(
        _ run: PlanningRun, _ plan: Plan, scope: String, vector: PlanCache.Vector
    ) async -> CachedPlan? {
        var run = run
        guard
            let template = try? PlanTemplate(
                plan, action: run.lifted, parameters: run.request.parameters, catalogue: run.request.catalogue)
        else { return nil }
        let cached = CachedPlan(
            id: newPlanID(), project: run.request.project, scope: scope, action: run.lifted.words,
            template: RawJSON(template.wire), model: model?.name ?? "", embedding: vector.values,
            embedder: vector.embedder, services: run.services(of: plan).map(\.name).sorted(), createdAt: now())
        await cache.memory.keep(cached)
        return cached
    }

    // MARK: - Model

    /// The model's answers, each validated, until one passes or there were enough.
    private func ask(
        _ run: inout PlanningRun, _ catalogue: ProjectIndex.Catalogue, _ model: any LanguageModel,
        draft: OfflineAttempt?
    ) async -> Answer {
        let services = retrieve(&run, catalogue)
        var feedback: [Feedback] = []
        while feedback.count < Limits.modelAnswersPerPlan {
            let answer: ModelDraft
            do {
                answer = try await ModelPlanner(model: model).draft(
                    run.request, services: services, grounding: run.match, draft: draft?.made.draft, feedback: feedback)
            } catch {
                if Task.isCancelled { return .cancelled }
                run.note(PlanningStage(.model, .failed, error.reason, usage: error.usage))
                let kind: PlanningRefusal.Kind = error.kind == .budgetSpent ? .budgetSpent : .plannerUnavailable
                return .failed(PlanningRefusal(kind, "the model \(model.name) gave no plan: \(error.reason)"))
            }
            if Task.isCancelled { return .cancelled }
            if let reason = answer.refusal {
                run.note(PlanningStage(.model, .refused, reason, usage: answer.usage))
                return .refused(reason)
            }
            guard let wire = answer.plan else {
                let problem = answer.problem ?? "the answer holds no plan"
                run.note(PlanningStage(.model, .failed, problem, usage: answer.usage))
                feedback.append(Feedback(answer: answer.text, errors: [problem]))
                continue
            }
            let examination = PlanExamination(wire, run, covers: run.match?.capabilities ?? [])
            let count = wire["tasks"]?.array?.count ?? 0
            run.note(
                PlanningStage(
                    .model, .passed,
                    "answer \(feedback.count + 1) of \(model.name): a plan of \(count) \(count == 1 ? "task" : "tasks")",
                    steps: examination.plan.map(run.steps), usage: answer.usage))
            run.note(examination.stage)
            if let plan = examination.plan { return .plan(plan) }
            feedback.append(Feedback(answer: answer.text, errors: examination.errors))
        }
        let errors = feedback.last?.errors.joined(separator: "; ") ?? ""
        return .failed(
            PlanningRefusal(
                .plannerUnavailable,
                "the plan of the model \(model.name) is still wrong after \(feedback.count) answers: \(errors)"))
    }

    /// The services for the prompt: all, or of a large catalogue those that the action can mean.
    private func retrieve(_ run: inout PlanningRun, _ catalogue: ProjectIndex.Catalogue) -> [Service] {
        let all = run.request.catalogue
        guard all.count > Limits.servicesPerPrompt else { return all }
        let relevant = catalogue.index.relevant(to: run.request.action, limit: Limits.servicesPerPrompt)
        run.note(
            PlanningStage(
                .retrieval, .passed, "\(relevant.count) of \(all.count) services go into the prompt",
                considered: relevant.map { .init(service: $0.service.name, score: $0.score, isChosen: true) }))
        return relevant.map(\.service)
    }
}
