import Testing

@testable import OrraBench

/// Of a few actions. Nothing here is about how fast it was.
func smallLoad(actions: Int = 40, inFlight: Int = 4, _ change: (inout Load) -> Void = { _ in }) -> Load {
    var load = Load()
    load.actions = actions
    load.inFlight = inFlight
    load.warmUpSeconds = 0
    // Far more than it takes: the actions end it.
    load.seconds = 60
    load.patienceSeconds = 60
    change(&load)
    return load
}

@Suite("A run on the hub that does nothing")
struct CeilingTests {
    static let shapes = [
        smallLoad(), smallLoad { $0.length = 10 }, smallLoad { $0.width = 3 },
        smallLoad { ($0.length, $0.width) = (3, 2) },
        smallLoad {
            $0.payload = 20_000
            $0.length = 2
        },
        smallLoad {
            ($0.payload, $0.carriesPayload) = (20_000, .results)
            $0.length = 2
        },
        smallLoad { ($0.services, $0.replicas, $0.length) = (3, 2, 4) },
        smallLoad(actions: 5, inFlight: 1) {
            $0.handlerMilliseconds = 20
            $0.progressRate = 200
        },
    ]

    @Test("is clean, and counts what was done", arguments: shapes)
    func clean(load: Load) async throws {
        let result = try await Bench.ceiling(load)
        #expect(result.isClean)
        #expect(result.errors == [:])
        #expect(result.completed == load.actions)
        #expect(result.repeated == 0)
        #expect(result.lostConnections == 0)
        #expect(result.hub == nil)
        let accepted = try #require(result.accepted)
        // Those that were under way when the last one was counted end too.
        #expect((load.actions..<load.actions + load.inFlight).contains(accepted.count))
        #expect(result.webhook?.count == accepted.count)
        #expect(result.progress == nil)
        #expect((result.hop?.count ?? 0) == accepted.count * load.width * (load.length - 1))
    }

    @Test("learns of the end by progress, by both ways", arguments: [Load.Outcome.progress, .both])
    func outcomes(outcome: Load.Outcome) async throws {
        let result = try await Bench.ceiling(smallLoad { $0.outcome = outcome })
        #expect(result.isClean)
        #expect(result.completed == 40)
        #expect((result.progress?.count ?? 0) >= 40)
        #expect((result.webhook?.count ?? 0) == (outcome == .both ? result.progress?.count : 0))
    }

    @Test("ends by its seconds where no number of actions is given")
    func seconds() async throws {
        let result = try await Bench.ceiling(
            smallLoad(actions: 0) {
                $0.warmUpSeconds = 0.05
                $0.seconds = 0.1
            })
        #expect(result.isClean)
        #expect(result.completed > 0)
        #expect(result.seconds >= 0.1)
    }

    @Test("throughput is what was done over the time")
    func throughput() async throws {
        let result = try await Bench.ceiling(smallLoad { $0.length = 3 })
        #expect(abs(result.actionsPerSecond * result.seconds - 40) < 0.001)
        #expect(abs(result.tasksPerSecond - 3 * result.actionsPerSecond) < 0.001)
    }
}
