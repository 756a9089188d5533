import OrraModel

/// The validation stage: schemas and references, constraints of the groundings in force, capabilities of the use case.
struct PlanExamination {
    var plan: Plan?
    /// Sentences, as the planner is told them.
    var errors: [String]
    var unused: [String]
    /// Why the plan itself says that it can't be done.
    var notActionable: String?

    init(_ wire: JSONValue, _ run: PlanningRun, covers capabilities: [String]) {
        let review = PlanValidator.review(
            wire, parameters: run.request.parameters, catalogue: run.request.catalogue)
        unused = review.unused
        notActionable = review.notActionable
        errors = review.errors.map(\.description)
        guard let plan = review.plan else { return }
        errors += run.rules.violations(
            in: plan, atMost: PlanReview.maximumErrors - errors.count, names: run.name)
        let uncovered = CapabilityCoverage.uncovered(capabilities: capabilities, by: run.services(of: plan))
        if !uncovered.isEmpty {
            errors.append(
                "the plan lacks what the use case '\(run.match?.action.prefix(256) ?? "")' asks for: "
                    + uncovered.map { "'\($0.prefix(128))'" }.joined(separator: ", ")
                    + ": add a task of a service that does it")
        }
        errors = Array(errors.prefix(PlanReview.maximumErrors))
        if errors.isEmpty { self.plan = plan }
    }

    var stage: PlanningStage {
        let unused = unused.isEmpty ? nil : unused
        if let plan {
            let tasks = plan.tasks.count == 1 ? "1 task fits its schema" : "\(plan.tasks.count) tasks fit their schemas"
            return PlanningStage(
                .validation, .passed,
                tasks + (unused.map { "; no task takes \(Self.list($0))" } ?? ""), unused: unused)
        }
        return PlanningStage(.validation, .refused, errors.joined(separator: "; "), unused: unused)
    }

    private static func list(_ names: [String]) -> String {
        names.prefix(8).map { "'\($0.prefix(64))'" }.joined(separator: ", ") + (names.count > 8 ? " …" : "")
    }
}
