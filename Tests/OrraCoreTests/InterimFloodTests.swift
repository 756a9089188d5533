import OrraCore
import OrraEngine
import OrraModel
import OrraStore
import Testing

@Suite("Interim results in a flood")
struct InterimFloodTests {
    /// One task in flight on connection 1.
    private static func stage() async throws -> (Bench, TaskDelivery) {
        var bench = try await Bench.make("echo")
        bench.connect(1, "echo", credit: 1)
        bench.submit(Sample.received("o_one"), Sample.chain("echo"))
        try await bench.run()
        return (bench, try #require(bench.deliveries.first))
    }

    private static func step(_ number: Int) -> RawJSON { RawJSON(["step": .number(JSONNumber(number))]) }

    private static func send(_ numbers: ClosedRange<Int>, _ bench: inout Bench, _ delivery: TaskDelivery) {
        for number in numbers {
            bench.report(
                .interim(step(number), InterimID("i_\(number)")), of: delivery, on: 1, message: "m\(number)")
        }
    }

    /// `step` of each that was kept, with how many were skipped before it.
    private static func kept(_ bench: Bench) async throws -> [[Int?]] {
        try await bench.events(of: "o_one").compactMap { event in
            guard case .taskInterim(let interim) = event else { return nil }
            return [interim.data.value["step"]?.integer, interim.skipped]
        }
    }

    private static let limit = Limits.interimResultsPerSecond

    @Test("50 in a second are kept; of those beyond, the newest when the second is over, with how many were skipped")
    func flood() async throws {
        var (bench, delivery) = try await Self.stage()
        Self.send(1...200, &bench, delivery)
        try await bench.run()
        #expect(try await Self.kept(bench) == (1...Self.limit).map { [$0, nil] })
        #expect(bench.core.nextWakeup == bench.now + .seconds(1))
        bench.now = bench.now + .milliseconds(999)
        try await bench.run()
        #expect(try await Self.kept(bench).count == Self.limit)
        bench.now = bench.now + .milliseconds(1)
        try await bench.run()
        #expect(try await Self.kept(bench).dropFirst(Self.limit) == [[200, 149]])
        // The next second has its own fifty.
        bench.now = bench.now + .seconds(1)
        Self.send(201...260, &bench, delivery)
        try await bench.run()
        #expect(try await Self.kept(bench).count == Self.limit + 1 + Self.limit)
    }

    @Test("a held result is acknowledged only when it is kept; those it replaces when it comes")
    func acknowledgements() async throws {
        var (bench, delivery) = try await Self.stage()
        // Enough room for acknowledgements: the outcome of another task proves that the client reads.
        Self.send(1...Self.limit, &bench, delivery)
        try await bench.run()
        Self.send((Self.limit + 1)...(Self.limit + 3), &bench, delivery)
        try await bench.run()
        bench.report(.output(Sample.output, nil), of: delivery, on: 1, message: "outcome")
        try await bench.run()
        // The outcome brings all that was held for a client that may not read, the newest interim result included.
        #expect(bench.acknowledged.first == "m\(Self.limit + 3)" || bench.acknowledged.contains("m\(Self.limit + 3)"))
        #expect(bench.acknowledged.contains("outcome"))
        let events = try await bench.events(of: "o_one")
        let last = events.suffix(3).map { event -> String in
            switch event {
            case .taskInterim(let interim): "interim \(interim.skipped ?? 0)"
            case .taskCompleted: "completed"
            case .ended: "ended"
            default: "other"
            }
        }
        #expect(last == ["interim 2", "completed", "ended"])
    }

    @Test("without an outcome a held one is not acknowledged before its second is over")
    func acknowledgedWhenKept() async throws {
        var (bench, delivery) = try await Self.stage()
        for number in 1...(Self.limit + 2) {
            // An idle second connection reports: acknowledgements of a connection without tasks are never held.
            bench.core.enqueue(
                .report(
                    IncomingReport(
                        connection: ConnectionID(2), service: delivery.service, key: delivery.key,
                        report: .interim(Self.step(number), InterimID("i_\(number)")),
                        execution: delivery.execution.rawValue, messageID: "m\(number)")))
        }
        bench.connect(2, "echo")
        bench.core.enqueue(.drain(ConnectionID(2)))
        try await bench.run()
        let before = bench.acknowledged
        #expect(!before.contains("m\(Self.limit + 2)"))
        bench.now = bench.now + .seconds(1)
        try await bench.run()
        #expect(bench.acknowledged == ["m\(Self.limit + 2)"])
    }

    @Test("nothing is held once the orchestration has ended, and nothing wakes the core any more")
    func end() async throws {
        var (bench, delivery) = try await Self.stage()
        Self.send(1...100, &bench, delivery)
        bench.request(.cancel(OrchestrationID("o_one"), Sample.project.id))
        try await bench.run()
        bench.core.enqueue(.disconnected(ConnectionID(1)))
        try await bench.run()
        #expect(bench.core.liveCount == 0)
        while let next = bench.core.nextWakeup {
            bench.now = max(bench.now, next)
            try await bench.run()
            #expect(bench.positions.isEmpty)
        }
    }

    @Test("a batch that fails leaves the count as it was")
    func failed() async throws {
        var (bench, delivery) = try await Self.stage()
        Self.send(1...60, &bench, delivery)
        bench.store.failNextCommits(2, with: CoreTests.fullDisk)
        try await bench.run()
        #expect(try await Self.kept(bench).count == Self.limit)
        bench.now = bench.now + .seconds(1)
        bench.store.failNextCommits(with: CoreTests.fullDisk)
        try await bench.run()
        #expect(try await Self.kept(bench).dropFirst(Self.limit) == [[60, 9]])
    }

    @Test("each task has its own fifty")
    func perTask() async throws {
        var bench = try await Bench.make("echo")
        bench.connect(1, "echo")
        try await bench.submit(1...2)
        for delivery in bench.deliveries { Self.send(1...Self.limit, &bench, delivery) }
        try await bench.run()
        for id in ["o_1", "o_2"] {
            let interims = try await bench.events(of: id).filter { if case .taskInterim = $0 { true } else { false } }
            #expect(interims.count == Self.limit)
        }
    }
}
