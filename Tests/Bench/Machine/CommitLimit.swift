import OrraStore

/// What durability costs on this disk: the commits of a hub's hops, one at a time, and many in one.
enum CommitLimit {
    /// How long one commit takes in which one task's result is kept and the next task made ready. Microseconds, p50.
    static func single(seconds: Double, folder: String) async throws -> Double {
        let steps = try await steps(inFlight: 1, seconds: seconds, folder: folder).map(\.commit).sorted()
        guard !steps.isEmpty else { return 0 }
        return steps[steps.count / 2].microseconds
    }

    struct Group: Sendable {
        var hopsPerSecond: Double
        var writesPerSecond: Double
    }

    /// The same with the hops of 200 actions in one commit. Counted over the time of the commits alone.
    static func group(seconds: Double, folder: String) async throws -> Group {
        let steps = try await steps(inFlight: 200, seconds: seconds, folder: folder)
        let time = steps.reduce(Duration.zero) { $0 + $1.commit }.microseconds / 1e6
        guard time > 0 else { return Group(hopsPerSecond: 0, writesPerSecond: 0) }
        return Group(
            hopsPerSecond: Double(steps.reduce(0) { $0 + $1.results }) / time,
            writesPerSecond: Double(steps.reduce(0) { $0 + $1.writes }) / time)
    }

    /// Their commits fill the write-ahead log more than once.
    private static let warmUpActions = 400

    private static func steps(inFlight: Int, seconds: Double, folder: String) async throws -> [CoreRun.Step] {
        let store = try await SQLiteStore.open(directory: folder)
        var run = try await CoreRun(store)
        let length = 20
        // To sync a file that grows takes some times as long. A hub's write-ahead log has grown when it has run for a
        // while, and is written over from then on.
        run.submit(warmUpActions, length: length)
        try await run.settle()
        let deadline = ContinuousClock.now + .seconds(seconds)
        var steps: [CoreRun.Step] = []
        repeat {
            run.submit(inFlight, length: length)
            var own: [CoreRun.Step] = []
            while let step = try await run.step() { own.append(step) }
            // The first one takes in the actions, the last one ends them: neither is a hop.
            steps += own.filter { $0.results == inFlight }.prefix(length - 1)
        } while ContinuousClock.now < deadline
        await store.close()
        return steps
    }
}

extension Duration {
    var microseconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) * 1e6 + Double(attoseconds) / 1e12
    }
}
