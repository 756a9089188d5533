import OrraEngine
import OrraModel
import OrraStore
import Testing

@testable import OrraCore

@Suite("What the core keeps in memory")
struct MemoryTests {
    @Test("F13: nothing of what has ended stays in memory, however it ended")
    func ended() async throws {
        var bench = try await Bench.make("echo")
        bench.connect(1, "echo", credit: 100)
        try await bench.submit(1...60)
        for (number, delivery) in bench.deliveries.enumerated() {
            for step in 0..<60 {
                bench.report(
                    .interim(RawJSON(["step": .number(JSONNumber(step))]), InterimID("i_\(step)")), of: delivery, on: 1)
            }
            switch number % 3 {
            case 0: bench.report(.output(Sample.output, nil), of: delivery, on: 1)
            case 1: bench.report(.aborted(Sample.output), of: delivery, on: 1)
            default: bench.report(.malformed(reason: "odd"), of: delivery, on: 1)
            }
        }
        try await bench.run()
        bench.core.enqueue(.disconnected(ConnectionID(1)))
        try await bench.run()
        while let next = bench.core.nextWakeup {
            bench.now = max(bench.now, next)
            try await bench.run()
        }
        #expect(bench.core.live.values.isEmpty)
        #expect(bench.core.tasksByKey.values.isEmpty)
        #expect(bench.core.interimGates.values.isEmpty)
        #expect(bench.core.scheduled.values.isEmpty)
        #expect(bench.core.deliveries.values.isEmpty)
        #expect(bench.core.busy.values.isEmpty)
        #expect(bench.core.toldHealth.values.isEmpty)
        #expect(bench.core.loads.values.values.allSatisfy { $0 == Core.Load() })
        #expect(bench.core.fleet.waiting(for: ServiceID("s_echo")) == 0)
        // Nor does a restart bring it back.
        let next = try await bench.restarted()
        #expect(next.core.live.values.isEmpty)
        #expect(next.core.tasksByKey.values.isEmpty)
    }

    @Test("an interim result under the key of a compensation leaves nothing behind")
    func interimOfCompensation() async throws {
        var echo = Sample.service("echo")
        echo.revertible = true
        var bench = try await Bench.make([echo, Sample.service("pay", attempts: 1)])
        bench.connect(1, "echo")
        bench.connect(2, "pay")
        bench.submit(Sample.received("o_1"), Sample.chain("echo", "pay"))
        try await bench.run()
        let undo = Event.Compensation(data: RawJSON(["hold": 1]), ttlMs: 60_000)
        bench.report(.output(Sample.output, undo), of: try #require(bench.deliveries.first), on: 1)
        try await bench.run()
        bench.report(.error("no money"), of: try #require(bench.deliveries.first), on: 2)
        try await bench.run()
        let undoing = try #require(bench.deliveries.first)
        #expect(undoing.reference.kind == .compensation)
        bench.report(.interim(RawJSON(["step": 1]), InterimID("i_1")), of: undoing, on: 1, message: "interim")
        try await bench.run()
        #expect(bench.acknowledged == ["interim"])
        bench.now = bench.now + .seconds(120)
        try await bench.run()
        while let next = bench.core.nextWakeup {
            bench.now = max(bench.now, next)
            try await bench.run()
        }
        #expect(bench.core.live.values.isEmpty)
        #expect(bench.core.interimGates.values.isEmpty)
        #expect(bench.core.tasksByKey.values.isEmpty)
    }

    @Test("hidden and pruned ones are gone; what lives is neither; a project's setting holds after a restart")
    func retention() async throws {
        var bench = try await Bench.make("echo")
        bench.connect(1, "echo")
        try await bench.submit(1...3)
        let deliveries = bench.deliveries
        for delivery in deliveries.prefix(2) { bench.report(.output(Sample.output, nil), of: delivery, on: 1) }
        bench.request(.setRetention(Sample.project.id, .seconds(5)))
        try await bench.run()
        #expect(bench.core.directory.retention(of: Sample.project.id) == .seconds(5))
        let (one, live) = (OrchestrationID("o_1"), OrchestrationID("o_3"))
        let token = bench.request(.hide([one, live]))
        try await bench.run()
        #expect(bench.reply(to: token) == .done)
        #expect(try await bench.store.orchestration(one) == nil)
        #expect(try await bench.store.orchestration(live) != nil)
        #expect(try await bench.store.hidden(limit: 10) == [one])
        bench.request(.prune(one, rows: 2))
        try await bench.run()
        #expect(try await bench.store.hidden(limit: 10) == [one])
        bench.request(.prune(one, rows: 100))
        try await bench.run()
        #expect(try await bench.store.hidden(limit: 10).isEmpty)
        bench = try await bench.restarted()
        try await bench.run()
        #expect(bench.core.directory.retention(of: Sample.project.id) == .seconds(5))
        bench.request(.setRetention(Sample.project.id, nil))
        try await bench.run()
        #expect(bench.core.directory.retention(of: Sample.project.id) == nil)
        #expect(try await bench.store.recover().retention.isEmpty)
    }
}
