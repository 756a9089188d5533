import AsyncHTTPClient
import Logging
import OrraCore
import OrraModel
import OrraPlanner
import OrraStore

extension HubPlanning {
    /// `client`: for the model's endpoint; there is one whenever a model is configured.
    init(
        loop: HubLoop, store: any Store, configuration: HubConfiguration, client: HTTPClient?, logger: Logger
    ) {
        documents = ProjectDocuments(loop: loop, store: store)
        book = PlanningBook(documents)
        let plans = StoredPlans(documents, logger: logger)
        let ledger = StoredLedger(documents, logger: logger)
        self.plans = plans
        self.ledger = ledger
        defaults = configuration.planning
        var model: (any LanguageModel)?
        var embedder: any Embedder = LexicalEmbedder()
        if let settings = configuration.model, let client {
            let month: @Sendable () -> String = { Self.month(of: loop.now) }
            model = OpenAIModel(
                configuration: settings, client: client, ledger: ledger, month: month, logger: logger)
            if settings.embeddings != nil {
                embedder = OpenAIEmbedder(
                    configuration: settings, client: client, ledger: ledger, month: month, logger: logger)
            }
        }
        self.model = model?.name
        budgetFault = { [settings = configuration.model] in ModelConfiguration.fault(ofBudget: $0, with: settings) }
        self.embedder = embedder
        var thresholds = EmbedderThresholds.standard(for: embedder.name)
        if let embeddings = configuration.model?.embeddings {
            thresholds.grounding = embeddings.groundingThreshold ?? thresholds.grounding
            thresholds.cache = embeddings.cacheThreshold ?? thresholds.cache
        }
        self.thresholds = thresholds
        let start = ContinuousClock.now
        pipeline = PlanningPipeline(
            model: model, embedder: embedder, memory: plans, thresholds: thresholds, digest: Self.digest,
            elapsed: { ContinuousClock.now - start }, now: { loop.now },
            newPlanID: {
                var random = SystemRandomNumberGenerator()
                return PlanID.random(using: &random)
            })
    }
}
