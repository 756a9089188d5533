import OrraModel
import Synchronization

@testable import OrraPlanner

/// A language model within the process that answers as a test says.
final class TestModel: LanguageModel {
    typealias Answer = @Sendable (_ request: ModelRequest, _ number: Int) async throws(ModelFault) -> String

    let name = "test-model"
    private let requestsSoFar = Mutex<[ModelRequest]>([])
    private let answer: Answer

    init(_ answer: @escaping Answer) { self.answer = answer }

    /// The same answers in order, the last one again and again.
    convenience init(answers: [String]) {
        self.init { (_, number) throws(ModelFault) in answers[min(number, answers.count) - 1] }
    }

    convenience init(fault: ModelFault.Kind, _ reason: String) {
        self.init { (_, _) throws(ModelFault) in throw ModelFault(fault, reason) }
    }

    var requests: [ModelRequest] { requestsSoFar.withLock { $0 } }
    var calls: Int { requestsSoFar.withLock { $0.count } }

    func complete(_ request: ModelRequest) async throws(ModelFault) -> ModelAnswer {
        let number = requestsSoFar.withLock {
            $0.append(request)
            return $0.count
        }
        let text = try await answer(request, number)
        return ModelAnswer(
            text: text,
            usage: .init(model: name, promptTokens: 100, completionTokens: 10, microcost: 5, requests: 1))
    }
}

/// Holds back whoever passes until it is opened.
actor Gate {
    private var isOpen = false
    private var waiting: [AsyncStream<Void>.Continuation] = []

    /// Returns when the gate is open, or the task is cancelled.
    func pass() async {
        guard !isOpen else { return }
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        waiting.append(continuation)
        for await _ in stream {}
    }

    func open() {
        isOpen = true
        for continuation in waiting { continuation.finish() }
        waiting = []
    }
}

/// An embedder that knows the vectors that a test gives it.
struct TestEmbedder: Embedder {
    var name = "test-embedder"
    var vectors: [String: [Float]] = [:]
    var fault: String?

    func embed(_ texts: [String], for project: ProjectID?) async throws(EmbeddingFault) -> [[Float]] {
        if let fault { throw EmbeddingFault(reason: fault) }
        return texts.map { vectors[$0] ?? [0, 0, 1] }
    }
}

/// A pipeline with a clock that steps 10 µs each time it is asked, and with ids in a row.
struct TestPipeline {
    let pipeline: PlanningPipeline
    let memory: MemoryPlans
    let time: TestClock

    init(
        _ model: TestModel? = nil, embedder: (any Embedder)? = nil, thresholds: EmbedderThresholds? = nil,
        memory: MemoryPlans? = nil
    ) {
        let time = TestClock()
        let memory = memory ?? MemoryPlans { time.now }
        let ids = Counter()
        let ticks = Counter()
        self.memory = memory
        self.time = time
        pipeline = PlanningPipeline(
            model: model, embedder: embedder, memory: memory, thresholds: thresholds, digest: testDigest,
            elapsed: { .microseconds(10 * ticks.next()) }, now: { time.now }, newPlanID: { PlanID("pl_\(ids.next())") })
    }

    func plan(
        _ action: String, _ parameters: JSONObject = [:], _ catalogue: [Service] = Sample.shop,
        groundings: [Grounding] = [], settings: PlanningSettings = PlanningSettings()
    ) async -> PlanningOutcome {
        await pipeline.plan(
            PlanningRequest(
                action: action, parameters: parameters, catalogue: catalogue, project: ProjectID("p_1"),
                groundings: groundings, settings: settings))
    }

    func cached() async -> [CachedPlan] { await memory.plans(of: ProjectID("p_1")) }
}

final class TestClock: Sendable {
    private let moment = Mutex(Timestamp(milliseconds: 1_000))
    var now: Timestamp { moment.withLock { $0 } }
    func pass(_ duration: Duration) { moment.withLock { $0 = $0 + duration } }
}

final class Counter: Sendable {
    private let count = Mutex(0)
    func next() -> Int {
        count.withLock {
            $0 += 1
            return $0
        }
    }
}

/// FNV-1a over 64 bits. Tests need no more of a digest than that it differs.
@Sendable func testDigest(_ bytes: [UInt8]) -> String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return String(hash, radix: 16)
}

/// Waits until something is so, by asking.
func until(_ condition: () async -> Bool) async {
    while await !condition() { await Task.yield() }
}

extension PlanningOutcome {
    /// `parameters passed`, one for each stage.
    var journal: [String] { stages.map { "\($0.stage.rawValue) \($0.result.rawValue)" } }

    func stage(_ stage: PlanningStage.Stage) -> PlanningStage? { stages.last { $0.stage == stage } }

    var hold: HoldReason? { if case .hold(_, let reason) = verdict { reason } else { nil } }
    var runs: Bool { if case .run = verdict { true } else { false } }

    /// The values that a task gets from `task0`, by field.
    func values(of task: Int) -> JSONObject {
        var values = JSONObject()
        guard let plan, let task = plan.tasks.first(where: { $0.id.number == task }) else { return values }
        let given = plan.parameters.value
        for input in task.input where input.source == .zero { values[input.field] = given[input.sourceField] }
        return values
    }
}

/// A plan on the wire.
func wire(_ tasks: (service: String, input: JSONObject)...) -> String {
    let listed = tasks.enumerated().map { number, task -> JSONValue in
        ["id": .string("task\(number + 1)"), "service": .string(task.service), "input": .object(task.input)]
    }
    return RawJSON(["tasks": .array(listed)]).text
}
