import OrraCore
import OrraEngine
import OrraModel
import OrraStore

/// One life of the hub's process: what a crash takes away.
struct HubProcess {
    var core: Core
    let epoch: Int
    /// As the production clock: the wall clock at start, never behind the last journaled entry, plus what has elapsed.
    let clockStart: Timestamp
    let startedAt: Int64
    var lastConnection: UInt64 = 0
    var lastToken: UInt64 = 0
    var links: [ConnectionID: Int] = [:]
    var calls: [RequestToken: Call] = [:]
    /// On its way to the disk.
    var batch: Core.Batch?
    /// Inputs of that batch, and how many follow that are tried one by one.
    var batchInputs = 0
    var singles = 0
    var isStepDue = false
    var alarmAt: Int64?
    /// Callers' keys whose submission is under way.
    var keysInUse: Set<String> = []

    func time(at now: Int64) -> Timestamp { clockStart + .milliseconds(now - startedAt) }

    mutating func token(for call: Call) -> RequestToken {
        lastToken += 1
        let token = RequestToken(lastToken)
        calls[token] = call
        return token
    }
}

/// The hub's loop as `HubLoop` runs it: one batch at a time, effects after the commit, a pause after a failed one.
extension Simulation {
    private static let pauseAfterFault: Int64 = 500
    private static let pauseAfterConflict: Int64 = 50
    static let fullDisk = StoreError(.unavailable, "the disk is full")
    static let conflict = StoreError(.constraint, "the write contradicts what is stored")

    func startHub() async throws {
        epoch += 1
        let recovery = try await store.recover()
        let wall = Timestamp(milliseconds: Self.wallAtStart + now + wallOffset)
        let start = max(wall, recovery.lastEntryAt ?? wall)
        note("hub: starts, run \(epoch), \(recovery.live.count) live, its clock at \(start)")
        var bounds = Core.Bounds()
        bounds.liveOrchestrations = scenario.liveOrchestrations
        bounds.heldOutputBytes = 0
        let core = Core(
            recovering: recovery, at: start, bounds: bounds,
            random: SeededGenerator(seed: scenario.seed, stream: 100 + UInt64(epoch)))
        hub = HubProcess(core: core, epoch: epoch, clockStart: start, startedAt: now)
        oracle.hubStarted(at: start, isSetAside: !core.quarantined.isEmpty)
        wakeHub()
        for watcher in watchers.indices where !watchers[watcher].isGone {
            agenda.add(.watcherConnects(watcher), at: now + random.time(1...2_000))
        }
    }

    /// What was committed is all that is left. Clients see their connections end.
    func crashHub(_ downtime: Int64) async throws {
        guard let hub else { return }
        note("hub: crashes")
        for link in hub.links.sorted(by: { $0.key < $1.key }).map(\.value) { hubDies(link) }
        for call in hub.calls.sorted(by: { $0.key.number < $1.key.number }).map(\.value) { lost(call) }
        for watcher in watchers.indices { watchers[watcher].lose() }
        if let doubtful, random.chance(perMille: 500) {
            note("hub: the batch that failed is on disk all the same")
            try await store.commit(doubtful)
            oracle.counts.doubtfulCommits += 1
            oracle.committed(doubtful, at: hub.time(at: now))
        }
        doubtful = nil
        self.hub = nil
        store = InMemoryStore(store.snapshot())
        agenda.add(.hubUp, at: now + downtime)
    }

    func enqueue(_ input: Input) {
        hub?.core.enqueue(input)
        wakeHub()
    }

    func wakeHub(after delay: Int64 = 0) {
        guard let hub, hub.batch == nil, !hub.isStepDue else { return }
        self.hub?.isStepDue = true
        agenda.add(.hubStep(epoch: hub.epoch), at: now + delay)
    }

    func ringAlarm(_ epoch: Int) {
        guard hub?.epoch == epoch, hub?.alarmAt == now else { return }
        hub?.alarmAt = nil
        wakeHub()
    }

    func stepHub(_ epoch: Int) async throws {
        guard let time = hub?.time(at: now), hub?.epoch == epoch else { return }
        hub?.isStepDue = false
        guard hub?.batch == nil else { return }
        while true {
            let queued = hub?.core.queued ?? 0
            guard let batch = hub?.core.nextBatch(at: time) else { break }
            let left = hub?.core.queued ?? 0
            hub?.batchInputs = queued - left
            guard batch.writes.isEmpty else {
                hub?.batch = batch
                let latency = now < slowDisk.until ? slowDisk.latency : random.time(1...4)
                return agenda.add(.commitEnds(epoch: epoch), at: now + latency)
            }
            guard let effects = hub?.core.committed() else { return }
            perform(effects[...])
        }
        setAlarm()
    }

    private func setAlarm() {
        guard let hub else { return }
        guard let next = hub.core.nextWakeup else {
            self.hub?.alarmAt = nil
            return
        }
        let at = max(now, hub.startedAt + (next - hub.clockStart).milliseconds) + 1
        guard hub.alarmAt != at else { return }
        self.hub?.alarmAt = at
        agenda.add(.alarm(epoch: hub.epoch), at: at)
    }

