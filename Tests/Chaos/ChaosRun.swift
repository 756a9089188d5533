import Foundation
import OrraModel
import OrraProtocol
import OrraSDK
import ProcessSupport

/// Starts everything, lets the killer in, heals, waits, and judges.
struct ChaosRun {
    let settings: ChaosSettings
    let stage: Stage
    let disk: Disk
    let hub: HubKeeper
    let proxy = Proxy()
    let ledger = Ledger()
    let chronicle = Chronicle()
    let receiver: OutcomeReceiver
    let tell: @Sendable (String) -> Void

    /// Runs it all in a directory that is left behind only when something was wrong.
    static func run(
        _ settings: ChaosSettings, telling tell: @escaping @Sendable (String) -> Void
    ) async throws -> Report {
        try await Stage.run { stage in
            let disk = try Disk.make(at: stage.path("disk"), limitingFiles: settings.limitsFiles)
            let report = try await ChaosRun(settings, stage, disk, tell).perform()
            if !report.isGood || settings.keepsFiles {
                stage.keepFiles()
                tell("What every process said is in \(stage.directory.path())")
            }
            return report
        }
    }

    private init(
        _ settings: ChaosSettings, _ stage: Stage, _ disk: Disk, _ tell: @escaping @Sendable (String) -> Void
    ) {
        self.settings = settings
        self.stage = stage
        self.disk = disk
        self.tell = tell
        hub = HubKeeper(stage: stage, program: settings.hub, disk: disk)
        receiver = OutcomeReceiver(SeededGenerator(seed: settings.seed &+ 3))
    }

    private func perform() async throws -> Report {
        let (ports, told) = AsyncStream.makeStream(of: Port.self)
        return try await withThrowingTaskGroup(of: Report?.self) { group in
            group.addTask {
                try await proxy.run { told.yield(.proxy($0)) }
                return nil
            }
            group.addTask {
                try await receiver.run { told.yield(.receiver($0)) }
                return nil
            }
            group.addTask {
                var places: (proxy: Int?, receiver: Int?) = (nil, nil)
                for await port in ports {
                    switch port {
                    case .proxy(let port): places.proxy = port
                    case .receiver(let port): places.receiver = port
                    }
                    if let proxy = places.proxy, let receiver = places.receiver {
                        return try await run(proxyAt: proxy, receiverAt: receiver)
                    }
                }
                return nil
            }
            defer { group.cancelAll() }
            while let report = try await group.next() {
                if let report { return report }
            }
            throw CancellationError()
        }
    }

    private enum Port { case proxy(Int), receiver(Int) }

    private func run(proxyAt proxyPort: Int, receiverAt receiverPort: Int) async throws -> Report {
        try await hub.start()
        proxy.lead(to: await hub.port)
        let straight = try HubAddress(await hub.address)
        let key = try await OperatorClient(address: straight).registerProject(name: "chaos").apiKey
        var limits = OperatorClient.Settings()
        limits.planningTimeout = .seconds(20)
        let faulty = try HubAddress("http://127.0.0.1:\(proxyPort)")
        let scene = Scene(
            operatorClient: OperatorClient(address: straight, apiKey: key),
            faultyClient: OperatorClient(address: faulty, apiKey: key, settings: limits),
            fleet: Fleet(
                stage: stage,
                project: Operator(
                    client: OperatorClient(address: faulty, apiKey: key), key: key, address: faulty.text),
                deduplicates: settings.deduplicates),
            webhook: "http://127.0.0.1:\(receiverPort)/outcome")
        return try await withThrowingTaskGroup(of: Report?.self) { group in
            group.addTask {
                try await chronicle.watch(scene.faultyClient)
                return nil
            }
            group.addTask { try await perform(scene) }
            defer { group.cancelAll() }
            while let report = try await group.next() {
                if let report { return report }
            }
            throw CancellationError()
        }
    }

    private struct Scene: Sendable {
        /// Asks the hub itself.
        var operatorClient: OperatorClient
        /// Goes through the proxy.
        var faultyClient: OperatorClient
        var fleet: Fleet
        var webhook: String
    }

