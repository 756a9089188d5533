import OrraModel

extension PlanningPipeline {
    /// What the offline planner made of an action, validated.
    struct OfflineAttempt {
        var made: OfflinePlan
        /// `nil` when there is none, or it did not pass.
        var plan: Plan?
        /// Why there is no plan.
        var reason: String

        var confidence: Double { plan == nil ? 0 : made.confidence }
    }

    /// Offline stage and validation.
    func attemptOffline(_ run: inout PlanningRun, _ catalogue: ProjectIndex.Catalogue) -> OfflineAttempt {
        let made = OfflinePlanner(index: catalogue.index)
            .plan(action: run.request.action, parameters: run.request.parameters)
        let unused = made.unused.isEmpty ? nil : made.unused
        guard let draft = made.draft else {
            let reason = made.refusal ?? "no registered service covers the action"
            run.note(
                PlanningStage(
                    .offline, .refused, reason, confidence: made.confidence, considered: made.considered,
                    steps: made.steps.isEmpty ? nil : made.steps, unused: unused))
            return OfflineAttempt(made: made, plan: nil, reason: reason)
        }
        let count = made.steps.count
        run.note(
            PlanningStage(
                .offline, .passed,
                "\(count) \(count == 1 ? "task" : "tasks"), confidence \(Self.rounded(made.confidence))",
                confidence: made.confidence, considered: made.considered, steps: made.steps, unused: unused))
        let examination = PlanExamination(draft, run, covers: run.match?.capabilities ?? [])
        run.note(examination.stage)
        return OfflineAttempt(
            made: made, plan: examination.plan, reason: examination.errors.joined(separator: "; "))
    }

    /// Without a model: it runs, waits for a person, or is refused.
    func planOffline(_ run: inout PlanningRun, _ catalogue: ProjectIndex.Catalogue) -> PlanningOutcome {
        let attempt = attemptOffline(&run, catalogue)
        guard let plan = attempt.plan else {
            return refuse(&run, PlanningRefusal(.notActionable, attempt.reason), confidence: attempt.made.confidence)
        }
        guard attempt.confidence >= min(run.draftThreshold, run.runThreshold) else {
            return refuse(&run, unsure(run, attempt, plan), origin: .offline, confidence: attempt.confidence)
        }
        return settle(&run, plan, origin: .offline, confidence: attempt.confidence)
    }

    /// The offline planner, and the model for what that is not sure of.
    func planOfflineFirst(
        _ run: inout PlanningRun, _ catalogue: ProjectIndex.Catalogue, _ model: any LanguageModel
    ) async -> PlanningOutcome {
        let attempt = attemptOffline(&run, catalogue)
        if let plan = attempt.plan, attempt.confidence >= run.runThreshold {
            return settle(&run, plan, origin: .offline, confidence: attempt.confidence)
        }
        return await planByModel(&run, catalogue, model, draft: attempt)
    }

    /// What becomes of the action when the model gave no plan.
    ///
    /// - Parameter draft: of the offline planner, where it was asked before.
    func fallBack(
        _ run: inout PlanningRun, _ catalogue: ProjectIndex.Catalogue, _ refusal: PlanningRefusal,
        draft: OfflineAttempt?
    ) -> PlanningOutcome {
        let attempt = draft ?? attemptOffline(&run, catalogue)
        // Where the offline planner comes first, its drafts may wait for a person; else they only stand in for the model.
        let bound = run.settings.order == .offline ? min(run.draftThreshold, run.runThreshold) : run.runThreshold
        if let plan = attempt.plan, attempt.confidence >= bound {
            return settle(&run, plan, origin: .offline, confidence: attempt.confidence)
        }
        let offline =
            attempt.plan.map { unsure(run, attempt, $0).reason } ?? "the offline planner has no plan: \(attempt.reason)"
        return refuse(
            &run, PlanningRefusal(refusal.kind, "\(refusal.reason); \(offline)", draft: attempt.plan),
            confidence: attempt.made.confidence)
    }

    private func unsure(_ run: PlanningRun, _ attempt: OfflineAttempt, _ plan: Plan) -> PlanningRefusal {
        let services = plan.tasks.map { run.name($0.service) }.joined(separator: ", ")
        let unused = attempt.made.unused.prefix(5).map { "'\($0.prefix(100))'" }.joined(separator: ", ")
        let nearest = attempt.made.considered.prefix(3).map(\.service).joined(separator: ", ")
        return PlanningRefusal(
            .notActionable,
            "the offline planner is not sure enough of its plan (\(services.prefix(400))): confidence "
                + Self.rounded(attempt.confidence)
                + (unused.isEmpty ? "" : "; unused: \(unused)") + (nearest.isEmpty ? "" : "; nearest: \(nearest)")
                + "; name the steps, or send the plan with the action",
            draft: plan)
    }
}
