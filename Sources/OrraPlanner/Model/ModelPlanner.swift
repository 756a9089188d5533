import OrraModel

/// Asks a language model for a plan. One question, one answer: the pipeline validates, and asks again with what was
/// wrong.
public struct ModelPlanner: Sendable {
    private let model: any LanguageModel

    public init(model: any LanguageModel) { self.model = model }

    func ask(_ prompt: ModelPrompt, project: ProjectID, budget: Int?) async throws(ModelFault) -> ModelDraft {
        let answer = try await model.complete(
            ModelRequest(
                project: project, messages: prompt.messages, schema: prompt.schema, schemaName: "plan",
                budget: budget))
        let reader = AnswerReader(answer.text)
        var draft = ModelDraft(
            text: PromptData.clipped(reader.text, bytes: ModelPrompt.feedbackAnswerBytes), usage: answer.usage)
        switch reader.content {
        case .plan(let plan): draft.plan = prompt.identified(plan)
        case .refusal(let reason): draft.refusal = reason
        case .problem(let problem): draft.problem = problem
        }
        return draft
    }
}
