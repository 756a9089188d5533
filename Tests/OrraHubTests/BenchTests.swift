import OrraBench
import Testing

/// The benchmark's own words for what hubs say are those of this hub.
@Suite("The benchmark on a hub")
struct BenchTests {
    private static func run(_ change: (inout Load) -> Void) async throws -> BenchResult {
        var load = Load()
        (load.actions, load.inFlight, load.warmUpSeconds, load.seconds) = (12, 3, 0, 120)
        change(&load)
        var result: BenchResult?
        try await withTestHub { [load] hub in
            result = try await Bench(hub: Place(host: "127.0.0.1", port: hub.port), load: load).run()
        }
        return try #require(result)
    }

    @Test("a chain of three is clean, and each hop is timed", arguments: Load.Outcome.allCases)
    func chain(outcome: Load.Outcome) async throws {
        let result = try await Self.run {
            $0.length = 3
            $0.outcome = outcome
        }
        #expect(result.isClean, "\(result.text)")
        #expect(result.completed == 12)
        let accepted = try #require(result.accepted).count
        #expect(result.hop?.count == 2 * accepted)
        #expect((result.webhook?.count ?? 0) == (outcome == .progress ? 0 : accepted))
        #expect((result.progress?.count ?? 0) == (outcome == .webhook ? 0 : accepted))
        #expect(result.lostConnections == 0)
    }

    @Test("chains side by side, payloads, replicas, progress and the hub's own plan are clean")
    func shapes() async throws {
        let wide = try await Self.run {
            ($0.width, $0.length, $0.services, $0.replicas, $0.payload) = (3, 2, 2, 2, 5_000)
        }
        #expect(wide.isClean, "\(wide.text)")
        let grown = try await Self.run {
            ($0.length, $0.payload, $0.carriesPayload, $0.outcome) = (3, 5_000, .results, .both)
        }
        #expect(grown.isClean, "\(grown.text)")
        let slow = try await Self.run { ($0.handlerMilliseconds, $0.progressRate, $0.actions) = (20, 100, 3) }
        #expect(slow.isClean, "\(slow.text)")
        let planned = try await Self.run { $0.action = "echo the token" }
        #expect(planned.isClean, "\(planned.text)")
    }
}
