import FoundationEssentials
import OrraModel
import Testing

@testable import OrraPlanner

@Suite("docs/planning.md and docs/plan-cache.md")
struct PlanDocumentationTests {
    /// The block of a page that starts with the given words behind its fence.
    private func block(_ page: String, _ kind: String, file: String = #filePath) throws -> String {
        let root = file.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
        let text = String(decoding: try Data(contentsOf: URL(filePath: "\(root)/docs/\(page)")), as: UTF8.self)
        let start = try #require(text.firstRange(of: "```\(kind)\n"), "\(page) has no \(kind)")
        let end = try #require(text[start.upperBound...].firstRange(of: "\n```"))
        return String(text[start.upperBound..<end.lowerBound])
    }

    @Test("The entry of a stage is one")
    func stage() throws {
        let text = try block("planning.md", "json stage")
        let stage = try WireDecoder().decode(PlanningStage.self, from: Array(text.utf8))
        #expect(stage.stage == .policy)
        #expect(try WireEncoder().encodeRaw(stage).text == text)
    }

    @Test("The errors are those of the plan")
    func errors() throws {
        let catalogue = [
            Sample.service("total-service", "Adds up", in: ["?x"], out: ["total:number"]),
            Sample.service("note-service", "Sends a note", in: ["text"], out: ["done"]),
        ]
        let plan = try JSONValue(parsing: block("planning.md", "json plan"))
        let review = PlanValidator.review(plan, parameters: [:], catalogue: catalogue)
        #expect(review.errors.map(\.description).joined(separator: "\n") == (try block("planning.md", "text errors")))
    }

    @Test("The cache keeps the plan as it is shown")
    func template() async throws {
        let test = TestPipeline(TestModel(answers: [try block("plan-cache.md", "json model")]))
        _ = await test.plan("Charge 30 for ORD1234", ["who": "C1"])
        let cached = try #require(await test.cached().first)
        #expect(cached.action == "Charge ⟦0⟧ for ⟦1⟧")
        #expect(cached.template.text == (try block("plan-cache.md", "json template")))
    }

    @Test("A pinned plan looks as it is shown, and differs as it is told")
    func pinned() throws {
        let parameters: JSONObject = ["orderId": "O1", "customerId": "C1"]
        let input: JSONObject = ["orderId": "$task0.orderId", "customerId": "$task0.customerId", "amount": 30]
        let plan = try PlanValidator.validate(
            ["tasks": [["id": "task1", "service": "payment-service", "input": .object(input)]]],
            parameters: parameters, catalogue: Sample.shop)
        let pinned = try PinnedPlan.make(
            name: "charge", action: "Charge it", plan: plan, parameters: Set(parameters.keys), catalogue: Sample.shop,
            digest: testDigest, now: Timestamp(milliseconds: 0))
        #expect(pinned.plan.text == (try block("plan-cache.md", "json pinned")))
        var catalogue = Sample.shop
        catalogue[0].schema.input = Sample.schema(["orderId", "customerId", "amount:number", "currency"])
        #expect(
            pinned.differences(from: catalogue, digest: testDigest).joined()
                == (try block("plan-cache.md", "text difference")))
    }
}
