import OrraBench
import ProcessSupport

extension LongRun {
    /// 10,000 connections of services that have nothing to do, then 18,000.
    func playIdle(_ findings: inout Findings) async throws {
        for (count, isLast) in [(10_000, false), (18_000, true)] {
            let connections = scaled(count)
            let folder = try settings.freshFolder("idle")
            try await withHub(on: folder) { hub, _ in
                let before = try await settledMemory(hub)
                let holders = try await Holders(connections, to: hub, on: stage)
                defer { holders.end() }
                let resident = try await settledMemory(hub)
                let perConnection = Double(resident - before) / Double(connections)
                say("\(connections) open, \(Text.plain(perConnection / 1_024)) KiB each")
                findings.add(
                    "memory per idle connection, at \(Text.grouped(connections))",
                    goEngine: isLast ? "" : "62 KB at 5,000", reach: isLast ? "" : "≤ 16 KB",
                    here: "\(Text.plain(perConnection / 1_000)) KB (\(Text.mebibytes(resident)) in all)",
                    isReached: isLast ? nil : perConnection <= 16_000)
                try await watch(hub, holders, isLast: isLast, &findings)
            }
            settings.remove(folder)
        }
    }

    private func watch(
        _ hub: HubProcess, _ holders: Holders, isLast: Bool, _ findings: inout Findings
    ) async throws {
        let before = (try sample(hub).processor, holders.state)
        let began = ContinuousClock.now
        try await Task.sleep(for: .seconds(settings.idleMinutes * 60))
        let seconds = (ContinuousClock.now - began).microseconds / 1e6
        let share = (try sample(hub).processor - before.0) / seconds
        let after = holders.state
        findings.add(
            "\(Text.grouped(after.open)) of them held for \(Text.plain(settings.idleMinutes)) min, processor",
            reach: isLast ? "≤ 5 % of a core" : "", here: "\(Text.percent(share)) of a core",
            isReached: isLast ? share <= 0.05 : nil)
        findings.add(
            "their pings answered, connections lost", reach: isLast ? "none lost" : "",
            here: "\(Text.grouped(after.pings - before.1.pings)), \(after.lost)",
            isReached: isLast ? after.lost == 0 : nil)
        if after.lost > 0 { findings.add(fault: "\(after.lost) idle connections were lost") }
    }
}
