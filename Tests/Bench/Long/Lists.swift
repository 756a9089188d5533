import OrraBench
import OrraModel
import OrraStore
import ProcessSupport

extension LongRun {
    /// `GET /orchestrations`, and the store's read beneath it.
    func playList(_ findings: inout Findings) async throws {
        let count = scaled(1_000_000)
        let folder = try settings.freshFolder("list")
        defer { settings.remove(folder) }
        // The hub makes the project, so that it knows its key; the actions are filled in beneath it.
        let first = try await stage.startHub(dataDirectory: folder)
        let access = try await HubAccess(first.address)
        first.process.kill()
        try await History.fill(folder, ended: count)

        let store = try await SQLiteStore.open(directory: folder)
        guard let project = try await store.recover().projects.first?.id else { return }
        let reads = try await times(200) {
            try await store.orchestrations(of: project, limit: Limits.listedOrchestrations).count
        }
        await store.close()
        let routes = try await withHub(on: folder) { hub, _ in
            let access = HubAccess(hub.address, key: access.key)
            return try await times(200) { try await access.list() }
        }
        let expected = min(count, Limits.listedOrchestrations)
        guard reads.count == expected, routes.count == expected else {
            findings.add(fault: "the list showed \(reads.count) and \(routes.count) of \(expected)")
            return
        }
        findings.add(
            "GET /orchestrations at \(Text.grouped(count)), p50 and p99 of 200", reach: "≤ 50 ms",
            here: "\(Text.time(routes.p50)), \(Text.time(routes.p99))", isReached: routes.p50 <= 50_000)
        findings.add(
            "the store's read of it, p50 and p99", here: "\(Text.time(reads.p50)), \(Text.time(reads.p99))")
    }

    private func times(
        _ count: Int, _ body: () async throws -> Int
    ) async throws -> (p50: Double, p99: Double, count: Int) {
        var times: [Double] = []
        var shown = 0
        for _ in 0..<count {
            let began = ContinuousClock.now
            shown = try await body()
            times.append((ContinuousClock.now - began).microseconds)
        }
        times.sort()
        return (times[times.count / 2], times[min(times.count - 1, times.count * 99 / 100)], shown)
    }
}
