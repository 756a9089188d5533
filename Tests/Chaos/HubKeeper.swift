import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import ProcessSupport

/// Keeps one hub running at one place, and ends it when it is told to.
actor HubKeeper {
    private let stage: Stage
    private let program: String
    private let disk: Disk
    private var process: ChildProcess?
    private(set) var port = 0
    /// Whoever ends the hub restarts it; the keeper's own watch looks away meanwhile.
    private var isBusy = false
    private var isFull = false
    private(set) var tally = HubTally()

    init(stage: Stage, program: String, disk: Disk) {
        self.stage = stage
        self.program = program
        self.disk = disk
    }

    var address: String { "http://127.0.0.1:\(port)" }

    func start() async throws {
        let hub = try await stage.startHub(program, dataDirectory: disk.path)
        process = hub.process
        port = hub.port
    }

    /// Ends the hub and starts it again. One that does not stop in its time is killed.
    func end(_ signal: Int32, restartAfter pause: Duration) async throws {
        guard !isBusy else { return }
        isBusy = true
        defer { isBusy = false }
        guard let process, process.ending == nil else { return try await startAgain() }
        if signal == SIGKILL {
            process.kill()
            tally.kills += 1
        } else {
            let wasFull = isFull
            process.signal(signal)
            tally.stops += 1
            let ending = try? await process.end(within: .seconds(20))
            if ending == nil {
                tally.overdueStops += 1
                process.kill()
            } else if ending != .exited(0), !wasFull, !isFull {
                tally.badEnds.append("a stop ended as \(ending.map { "\($0)" } ?? "nothing")")
            }
        }
        try await Task.sleep(for: pause)
        try await startAgain()
    }

    /// Starts hubs until one answers; on a full disk many may not.
    private func startAgain() async throws {
        try await eventually("a hub that starts", within: .seconds(120)) {
            let hub = try stage.start(
                program, ["serve", "--port", "\(port)", "--data-dir", disk.path], name: "hub")
            process = hub
            let wasFull = isFull
            if wasFull { try? disk.fill(hub.pid) }
            let answers = try await eventually("the hub's answer", within: .seconds(60)) { () -> Bool? in
                if hub.ending != nil { return false }
                return await status("/health") == 200 ? true : nil
            }
            if answers { return () }
            tally.failedStarts += 1
            if !wasFull, !isFull { tally.badEnds.append("a start failed: \(hub.errors.suffix(200))") }
            try await Task.sleep(for: .milliseconds(500))
            return nil
        }
    }

    /// Fills the disk until the hub has noticed, and for a while on. Whether it has noticed is counted.
    func fillDisk(for duration: Duration) async throws {
        guard disk.canBeFull, let process, !isFull else { return }
        isFull = true
        try? disk.fill(process.pid)
        tally.fullPeriods += 1
        let deadline = ContinuousClock.now + .seconds(10)
        while ContinuousClock.now < deadline, await status("/ready") == 200 {
            try await Task.sleep(for: .milliseconds(50))
        }
        if ContinuousClock.now < deadline { tally.noticedPeriods += 1 }
        try await Task.sleep(for: duration)
        try healDisk()
    }

    func healDisk() throws {
        guard isFull else { return }
        isFull = false
        // The process may be gone just now, and its limits with it.
        try disk.heal(process.flatMap { $0.ending == nil ? $0.pid : nil })
    }

    /// Until cancelled: a hub that ends by itself is a fault, and is started again.
    func watch() async throws {
        while true {
            try await Task.sleep(for: .milliseconds(100))
            guard !isBusy, let process, let ending = process.ending else { continue }
            isBusy = true
            defer { isBusy = false }
            tally.badEnds.append("the hub ended by itself: \(ending): \(process.errors.suffix(400))")
            try await startAgain()
        }
    }

    private func status(_ path: String) async -> Int? {
        let request = HTTPClientRequest(url: address + path)
        return try? await Int(HTTPClient.shared.execute(request, timeout: .seconds(2)).status.code)
    }
}

struct HubTally: Sendable {
    var kills = 0
    var stops = 0
    /// Stops that took more than 20 s.
    var overdueStops = 0
    /// Starts that failed, on a full disk for example.
    var failedStarts = 0
    var fullPeriods = 0
    /// Periods in which the hub said that it can't write.
    var noticedPeriods = 0
    /// Ends that nobody asked for.
    var badEnds: [String] = []
}
