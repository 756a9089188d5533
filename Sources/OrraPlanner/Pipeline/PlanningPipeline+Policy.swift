import OrraModel

/// The last stage: a plan that is right runs, or waits for a yes.
extension PlanningPipeline {
    /// - Parameter confidence: of the offline planner, whose plan it is.
    func settle(
        _ run: inout PlanningRun, _ plan: Plan, origin: PlanOrigin, confidence: Double? = nil
    ) -> PlanningOutcome {
        let verdict: PlanningOutcome.Verdict
        let summary: String
        if let demand = ApprovalDemand(plan, origin: origin, catalogue: run.request.catalogue, settings: run.settings) {
            verdict = .hold(plan, .approval)
            switch demand {
            case .services(let names): summary = "waits for approval, as \(names.joined(separator: ", ")) asks for it"
            case .everyNewPlan:
                summary = "waits for approval, as the project asks for it for every plan that is not pinned"
            }
        } else if let confidence, confidence < run.runThreshold {
            verdict = .hold(plan, .confirmation)
            summary =
                "waits for confirmation: confidence \(Self.rounded(confidence)) is below "
                + "\(Self.rounded(run.runThreshold)), from which on plans run"
        } else {
            verdict = .run(plan)
            summary = confidence.map { "runs: confidence \(Self.rounded($0))" } ?? "runs"
        }
        run.note(PlanningStage(.policy, .passed, summary, confidence: confidence))
        return PlanningOutcome(
            verdict: verdict, origin: origin, confidence: confidence, stages: run.stages, groundingHit: run.match)
    }

    func refuse(
        _ run: inout PlanningRun, _ refusal: PlanningRefusal, origin: PlanOrigin? = nil, confidence: Double? = nil
    ) -> PlanningOutcome {
        run.note(PlanningStage(.policy, .refused, refusal.reason, confidence: confidence))
        return run.refused(refusal, origin: origin, confidence: confidence)
    }
}
