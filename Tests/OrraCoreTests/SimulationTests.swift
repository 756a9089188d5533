import OrraCore
import OrraEngine
import OrraModel
import OrraStore
import Testing

@Suite("Core in a world of faults", .timeLimit(.minutes(3)))
struct SimulationTests {
    @Test(
        "whatever fails, the projections are those of the journal, and every accepted action ends",
        arguments: 0..<60 as Range<UInt64>)
    func run(seed: UInt64) async throws {
        var world = try await World(seed: seed)
        for step in 0..<250 {
            try await world.step()
            if step % 25 == 0 { try await world.check() }
        }
        try await world.heal()
        try await world.check()
        #expect(world.violations.isEmpty, "seed \(seed): \(world.violations)")
        #expect(world.bench.core.liveCount == 0, "seed \(seed)")
        #expect(world.accepted.count > 5)
        for id in world.accepted.sorted() {
            let row = try await world.bench.store.orchestration(id)
            #expect(row?.status.isFinal == true, "seed \(seed): \(id) is \(row?.status.rawValue ?? "gone")")
            #expect(row?.endedAt != nil)
        }
        #expect(try await world.bench.store.outbox().isEmpty)
        #expect(try await world.bench.store.recover().deliveries.isEmpty)
    }

    @Test("the same seed gives the same journal")
    func deterministic() async throws {
        var journals: [[JournalEntry]] = []
        for _ in 0..<2 {
            var world = try await World(seed: 7)
            for _ in 0..<200 { try await world.step() }
            journals.append(
                try await world.bench.store.journal(of: Sample.project.id, afterPosition: 0, limit: .max))
        }
        #expect(journals[0].count > 100)
        #expect(journals[0] == journals[1])
    }
}
