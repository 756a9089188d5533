public import OrraModel

/// What a model made of an action: a plan, a refusal, or neither.
public struct ModelDraft: Sendable, Hashable {
    /// On the wire, `{"tasks": […]}`, not validated: only the form was read. `nil` when there is none.
    public var plan: JSONValue?
    /// Why the model holds the action for impossible. `nil` when there is a plan.
    public var refusal: String?
    /// What is wrong with the answer's form, as the model is told it: there is neither plan nor refusal then.
    public var problem: String?
    /// The answer without the thinking before it, for the next try.
    public var text: String
    public var usage: PlanningStage.Usage

    public init(
        plan: JSONValue? = nil, refusal: String? = nil, problem: String? = nil, text: String,
        usage: PlanningStage.Usage
    ) {
        self.plan = plan
        self.refusal = refusal
        self.problem = problem
        self.text = text
        self.usage = usage
    }
}

/// An earlier answer of the model and what was wrong with it.
public struct Feedback: Sendable, Hashable {
    /// ``ModelDraft/text``.
    public var answer: String
    /// As the validation has them, one sentence each.
    public var errors: [String]

    public init(answer: String, errors: [String]) {
        self.answer = answer
        self.errors = errors
    }
}
