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

    @Test("version 1 folds to the states that it had")
    func version1() throws {
        let entries = try entries("journal-v1.jsonl")
        #expect(Set(entries.map(\.event.kind)) == Set(Event.Kind.allCases), "the fixture holds every kind")
        var states: [OrchestrationID: Orchestration] = [:]
        for (id, journal) in Dictionary(grouping: entries, by: \.orchestration) {
            states[id] = try Orchestration(replaying: journal)
        }
        func state(_ name: String) throws -> Orchestration { try #require(states[OrchestrationID(name)]) }

        let completed = try state("o_completed")
        #expect(completed.status == .completed)
        #expect(completed.tasks.map(\.phase.kind) == [.completed, .completed])
        #expect(completed.tasks.map(\.attempt) == [2, 1])
        #expect(completed.tasks.map(\.connectionsLost) == [1, 0])
        #expect(completed[TaskID(1)]?.compensation?.ttlMs == 86_400_000)

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
}
