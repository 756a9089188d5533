import OrraModel
import Testing

@testable import OrraPlanner

@Suite("The planner with a model")
struct ModelPlannerTests {
    /// Answers one thing, and shows what it was asked.
    private struct Fixed: LanguageModel {
        var name = "fixed"
        var answer: Result<ModelAnswer, ModelFault>
        let asked: AsyncStream<ModelRequest>.Continuation

        func complete(_ request: ModelRequest) async throws(ModelFault) -> ModelAnswer {
            asked.yield(request)
            return try answer.get()
        }
    }

    private static let usage = PlanningStage.Usage(model: "fixed", promptTokens: 9, completionTokens: 3, requests: 1)

    private func draft(
        _ answer: Result<ModelAnswer, ModelFault>, feedback: [Feedback] = []
    ) async throws -> (ModelDraft, ModelRequest) {
        let (stream, asked) = AsyncStream.makeStream(of: ModelRequest.self)
        let services = [ModelPromptTests.service("refund", id: "s_refund")]
        var request = PlanningRequest(action: "Refund it", parameters: ["orderId": "ORD1"], catalogue: services)
        request.project = ProjectID("p_7")
        request.settings = PlanningSettings(modelBudget: 5)
        let draft = try await ModelPlanner(model: Fixed(answer: answer, asked: asked)).draft(
            request, services: services, feedback: feedback)
        asked.finish()
        for await request in stream { return (draft, request) }
        throw ModelFault(.malformed, "was not asked")
    }

    @Test("a plan comes back on the wire, with ids, and with what it cost")
    func plan() async throws {
        let text =
            #"<think>x</think>{"tasks":[{"id":"task1","service":"refund","input":{"orderId":"$task0.orderId"}}]}"#
        let (draft, request) = try await draft(.success(ModelAnswer(text: text, usage: Self.usage)))
        #expect(
            draft.plan == [
                "tasks": [["id": "task1", "service": "s_refund", "input": ["orderId": "$task0.orderId"]]]
            ])
        #expect(draft.refusal == nil && draft.problem == nil)
        #expect(draft.text.hasPrefix("{"))
        #expect(draft.usage == Self.usage)
        #expect(request.project == ProjectID("p_7"))
        #expect(request.budget == 5)
        #expect(request.schemaName == "plan")
        #expect(request.schema?["required"] == ["tasks", "refusal"])
    }

    @Test("a refusal, and a text that is neither, are told apart")
    func others() async throws {
        let refused = try await draft(.success(ModelAnswer(text: #"{"refusal":"No."}"#, usage: Self.usage))).0
        #expect(refused.refusal == "No." && refused.plan == nil && refused.problem == nil)
        let garbage = try await draft(.success(ModelAnswer(text: "hello", usage: Self.usage))).0
        #expect(garbage.problem?.contains("no JSON object") == true && garbage.plan == nil && garbage.refusal == nil)
        #expect(garbage.text == "hello")
    }

    @Test("the model is told its earlier answers and exactly what was wrong with each")
    func feedback() async throws {
        let (_, request) = try await draft(
            .success(ModelAnswer(text: "{}", usage: Self.usage)),
            feedback: [
                Feedback(answer: "first", errors: ["task1: one"]), Feedback(answer: "second", errors: ["a", "b"]),
            ])
        #expect(request.messages.map(\.role) == [.system, .user, .assistant, .user, .assistant, .user])
        #expect(request.messages[2].text == "first")
        #expect(try ModelPromptTests.lines("errors", in: request.messages[3].text) == ["task1: one"])
        #expect(try ModelPromptTests.lines("errors", in: request.messages[5].text) == ["a", "b"])
    }

    @Test("a fault goes through as it is")
    func fault() async {
        await #expect(throws: ModelFault(.timedOut, "late")) {
            _ = try await draft(.failure(ModelFault(.timedOut, "late")))
        }
    }
}
