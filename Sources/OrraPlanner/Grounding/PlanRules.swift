import OrraModel

/// The checked constraints of groundings, read once for all plans that they are checked on.
struct PlanRules: Sendable {
    let groundings: [Grounding]
    let constraints: [PlanConstraint]

    /// Prose and what can't be read are left to the language model.
    init(_ groundings: [Grounding]) {
        self.groundings = groundings
        constraints = groundings.flatMap(\.constraints).compactMap { text in
            (try? PlanConstraint.parse(text)) ?? nil
        }
    }

    /// How the plan breaks them: a sentence each, at most `limit`. When the steps that one plan may take are spent, the
    /// last sentence says so: such a plan is refused rather than run unchecked.
    func violations(
        in plan: Plan, atMost limit: Int, steps: Int = Limits.constraintStepsPerPlan, names: (ServiceID) -> String
    ) -> [String] {
        guard !constraints.isEmpty else { return [] }
        let flow = PlanFlow(plan, names: names)
        var left = steps
        var found: [String] = []
        for (number, rule) in constraints.enumerated() {
            guard found.count < limit else { break }
            // Who asked is gone, and may have a plan under way all the same: what was not checked must not run.
            guard !Task.isCancelled else {
                found.append("the action was cancelled while its plan was checked")
                break
            }
            let violation = rule.violation(in: flow, steps: &left)
            guard left > 0 else {
                found.append(
                    "the constraints in force take too long to check on this plan: \(number) of "
                        + "\(constraints.count) were checked in \(steps) steps; use fewer tasks, or constraints with fewer "
                        + "quantifiers")
                break
            }
            if let violation { found.append("\(violation) (constraint '\(rule.text.prefix(256))')") }
        }
        return found
    }
}
