import OrraModel

@testable import OrraEngine

extension Run {
    /// Planned with services that accept anything, and waiting for a yes.
    static func held(
        _ tasks: Plan.Task..., kept: [KeptOutput] = [], hold: HoldReason = .approval,
        outputCheck: PlanningSettings.OutputCheck? = nil, world: World = .of("alpha", "beta", "gamma")
    ) -> Run {
        var run = Run(world)
        run.handle(
            .planned(
                Plan(parameters: RawJSON(["x": 1]), tasks: tasks), kept: kept,
                terms: PlanTerms(
                    planner: .offline, confidence: 0.6, planHash: "h", hold: hold, outputCheck: outputCheck)))
        return run
    }

    /// What `stage` leaves in the journal.
    static let stages = [
        PlanningStage(.parameters, .passed, "2 parameters"),
        PlanningStage(.offline, .passed, "all phrases matched", microseconds: 85, confidence: 0.9),
    ]
}

extension Orchestration {
    var failureCode: FailureCode? { failure?.code }
}
