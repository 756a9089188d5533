import Testing

@testable import OrraBench

@Suite("What a hub does wrong is counted")
struct FaultTests {
    /// A run in which one action goes wrong: the third.
    private static func run(
        _ fault: IdleHub.Fault, _ change: (inout Load) -> Void = { _ in }
    ) async throws -> BenchResult {
        let load = smallLoad {
            ($0.length, $0.patienceSeconds) = (2, 0.2)
            change(&$0)
        }
        return try await Bench.ceiling(load, faults: [3: fault])
    }

    @Test("a refused action is an error, with its code")
    func refused() async throws {
        let result = try await Self.run(.refused)
        #expect(result.errors == ["HTTP 503 Orra:Test": 1])
        #expect(result.lost == 0)
        #expect(result.wrong == 0)
        #expect(result.completed == 40)
        #expect(!result.isClean)
    }

    @Test("an action without an outcome is lost")
    func lost() async throws {
        let result = try await Self.run(.lost)
        #expect(result.lost == 1)
        #expect(result.wrong == 0)
        #expect(result.errors == [:])
        #expect(!result.isClean)
    }

    @Test("a token of another action is wrong, and its own action lost")
    func anotherToken() async throws {
        let result = try await Self.run(.anotherToken)
        #expect(result.wrong == 1)
        #expect(result.lost == 1)
        #expect(!result.isClean)
    }

    @Test("an outcome under another action's id is wrong")
    func anotherID() async throws {
        let result = try await Self.run(.anotherID)
        #expect(result.wrong == 1)
        #expect(result.lost == 0)
        #expect(!result.isClean)
    }

    @Test("a task left out is wrong")
    func taskLeftOut() async throws {
        let result = try await Self.run(.taskLeftOut)
        #expect(result.wrong == 1)
        #expect(!result.isClean)
    }

    @Test("an action that failed is an error", arguments: [Load.Outcome.webhook, .progress])
    func failed(outcome: Load.Outcome) async throws {
        let result = try await Self.run(.failed) { $0.outcome = outcome }
        #expect(result.errors == ["ended failed": 1])
        #expect(result.lost == 0)
        #expect(!result.isClean)
    }

    @Test("an outcome that comes again is told, and no fault")
    func repeated() async throws {
        let result = try await Self.run(.repeated) { $0.outcome = .progress }
        #expect(result.repeated == 1)
        #expect(result.completed == 40)
        #expect(result.isClean)
    }

    @Test("a hub that is not there is an error with a sentence")
    func noHub() async throws {
        await #expect(throws: (any Error).self) {
            try await Bench(hub: Place(host: "127.0.0.1", port: 1), load: smallLoad()).run()
        }
    }
}
