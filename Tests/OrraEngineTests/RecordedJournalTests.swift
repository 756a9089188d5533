import Foundation
import OrraModel
import Testing

@testable import OrraEngine

/// Journals that released versions wrote. They fold for ever; a change of the form adds a file and changes none.
@Suite("Recorded journals")
struct RecordedJournalTests {
    struct Line: Codable {
        var orchestration: OrchestrationID
        var project: ProjectID
        var seq: Int
        var position: Int64
        var at: Timestamp
        var event: Event

        var entry: JournalEntry {
            JournalEntry(
                orchestration: orchestration, project: project, seq: seq, position: position, at: at, event: event)
        }
    }

    func entries(_ name: String) throws -> [JournalEntry] {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "Fixtures/\(name)")
        let lines = try Data(contentsOf: file).split(separator: UInt8(ascii: "\n"))
        return try lines.map { try WireDecoder().decode(Line.self, from: Array($0)).entry }
    }

    func states(_ name: String) throws -> [OrchestrationID: Orchestration] {
        try Dictionary(grouping: entries(name), by: \.orchestration).mapValues {
            try Orchestration(replaying: $0)
        }
    }

    @Test("the fixtures together hold every kind of event")
    func everyKind() throws {
        let kinds = try ["journal-v1.jsonl", "journal-v1-undo.jsonl", "journal-v1-plan.jsonl"]
            .flatMap { try entries($0).map(\.event.kind) }
        #expect(Set(kinds) == Set(Event.Kind.allCases))
    }

    @Test("what is written by hand is what the encoder writes")
    func text() throws {
        var events = try ["journal-v1.jsonl", "journal-v1-undo.jsonl", "journal-v1-plan.jsonl"]
            .flatMap { try entries($0).map(\.event) }
        let task = TaskID(12)
        let connection = ConnectionID(7)
        // With and without what may be missing.
        for text in [nil, "é \"\u{1}"] as [String?] {
            events += [
                .received(
                    .init(
                        orchestration: OrchestrationID("o_1"), project: ProjectID("p_1"), action: text ?? "say",
                        data: RawJSON([1, "x"]), webhook: text, retryOf: text.map { OrchestrationID($0) })),
                .taskDispatched(
                    .init(
                        task: task, attempt: 2, delivery: 3, execution: ExecutionID("e_1"), connection: connection,
                        instance: text)),
                .taskCompleted(
                    .init(
                        task: task, output: RawJSON(["a": nil]),
                        compensation: text.map { .init(data: RawJSON(.string($0)), ttlMs: -5) })),
                .ended(
                    .init(
                        status: .completed, task: text == nil ? nil : task,
                        results: text.map { [RawJSON(.string($0))] },
                        abortPayload: text.map { RawJSON(.string($0)) })),
                .planningStage(PlanningStage(.policy, .passed, text ?? "", microseconds: 4)),
                .planningStage(PlanningStage(.policy, .passed, "", confidence: 0.5, unused: [text ?? ""])),
                .planningStage(
                    PlanningStage(
                        .given, .passed, "",
                        steps: [
                            .init(
                                task: task, service: "s", reason: text ?? "",
                                bindings: text.map { [.init(field: $0, source: "$task1.\($0)", reason: $0)] } ?? [])
                        ])),
                .planned(Self.planned(task, text, PlanTerms(planHash: text))),
                .planned(Self.planned(task, text, text.map { PlanTerms(planner: .given, planHash: $0) })),
                .planned(Self.planned(task, text, PlanTerms(confidence: 0.5))),
            ]
            var terms = PlanTerms(planHash: text, hold: .approval, outputCheck: .warn)
            (terms.approvedHash, terms.approvedFor) = (text, text.map { _ in .confirmation })
            events.append(.planned(Self.planned(task, text, terms)))
        }
        for event in events {
            #expect(
                String(decoding: try event.text().bytes, as: UTF8.self)
                    == String(decoding: try WireEncoder().encode(event), as: UTF8.self))
        }
    }

    private static func planned(_ task: TaskID, _ text: String?, _ terms: PlanTerms?) -> Event.Planned {
        let input = text.map { Plan.Input(field: $0, source: .zero, sourceField: $0) }
        let plan = Plan(
            parameters: RawJSON(["a": [1, 2.50]]),
            tasks: [
                Plan.Task(id: task, service: ServiceID("s_1"), input: input.map { [$0, $0] } ?? [], reason: text)
            ])
        let schema = JSONSchema(["type": "object"])
        let service = Service(
            id: ServiceID("s_1"), project: ProjectID("p_1"), kind: .tool, name: text ?? "tool", description: "",
            schema: ServiceSchema(input: schema, output: schema), revertible: text != nil, version: 3,
            registeredAt: Timestamp(milliseconds: 0))
        return Event.Planned(
            plan: plan, services: text == nil ? [] : [Event.ServiceReference(service)], terms: terms,
            holdUntil: text.map { _ in Timestamp(milliseconds: 1_000) })
    }

    @Test("version 1 folds to the states that it had")
    func version1() throws {
        let states = try states("journal-v1.jsonl")
        func state(_ name: String) throws -> Orchestration { try #require(states[OrchestrationID(name)]) }

        let completed = try state("o_completed")
        #expect(completed.status == .completed)
        #expect(completed.tasks.map(\.phase.kind) == [.completed, .completed])
        #expect(completed.tasks.map(\.attempt) == [2, 1])
        #expect(completed.tasks.map(\.connectionsLost) == [1, 0])
        let undo = try #require(completed[TaskID(1)]?.undo)
        #expect(undo.data == RawJSON(["undo": [1, nil]]))
        #expect((undo.expiresAt - undo.completedAt).milliseconds == 86_400_000)
        #expect(!completed.isUnsettled)

        let aborted = try state("o_aborted")
        #expect(aborted.status == .aborted)
        #expect(aborted.abortPayload == RawJSON(["reason": "fraud"]))
        #expect(aborted.tasks.map(\.phase.kind) == [.aborted, .cancelled, .failed])

        let live = try state("o_live")
        #expect(live.status == .processing)
        #expect(live.phase == .running)
        #expect(live.tasks.map(\.phase.kind) == [.inFlight, .blocked])
        #expect(live[TaskID(1)]?.deliveries == 2)
    }

    @Test("version 1 with plans that were decided about folds to the states that it had")
    func version1Plan() throws {
        let states = try states("journal-v1-plan.jsonl")
        func state(_ name: String) throws -> Orchestration { try #require(states[OrchestrationID(name)]) }

        let approved = try state("o_approved")
        #expect(approved.status == .completed && approved.isApproved)
        #expect(approved.terms.planner == .model && approved.terms.confidence == 0.71)
        #expect(approved.terms.planHash == "0f6c" && approved.terms.outputCheck == .warn)
        #expect(approved.terms.grounding?.version == "1.0.0" && approved.terms.grounding?.similarity == 0.93)
        #expect(approved[TaskID(1)]?.output == RawJSON(["y": "two"]))
        #expect(approved.termsOfRetry(planHash: "0f6c").hold == nil)

        let held = try state("o_held")
        #expect(held.status == .paused && held.pauseReason == .confirmation && !held.isApproved)
        #expect(held.phase == .held(until: .at(604_800)))
        #expect(held.tasks.map(\.phase.kind) == [.completed, .blocked])
        #expect(held.terms.outputCheck == nil && held.termsOfRetry(planHash: nil).hold == .confirmation)

        let rejected = try state("o_rejected")
        #expect(rejected.status == .cancelled && rejected.failure?.code == .planRejected)
        #expect(rejected.failure?.message == "the plan was rejected: too dear")
        #expect(rejected.tasks.map(\.phase.kind) == [.cancelled])

        let expired = try state("o_expired")
        #expect(expired.failure?.code == .approvalExpired)
        let refused = try state("o_refused")
        #expect(refused.status == .notActionable && refused.plan == nil)
        let direct = try state("o_direct")
        #expect(direct.status == .processing && direct.terms.planner == .offline && direct.pauseReason == nil)
    }

    @Test("version 1 with compensations and retries folds to the states that it had")
    func version1Undo() throws {
        let states = try states("journal-v1-undo.jsonl")
        func state(_ name: String) throws -> Orchestration { try #require(states[OrchestrationID(name)]) }

        let undone = try state("o_undone")
        #expect(undone.status == .aborted)
        #expect(undone.phase.kind == .ended)
        #expect(undone.abortPayload == RawJSON(["reason": "fraud"]))
        #expect(undone.compensationCounts == CompensationCounts(total: 2, completed: 1, failed: 1))
        let second = try #require(undone[TaskID(2)]?.undo)
        #expect(second.phase == .ended(.completed))
        #expect(second.number == 2)
        #expect(second.attempt == 3)
        #expect(second.connectionsLost == 1)
        #expect(second.partial?.remaining == RawJSON(["refund"]))
        let first = try #require(undone[TaskID(1)]?.undo)
        #expect(first.phase == .ended(.expired))
        #expect(first.failure?.code == .compensationExpired)
        #expect(first.resolution?.resolution == .resolved)
        #expect(first.resolution?.reason == "paid back by hand")

        let retried = try state("o_retried")
        #expect(retried.retryOf == OrchestrationID("o_first"))
        #expect(retried.status == .completed)
        #expect(retried[TaskID(1)]?.attempt == 0)
        #expect(retried[TaskID(1)]?.output == RawJSON(["y": 1]))

        let undoing = try state("o_undoing")
        #expect(undoing.phase.kind == .compensating)
        #expect(undoing.isUnsettled)
        #expect(undoing.tasks.map { $0.undo?.phase.kind } == [.waiting, .inFlight, nil])
        #expect(undoing[TaskID(2)]?.undo?.deliveries == 2)

        let late = try state("o_late")
        #expect(late.phase.kind == .ended)
        #expect(late.status == .cancelled)
        #expect(late.isUnsettled)
        #expect(late[TaskID(1)]?.lateOutput == RawJSON(["y": 2]))
        #expect(late[TaskID(1)]?.undo?.phase.kind == .queued)
    }
}
