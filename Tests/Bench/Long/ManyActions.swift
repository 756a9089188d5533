import OrraBench
import OrraModel
import ProcessSupport

extension LongRun {
    /// Memory after 10,000 finished actions, and after 100,000.
    func playMemory(_ findings: inout Findings) async throws {
        let folder = try settings.freshFolder("memory")
        defer { settings.remove(folder) }
        try await withHub(on: folder) { hub, place in
            let empty = try await settledMemory(hub, seconds: 1)
            var load = Load()
            (load.inFlight, load.seconds, load.warmUpSeconds) = (200, 3_600, 0)
            load.actions = scaled(10_000)
            _ = try await measure(load, place, "10,000 actions", &findings)
            let few = try await settledMemory(hub)
            say("\(Text.mebibytes(few)) after \(Text.grouped(load.actions))")
            load.actions = scaled(90_000)
            _ = try await measure(load, place, "90,000 actions more", &findings)
            let many = try await settledMemory(hub)
            let ratio = Double(many) / Double(few)
            findings.add("memory of an empty hub", here: Text.mebibytes(empty))
            findings.add("after \(Text.grouped(scaled(10_000))) finished actions", here: Text.mebibytes(few))
            findings.add(
                "after \(Text.grouped(scaled(100_000))) finished actions", goEngine: "400 MB after 15,000",
                reach: "≤ 1.2 × of after 10,000", here: "\(Text.mebibytes(many)) (\(Text.times(ratio)))",
                isReached: ratio <= 1.2)
        }
    }

    /// From the start of the process to the first 200 of `/ready`.
    func playRestart(_ findings: inout Findings) async throws {
        let (ended, waiting) = (scaled(100_000), scaled(1_000))
        let folder = try settings.freshFolder("restart")
        defer { settings.remove(folder) }
        try await History.fill(folder, ended: 0, waiting: waiting)
        let (_, alone) = try await start(on: folder)
        settings.remove(folder)
        try await History.fill(folder, ended: ended, waiting: waiting)
        var times: [Double] = []
        var memory: [Double] = []
        for _ in 0..<settings.rounds {
            let (time, resident) = try await start(on: folder)
            times.append(time)
            memory.append(Double(resident))
        }
        guard let time = Samples.median(times), let resident = Samples.median(memory) else { return }
        let what = "\(Text.grouped(ended)) finished and \(Text.grouped(waiting)) live orchestrations"
        findings.add(
            "start with \(what), until /ready answers 200 (median of \(times.count))", goEngine: "3.1 s after 15,000",
            reach: "≤ 1 s", here: Text.time(time), isReached: time <= 1e6)
        findings.add("memory then, with the live ones only", here: Text.mebibytes(alone))
        findings.add(
            "memory then, with \(what)", goEngine: "549 MB after 15,000", reach: "by the live ones only (≤ 1.2 ×)",
            here: "\(Text.mebibytes(Int(resident))) (\(Text.times(resident / Double(alone))))",
            isReached: resident <= 1.2 * Double(alone))
    }

    /// Microseconds until it is ready, and memory then. The hub is killed, as by a crash.
    private func start(on folder: String) async throws -> (Double, Int) {
        // The port is learnt first, so that it can be asked before the banner is read.
        let first = try await stage.startHub(dataDirectory: folder)
        let (port, address) = (first.port, first.address)
        first.process.kill()
        let began = ContinuousClock.now
        let process = try stage.start("orra", ["serve", "--port", "\(port)", "--data-dir", folder], name: "hub")
        defer { process.kill() }
        while !(await HubAccess.isReady(address)) {
            if let ending = process.ending { throw ProcessFault("the hub did not start: \(ending)") }
            guard ContinuousClock.now - began < .seconds(120) else { throw ProcessFault("the hub does not get ready") }
            try await Task.sleep(for: .milliseconds(2))
        }
        let time = (ContinuousClock.now - began).microseconds
        say("ready after \(Text.time(time))")
        return (time, try sample(HubProcess(process: process, address: address)).resident)
    }

    /// A result at the limit of its size, through three tasks: the first gives it, the others take and give it.
    func playPayload(_ findings: inout Findings) async throws {
        let folder = try settings.freshFolder("payload")
        defer { settings.remove(folder) }
        try await withHub(on: folder) { hub, place in
            var load = Load()
            (load.length, load.actions, load.seconds, load.warmUpSeconds) = (3, max(3, settings.rounds), 600, 0)
            load.payload = min(Limits.payloadBytes, scaled(Limits.payloadBytes)) - 4_096
            load.carriesPayload = .results
            load.outcome = .progress
            let idle = try await settledMemory(hub, seconds: 1)
            let result = try await measure(load, place, "10 MiB through a chain of three", &findings)
            guard let time = result.progress?.p50, let peak = LocalProcess(id: hub.process.pid).peak else { return }
            func times(_ bytes: Int) -> Double { Double(bytes) / Double(load.payload) }
            findings.add(
                "10 MiB result through a 3-task chain, p50 of \(result.completed)", goEngine: "refused at 10 KiB",
                reach: "≤ 1 s", here: Text.time(time), isReached: time <= 1e6)
            findings.add(
                "most memory of the hub meanwhile", reach: "≤ 8 × the payload",
                here: "\(Text.mebibytes(peak)) (\(Text.times(times(peak))))", isReached: times(peak) <= 8)
            findings.add(
                "of these above the \(Text.mebibytes(idle)) of the idle hub",
                here: "\(Text.mebibytes(peak - idle)) (\(Text.times(times(peak - idle))))")
        }
    }
}
