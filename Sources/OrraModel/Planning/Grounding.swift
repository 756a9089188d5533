/// What a project's actions may be: use cases with the capabilities that each needs, and constraints on every plan.
///
/// Example: `{"name":"support","domain":"e-commerce support","version":"1.0","useCases":[{"action":"Handle customer
/// inquiry about {orderId}","params":{"orderId":"ORD123"},"capabilities":["Lookup order details","Generate
/// response"],"intent":"…"}],"constraints":["Verify the customer before a refund"]}`.
public struct Grounding: Sendable, Hashable, Codable {
    public struct UseCase: Sendable, Hashable, Codable {
        /// With the names of parameters in braces, or with examples of their values.
        public var action: String
        /// Names, with an example of each value.
        public var params: [String: JSONValue]
        /// What the plan's services must be able to do, each in a phrase.
        public var capabilities: [String]
        /// What the operator wants to have in the end.
        public var intent: String

        public init(
            action: String, params: [String: JSONValue] = [:], capabilities: [String] = [], intent: String = ""
        ) {
            self.action = action
            self.params = params
            self.capabilities = capabilities
            self.intent = intent
        }
    }

    /// Unique within its project, as is each version of it.
    public var name: String
    public var domain: String
    public var version: String
    public var useCases: [UseCase]
    /// In prose, for a language model; or checked: `(requires A before B)`, as docs/grounding.md has it.
    public var constraints: [String]

    public init(name: String, domain: String, version: String, useCases: [UseCase], constraints: [String] = []) {
        self.name = name
        self.domain = domain
        self.version = version
        self.useCases = useCases
        self.constraints = constraints
    }
}
