import AsyncHTTPClient
import Logging
import OrraModel
import OrraPlanner
import Synchronization

@testable import OrraHub

/// Time that a test moves itself: waits take none, and are written down.
final class ModelTime: Sendable {
    private struct State {
        var elapsed = Duration.zero
        var waits: [Duration] = []
    }

    private let state = Mutex(State())
    /// Sun, 22 Nov 2026 23:59:50 GMT.
    static let start = Timestamp(milliseconds: 1_795_391_990_000)

    var waits: [Duration] { state.withLock { $0.waits } }
    func pass(_ duration: Duration) { state.withLock { $0.elapsed += duration } }

    var clock: ModelClock {
        ModelClock(
            elapsed: { self.state.withLock { $0.elapsed } },
            now: { Self.start + self.state.withLock { $0.elapsed } },
            sleep: { wait in
                try Task.checkCancellation()
                self.state.withLock {
                    $0.waits.append(wait)
                    $0.elapsed += wait
                }
            },
            chance: { 0 })
    }
}

/// What was spent, in memory.
actor TestLedger: ModelLedger {
    private(set) var spending: [String: Int] = [:]
    private(set) var usages: [PlanningStage.Usage] = []

    func spent(by project: ProjectID, month: String) async -> Int { spending["\(project) \(month)"] ?? 0 }
    func add(_ usage: PlanningStage.Usage, by project: ProjectID, month: String) async {
        usages.append(usage)
        spending["\(project) \(month)", default: 0] += usage.microcost ?? 0
    }
}

/// A client of a scripted model, with time and ledger.
struct ModelBench {
    /// For all tests, and never shut down.
    static let client = HTTPClient(
        eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: ModelEndpoint.connections)

    let model: OpenAIModel
    let time: ModelTime
    let ledger: TestLedger

    init(
        _ endpoint: ScriptedModel, key: String? = "sk-secret", logger: Logger = Logger(label: "test"),
        _ change: (inout ModelConfiguration) -> Void = { _ in }
    ) {
        self.init(baseURL: endpoint.baseURL, key: key, logger: logger, change)
    }

    init(
        baseURL: String, key: String? = "sk-secret", logger: Logger = Logger(label: "test"),
        _ change: (inout ModelConfiguration) -> Void = { _ in }
    ) {
        var configuration = ModelConfiguration(name: "test-model", baseURL: baseURL, key: key)
        change(&configuration)
        let time = ModelTime()
        let ledger = TestLedger()
        model = OpenAIModel(
            configuration: configuration, client: Self.client, ledger: ledger, month: { "2026-11" },
            clock: time.clock, logger: logger)
        self.time = time
        self.ledger = ledger
    }

    func ask(_ words: String = "Plan JSON", budget: Int? = nil) async -> Result<ModelAnswer, ModelFault> {
        let request = ModelRequest(
            project: ProjectID("p_1"), messages: [ModelMessage(.system, "Rules"), ModelMessage(.user, words)],
            schema: ["type": "object"], schemaName: "plan", budget: budget)
        do throws(ModelFault) { return .success(try await model.complete(request)) } catch { return .failure(error) }
    }

    /// `nil` if there is a fault.
    func text(_ words: String = "Plan JSON", budget: Int? = nil) async -> String? {
        await answer(words, budget: budget)?.text
    }

    func answer(_ words: String = "Plan JSON", budget: Int? = nil) async -> ModelAnswer? {
        if case .success(let answer) = await ask(words, budget: budget) { answer } else { nil }
    }

    func fault(_ words: String = "Plan JSON", budget: Int? = nil) async -> ModelFault? {
        if case .failure(let fault) = await ask(words, budget: budget) { fault } else { nil }
    }
}
