/// A language model, and an embedding model, behind OpenAI-compatible endpoints. `docs/models.md` has recipes.
public struct ModelConfiguration: Sendable, Hashable {
    /// Whether the endpoint is told the answer's JSON Schema.
    public enum StructuredOutput: String, Sendable, Hashable, CaseIterable {
        /// Told, and left out from then on if the endpoint says that it does not know it.
        case auto
        case on
        case off
    }

    public struct Embeddings: Sendable, Hashable {
        public var name: String
        /// Without a slash at the end: `https://api.openai.com/v1`.
        public var baseURL: String
        public var key: String?
        /// Millionths of a currency for a million tokens. `nil`: embeddings cost nothing.
        public var price: Int?
        /// From which similarity on an action is a use case, 0 to 1. `nil`: as the model's family has it.
        public var groundingThreshold: Double?
        /// From which similarity on an action gets a cached plan, 0 to 1. `nil`: as the model's family has it.
        public var cacheThreshold: Double?

        public init(
            name: String, baseURL: String, key: String? = nil, price: Int? = nil, groundingThreshold: Double? = nil,
            cacheThreshold: Double? = nil
        ) {
            self.name = name
            self.baseURL = baseURL
            self.key = key
            self.price = price
            self.groundingThreshold = groundingThreshold
            self.cacheThreshold = cacheThreshold
        }
    }

    /// As the endpoint knows it. Any is allowed.
    public var name: String
    /// Without a slash at the end: `https://api.openai.com/v1`.
    public var baseURL: String
    /// `nil` for endpoints that ask for none.
    public var key: String?
    /// `nil`: actions are compared by their words.
    public var embeddings: Embeddings?
    /// How long one answer may take, tries again included.
    public var timeout: Duration
    /// Millionths of a currency for a million tokens. `nil`: nothing is counted, and no budget refuses.
    public var promptPrice: Int?
    public var completionPrice: Int?
    public var structuredOutput: StructuredOutput
    /// Of one answer, thinking included. `nil`: as the endpoint has it.
    public var maximumTokens: Int?
    /// `nil`: as the endpoint has it, which is what makers of reasoning models want.
    public var temperature: Double?

    public init(
        name: String, baseURL: String = Self.standardBaseURL, key: String? = nil, embeddings: Embeddings? = nil,
        timeout: Duration = Self.standardTimeout, promptPrice: Int? = nil, completionPrice: Int? = nil,
        structuredOutput: StructuredOutput = .auto, maximumTokens: Int? = nil, temperature: Double? = nil
    ) {
        self.name = name
        self.baseURL = baseURL
        self.key = key
        self.embeddings = embeddings
        self.timeout = timeout
        self.promptPrice = promptPrice
        self.completionPrice = completionPrice
        self.structuredOutput = structuredOutput
        self.maximumTokens = maximumTokens
        self.temperature = temperature
    }

    public static let standardBaseURL = "https://api.openai.com/v1"
    public static let standardEmbeddings = "text-embedding-3-small"
    public static let standardTimeout = Duration.seconds(60)

    /// What so many tokens cost.
    func microcost(promptTokens: Int, completionTokens: Int) -> Int? {
        Self.microcost([(promptTokens, promptPrice), (completionTokens, completionPrice)])
    }

    /// Rounded up, so that a budget is never passed by roundings; `nil` where there are no prices.
    static func microcost(_ parts: [(tokens: Int, price: Int?)]) -> Int? {
        guard parts.contains(where: { $0.price != nil }) else { return nil }
        var sum = 0
        for part in parts {
            let (product, isTooMuch) = max(0, part.tokens).multipliedReportingOverflow(by: part.price ?? 0)
            let (next, overflow) = sum.addingReportingOverflow(product)
            guard !isTooMuch, !overflow else { return Int.max / 1_000_000 }
            sum = next
        }
        return sum / 1_000_000 + (sum % 1_000_000 == 0 ? 0 : 1)
    }

    /// Why a budget for models would hold nothing back: it lacks prices. `nil` for one that holds, and for 0, which refuses
    /// every question.
    public static func fault(ofBudget budget: Int?, with model: ModelConfiguration?) -> String? {
        guard let budget, budget > 0 else { return nil }
        let prices = [("LLM_PROMPT_PRICE", model?.promptPrice), ("LLM_COMPLETION_PRICE", model?.completionPrice)]
        let missing = prices.filter { $0.1 == nil }.map(\.0)
        guard !missing.isEmpty else { return nil }
        return "a budget for models needs the prices of tokens, or nothing is ever counted as spent: set "
            + "\(missing.joined(separator: " and ")) where the hub runs, or take 0, which refuses every question"
    }
}
