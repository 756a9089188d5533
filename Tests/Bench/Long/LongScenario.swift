import OrraBench
import ProcessSupport

/// A long scenario, played once.
enum LongScenario: String, Sendable, CaseIterable {
    case idle, memory, restart, payload, list, watchers, curves

    var name: String { rawValue }

    var title: String {
        switch self {
        case .idle: "Idle connections"
        case .memory: "Memory after many actions"
        case .restart: "Start with a long history"
        case .payload: "10 MiB through a chain of three"
        case .list: "Lists over a million orchestrations"
        case .watchers: "Progress to a thousand watchers"
        case .curves: "How cost grows"
        }
    }
}

/// What the scenarios have in common.
struct LongRun: Sendable {
    let settings: BenchSettings
    let stage: Stage

    func play(_ scenario: LongScenario, _ findings: inout Findings) async throws {
        switch scenario {
        case .idle: try await playIdle(&findings)
        case .memory: try await playMemory(&findings)
        case .restart: try await playRestart(&findings)
        case .payload: try await playPayload(&findings)
        case .list: try await playList(&findings)
        case .watchers: try await playWatchers(&findings)
        case .curves: try await playCurves(&findings)
        }
    }

    /// At least 1.
    func scaled(_ count: Int) -> Int { max(1, Int((Double(count) * settings.scale).rounded())) }

    /// A hub on an empty folder, or on one that was filled before.
    func withHub<Value>(
        on folder: String, _ body: (HubProcess, Place) async throws -> Value
    ) async throws -> Value {
        let hub = try await stage.startHub(dataDirectory: folder)
        defer { hub.process.kill() }
        return try await body(hub, Place(host: "127.0.0.1", port: hub.port))
    }

    func sample(_ hub: HubProcess) throws -> LocalProcess.Sample {
        guard let sample = LocalProcess(id: hub.process.pid).sample() else {
            throw ProcessFault("memory and processor of the hub can't be read here: that needs Linux")
        }
        return sample
    }

    /// Of a hub that has had time to give back what it needs no longer.
    func settledMemory(_ hub: HubProcess, seconds: Double = 5) async throws -> Int {
        try await Task.sleep(for: .seconds(seconds))
        return try sample(hub).resident
    }

    func measure(_ load: Load, _ place: Place, _ what: String, _ findings: inout Findings) async throws -> BenchResult {
        let result = try await Bench(hub: place, load: load).run()
        if !result.isClean {
            findings.add(fault: "\(what): wrong \(result.wrong), lost \(result.lost), errors \(result.errors)")
        }
        return result
    }

    func say(_ text: String) { Console.say("  \(text)") }
}