    func endCommit(_ epoch: Int) async throws {
        guard let batch = hub?.batch, hub?.epoch == epoch, let time = hub?.time(at: now) else { return }
        commits += 1
        let crash = crashesAtCommit.removeValue(forKey: commits) ?? armedCrash
        armedCrash = nil
        if let crash, crash.point == .beforeCommit || crash.point == .anywhere {
            return try await crashHub(crash.downtime)
        }
        hub?.batch = nil
        // Alone, an input that contradicts is dropped: no such thing is to happen to one that does not.
        let inputs = hub?.batchInputs ?? 0
        if now < diskIsFullUntil {
            store.failNextCommits(with: Self.fullDisk)
        } else if wantsConflict, inputs > 1, hub?.singles == 0 {
            wantsConflict = false
            hub?.singles = inputs + 1
            store.failNextCommits(with: Self.conflict)
        }
        if let singles = hub?.singles { hub?.singles = max(singles - 1, 0) }
        let effects: [Effect]
        do throws(StoreError) {
            try await store.commit(batch.writes)
        } catch {
            if error != Self.fullDisk, error != Self.conflict {
                oracle.fail("store", "a batch contradicts what is stored: \(error)")
            }
            note("hub: commit \(commits) fails: \(error.code.rawValue)")
            oracle.counts.failedCommits += 1
            if error == Self.fullDisk { doubtful = batch.writes }
            effects = hub?.core.failed(error) ?? []
            perform(effects[...])
            return wakeHub(after: error.code == .constraint ? Self.pauseAfterConflict : Self.pauseAfterFault)
        }
        note("hub: commit \(commits): \(batch.writes.map(\.brief).joined(separator: ", "))")
        doubtful = nil
        oracle.committed(batch.writes, at: time)
        if let crash, crash.point == .afterCommit { return try await crashHub(crash.downtime) }
        effects = hub?.core.committed() ?? []
        if let crash, case .amidEffects(let perMille) = crash.point {
            perform(effects.prefix(effects.count * perMille / 1_000))
            return try await crashHub(crash.downtime)
        }
        perform(effects[...])
        if let core = hub?.core { oracle.compare(with: core) }
        try await compareOutbox()
        wakeHub()
    }

    // MARK: - Effects

    private func perform(_ effects: ArraySlice<Effect>) {
        for effect in effects where hub != nil && oracle.violation == nil { perform(effect) }
    }

    private func perform(_ effect: Effect) {
        switch effect {
        case .reply(let token, let reply): answer(token, reply)
        case .deliver(let connection, let delivery):
            ask(
                connection,
                WorkRequest(
                    work: oracle.works[delivery.key] ?? Work(reference: delivery.reference),
                    execution: delivery.execution, key: delivery.key, service: delivery.service,
                    input: delivery.input, undo: delivery.undo))
        case .acknowledge(let connection, let messageID): acknowledge(connection, messageID)
        case .cancelRequest(let connection, _, _, let key):
            if let link = hub?.links[connection] { sendToClient(link, .cancelRequest(key)) }
        case .reset(let connection): if let link = hub?.links[connection] { hubCloses(link) }
        case .setBusy(let connection, let isBusy):
            // The next ping finds it idle.
            guard !isBusy, let link = hub?.links[connection] else { return }
            agenda.add(.pong(link: link), at: now + random.time(20...20_000))
        case .lookUp(let report): lookUp(report)
        case .post(let delivery): post(delivery)
        case .progressed(let progressed): signal(progressed)
        }
    }

    private func ask(_ connection: ConnectionID, _ request: WorkRequest) {
        oracle.asked(request, on: connection)
        guard let link = hub?.links[connection] else { return }
        note("hub: asks \(links[link].label) for \(request.work.brief), \(request.execution.rawValue.prefix(6))")
        sendToClient(link, .work(request))
    }

    private func acknowledge(_ connection: ConnectionID, _ messageID: String) {
        guard let link = hub?.links[connection] else { return }
        oracle.acknowledged(messageID, by: links[link].replica)
        note("hub: acknowledges \(messageID) to \(links[link].label)")
        sendToClient(link, .acknowledgement(messageID))
    }

    /// Reads now and comes back later, as production does: much may happen in between.
    private func lookUp(_ report: IncomingReport) {
        guard let hub else { return }
        agenda.add(.lookUp(epoch: hub.epoch, report), at: now + random.time(0...5))
    }

    func readForLookUp(_ epoch: Int, _ report: IncomingReport) async throws {
        guard hub?.epoch == epoch else { return }
        guard let reference = try await store.task(of: report.key) else {
            return oracle.fail("key", "a report names a key that the hub never made, or has lost")
        }
        let entries = try await store.journal(of: reference.orchestration, after: 0, limit: .max)
        let orchestration = try Orchestration(replaying: entries)
        agenda.add(.lookedUp(epoch: epoch, report, reference, orchestration), at: now + random.time(0...20))
    }

    private func post(_ delivery: WebhookDelivery) {
        guard let hub else { return }
        let fails = now < webhooksAreDownUntil
        oracle.posted(delivery, isTaken: !fails)
        note(
            "hub: posts \(delivery.id.rawValue.prefix(6)) of \(delivery.orchestration): \(fails ? "refused" : "taken")")
        agenda.add(
            .posted(epoch: hub.epoch, delivery.id, error: fails ? "refused" : nil), at: now + random.time(1...2_000))
        if !fails, delivery.subject == .approvalRequested { told(ofHeld: delivery.orchestration) }
    }
}
