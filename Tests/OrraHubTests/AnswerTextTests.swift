import OrraModel
import OrraProtocol
import Testing

@testable import OrraEngine
@testable import OrraHub

@Suite("The answer to an accepted action")
struct AnswerTextTests {
    private static let id = OrchestrationID("o_1")
    private static let project = ProjectID("p_1")

    private func orchestration(_ text: String?, _ events: [Event]) throws -> Orchestration {
        let received = Event.received(
            .init(
                orchestration: Self.id, project: Self.project, action: text ?? "say",
                data: RawJSON([["field": "a", "value": ["\u{1}é", 2.50, nil]]]), webhook: text,
                retryOf: text.map { OrchestrationID($0) }))
        let entries = ([received] + events).enumerated().map { number, event in
            JournalEntry(
                orchestration: Self.id, project: Self.project, seq: number + 1, position: Int64(number + 1),
                at: Timestamp(milliseconds: 1_795_000_000_123), event: event)
        }
        return try Orchestration(replaying: entries)
    }

    private func planned(_ terms: PlanTerms, reason: String?) -> Event {
        let input = [Plan.Input(field: "text", source: .zero, sourceField: "a\"b")]
        let plan = Plan(
            parameters: RawJSON(["a\"b": 1.50]),
            tasks: [
                .init(id: TaskID(1), service: ServiceID("s_1"), input: input, reason: reason),
                .init(id: TaskID(2), service: ServiceID("s_1"), input: []),
                .init(
                    id: TaskID(3), service: ServiceID("s_1"),
                    input: [.init(field: "x", source: TaskID(1), sourceField: "y")]),
            ])
        return .planned(.init(plan: plan, services: [], terms: terms))
    }

    @Test("what is written by hand is what the encoder writes", arguments: [false, true])
    func sameBytes(isFull: Bool) throws {
        let text = isFull ? "\"é\" \n" : nil
        let plain = PlanTerms(planner: .given, planHash: text)
        let planned = PlanTerms(
            planner: .offline, confidence: 0.1 + 0.2, planHash: "h", hold: .confirmation,
            grounding: GroundingHit(name: "g", version: "1", action: text ?? "", similarity: 0.875))
        let aborted = Event.Ended(status: .aborted, abortPayload: RawJSON(.string(text ?? "")))
        let completed = Event.Ended(status: .completed, results: [RawJSON(["a": 1.0])])
        let runs: [(events: [Event], members: [String])] = [
            ([], ["id", "data"]), ([self.planned(plain, reason: text)], ["plan", "taskZero", "planner"]),
            ([self.planned(planned, reason: nil)], ["confidence", "groundingHit", "planHash"]),
            ([self.planned(plain, reason: nil), .ended(aborted)], ["abortReason"]),
            ([self.planned(plain, reason: nil), .ended(completed)], ["results"]),
        ]
        for run in runs {
            let bytes = try orchestration(text, run.events).answer().bytes
            let answer = try WireDecoder().decode(OrchestrationAnswer.self, from: bytes)
            #expect(
                String(decoding: bytes, as: UTF8.self)
                    == String(decoding: try WireEncoder().encode(answer), as: UTF8.self))
            let value = try JSONValue(parsing: bytes)
            for member in run.members { #expect(value[member] != nil, "\(member)") }
            #expect(value["retryOf"]?.string == text)
            #expect(value["webhook"]?.string == text)
            #expect(value["data"]?.array?.first?["value"]?.array?.last == .null)
        }
    }
}