    private func perform(_ scene: Scene) async throws -> Report {
        var generator = SeededGenerator(seed: settings.seed)
        let crews = Crew.make(processes: settings.services, &generator)
        try await scene.fleet.start(crews)
        try await connect(crews.map(\.crew.name), scene, within: .seconds(90))
        tell("\(settings.services) services are connected; faults begin")
        let begin = ContinuousClock.now
        let tally = try await storm(scene, crews.map(\.crew))
        let healing = ContinuousClock.now
        tell("\(ledger.accepted) actions accepted, \(chronicle.ended) ended; healing")
        try await hub.healDisk()
        proxy.heal()
        try await settle(scene, crews.map(\.crew))
        var verdict = await verdict(scene, crews.map(\.crew))
        verdict.wrong += chronicle.faults
        return Report(
            settings: settings, disk: disk.name, hub: await hub.tally, fleet: await scene.fleet.tally, killer: tally,
            ledger: ledger.entries, verdict: verdict, outcomes: receiver.tally, duration: healing - begin,
            healing: ContinuousClock.now - healing)
    }

    private func verdict(_ scene: Scene, _ crews: [Crew]) async -> Verdict {
        Verdict(
            ledger.entries, chronicle.stories, journals(crews), receiver.tally, await scene.fleet.tally)
    }

    private func journals(_ crews: [Crew]) -> Verdict.Journals {
        var journals = Verdict.Journals()
        for crew in crews {
            func records(_ journal: ServiceRecord.Journal) -> [ServiceRecord] {
                journal.records(of: crew.name, in: stage.directory)
            }
            journals.effects += records(.effects)
            journals.repeats += records(.repeats)
            journals.undos += records(.undos)
        }
        return journals
    }

    // MARK: - The storm

    /// Actions and faults, for as long as the settings say.
    private func storm(_ scene: Scene, _ crews: [Crew]) async throws -> Killer.Tally {
        try await withThrowingTaskGroup(of: Killer.Tally?.self) { group in
            group.addTask {
                try await hub.watch()
                return nil
            }
            group.addTask {
                try await scene.fleet.watch()
                return nil
            }
            group.addTask {
                try await submit(scene, crews)
                return nil
            }
            group.addTask {
                var killer = Killer(
                    settings: settings, hub: hub, fleet: scene.fleet, proxy: proxy, note: try faultLog(),
                    generator: SeededGenerator(seed: settings.seed &+ 1))
                let tally = try await killer.run()
                ledger.close()
                return tally
            }
            var tally = Killer.Tally()
            // The killer's and the stream's ends; the watches have none.
            for _ in 1...2 { if let done = try await group.next().flatMap({ $0 }) { tally = done } }
            group.cancelAll()
            return tally
        }
    }

    /// Appends to a file beside what the processes said.
    private func faultLog() throws -> @Sendable (String) -> Void {
        let path = stage.path("faults.txt")
        try Data().write(to: URL(filePath: path))
        let file = FileHandle(forWritingAtPath: path)
        return { fault in file?.write(Data("\(Date().ISO8601Format(.iso8601(timeZone: .gmt))) \(fault)\n".utf8)) }
    }

    private func submit(_ scene: Scene, _ crews: [Crew]) async throws {
        var stream = ActionStream(
            settings: settings, client: scene.faultyClient, crews: crews, webhook: scene.webhook, ledger: ledger,
            chronicle: chronicle, generator: SeededGenerator(seed: settings.seed &+ 2))
        try await stream.run()
    }

    // MARK: - The calm after it

    private func connect(_ names: [String], _ scene: Scene, within limit: Duration) async throws {
        try await until("a connection of every service", within: limit) {
            try await missing(names, scene).isEmpty
        }
    }

    private func missing(_ names: [String], _ scene: Scene) async throws -> Set<String> {
        let services = try await scene.operatorClient.services().services
        return Set(names).subtracting(services.filter { !$0.connections.isEmpty }.map(\.name))
    }

    /// Waits until every accepted action has ended, its outcome is told, and what it did is undone. What does not come is
    /// the verdict's business.
    private func settle(_ scene: Scene, _ crews: [Crew]) async throws {
        let names = crews.map(\.name)
        do {
            try await connect(names, scene, within: .seconds(40))
        } catch is ProcessFault {
            let silent = try await missing(names, scene)
            tell("started again, because they did not come back: \(silent.sorted().joined(separator: ", "))")
            try await scene.fleet.revive(silent)
            try await connect(names, scene, within: .seconds(90))
        }
        let deadline = ContinuousClock.now + settings.patience
        while ContinuousClock.now < deadline {
            // Answers that were lost: asked for again and again, for one may still be planned.
            try await ActionStream.lookUp(ledger, at: scene.operatorClient)
            try await Task.sleep(for: .seconds(2))
            let taken = receiver.tally.taken
            let open = ledger.entries.compactMap(\.id).filter { id in
                chronicle.status(of: id) == nil || taken[id.rawValue] == nil
            }
            if open.isEmpty, await verdict(scene, crews).lost.isEmpty { return }
        }
        tell("not everything ended in time")
    }
}
