public import OrraModel

extension ModelPlanner {
    /// - Parameters:
    ///   - services: those that the model is shown, the likeliest first. No others can be in the plan.
    ///   - grounding: what the action was matched to, with the constraints on every plan.
    ///   - draft: a plan on the wire that the model confirms, betters or refuses.
    ///   - feedback: its earlier answers to this action, with their errors. The oldest first.
    public func draft(
        _ request: PlanningRequest, services: [Service], grounding: GroundingMatch? = nil, draft: JSONValue? = nil,
        feedback: [Feedback] = []
    ) async throws(ModelFault) -> ModelDraft {
        var prompt = ModelPrompt(
            action: request.action, parameters: request.parameters, services: services, catalogue: request.catalogue)
        if let grounding {
            let useCases =
                request.groundings
                .first { $0.name == grounding.name && $0.version == grounding.version }?.useCases ?? []
            prompt.useCase = useCases.indices.contains(grounding.useCase) ? useCases[grounding.useCase] : nil
        }
        prompt.constraints = grounding?.constraints ?? []
        prompt.draft = draft
        prompt.feedback = feedback
        return try await ask(prompt, project: request.project, budget: request.settings.modelBudget)
    }
}
