import OrraStore

/// What a hub would have in its store after many actions, written by its own core.
enum History {
    /// Actions of one task that have ended, and such that wait for a service that is away.
    static func fill(_ folder: String, ended: Int, waiting: Int = 0) async throws {
        let store = try await SQLiteStore.open(directory: folder)
        var run = try await CoreRun(store)
        var done = 0
        while done < ended {
            let count = min(256, ended - done)
            run.submit(count)
            try await run.settle()
            done += count
            if done.isMultiple(of: 51_200) {
                Console.say("  \(Text.grouped(done)) of \(Text.grouped(ended)) filled in")
            }
        }
        if waiting > 0 {
            var run = try await CoreRun(store, isServed: false)
            run.submit(waiting)
            try await run.settle()
        }
        await store.close()
    }
}
