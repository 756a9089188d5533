import Foundation
import OrraBench
import ProcessSupport

/// A run of `make bench`: its figures, and where and how they came about.
struct ShortRun: Sendable, Hashable, Codable {
    var machine: Machine
    var command: String
    var date: String
    var rounds: Int
    var seconds: Double
    var figures = Samples()
    var peers: [PeerFigures] = []
    /// Peers that were left out, and why.
    var leftOut: [String] = []
    /// What went wrong with actions of the hub.
    var faults: [String] = []
}

/// Round after round, each of everything: what changes on the machine meanwhile meets all alike.
struct Rounds {
    let settings: BenchSettings
    let stage: Stage
    private var run: ShortRun
    private var peers: Peers

    static func run(_ settings: BenchSettings, _ machine: Machine, on stage: Stage) async throws -> ShortRun {
        var rounds = Rounds(
            settings: settings, stage: stage,
            run: ShortRun(
                machine: machine, command: settings.command, date: settings.date, rounds: settings.rounds,
                seconds: settings.seconds), peers: Peers(settings: settings, stage: stage))
        for round in 1...settings.rounds {
            Console.say("Round \(round) of \(settings.rounds)")
            try await rounds.measureMachine()
            try await rounds.measureHub()
            try await rounds.peers.measure()
        }
        rounds.run.peers = rounds.peers.figures
        rounds.run.leftOut = rounds.peers.leftOut
        return rounds.run
    }

    private var warmUp: Double { min(1, settings.seconds / 2) }

    private mutating func measureMachine() async throws {
        let seconds = settings.seconds
        let single = try await EchoLimit.measure(connections: 1, seconds: seconds, warmUp: warmUp)
        run.figures.add(.roundTrip, single.p50)
        let many = try await EchoLimit.measure(connections: 50, seconds: seconds, warmUp: warmUp)
        run.figures.add(.roundTripsPerSecond, many.perSecond)
        let folder = try settings.freshFolder("commit")
        let group = try await CommitLimit.group(seconds: seconds, folder: folder)
        settings.remove(folder)
        run.figures.add(.groupedHopsPerSecond, group.hopsPerSecond)
        run.figures.add(.groupedWritesPerSecond, group.writesPerSecond)
        run.figures.add(.ceilingAt200, try await Bench.ceiling(load(inFlight: 200)).actionsPerSecond)
        run.figures.add(.ceilingAt1000, try await Bench.ceiling(load(inFlight: 1_000)).actionsPerSecond)
        say("machine", [.roundTrip, .roundTripsPerSecond, .groupedHopsPerSecond, .ceilingAt200])
    }

    private func commit() async throws -> Double {
        let folder = try settings.freshFolder("commit")
        defer { settings.remove(folder) }
        return try await CommitLimit.single(seconds: settings.seconds / 2, folder: folder)
    }

    private func load(inFlight: Int, length: Int = 1) -> Load {
        var load = Load()
        (load.inFlight, load.length) = (inFlight, length)
        (load.seconds, load.warmUpSeconds) = (settings.seconds, warmUp)
        return load
    }

    private mutating func measureHub() async throws {
        let folder = try settings.freshFolder("hub")
        let hub = try await stage.startHub(dataDirectory: folder)
        let place = Place(host: "127.0.0.1", port: hub.port)
        // Files that grow are slower to sync: the write-ahead log has its size before anything is measured.
        var first = load(inFlight: 200)
        (first.warmUpSeconds, first.seconds, first.actions) = (0, 60, 3_000)
        _ = try await measure(first, place)
        // A disk is not as fast in every second: what a commit costs is asked before and behind what consists of commits.
        let before = try await commit()
        let one = try await measure(load(inFlight: 1), place)
        let chain = try await measure(load(inFlight: 1, length: 10), place)
        run.figures.add(.commit, (before + (try await commit())) / 2)
        let wide = try await measure(load(inFlight: 200), place)
        let wider = try await measure(load(inFlight: 1_000), place)
        hub.process.kill()
        settings.remove(folder)
        run.figures.add(.oneTask, one.webhook?.p50)
        run.figures.add(.chainOfTen, chain.webhook?.p50)
        run.figures.add(.hop, chain.hop?.p50)
        run.figures.add(.actionsAt200, wide.actionsPerSecond)
        run.figures.add(.p50At200, wide.webhook?.p50)
        run.figures.add(.p99At200, wide.webhook?.p99)
        run.figures.add(.microsecondsPerAction, wide.hub?.microsecondsPerAction)
        run.figures.add(.actionsAt1000, wider.actionsPerSecond)
        run.figures.add(.p50At1000, wider.webhook?.p50)
        run.figures.add(.p99At1000, wider.webhook?.p99)
        addRatios()
        say("hub", [.commit, .oneTask, .chainOfTen, .hop, .hopRatio, .actionsAt200, .actionsAt1000])
    }

    private mutating func measure(_ load: Load, _ place: Place) async throws -> BenchResult {
        let result = try await Bench(hub: place, load: load).run()
        if !result.isClean {
            run.faults.append(
                "\(load.inFlight) in flight, chain of \(load.length): wrong \(result.wrong), lost \(result.lost), "
                    + "errors \(result.errors)")
        }
        return result
    }

    private mutating func addRatios() {
        guard let commit = run.figures.last(.commit), let roundTrip = run.figures.last(.roundTrip) else { return }
        let step = commit + roundTrip
        // An action of n tasks is n + 1 steps: it is taken in and its first task handed out, n - 1 hops, its end.
        run.figures.add(.hopRatio, run.figures.last(.hop).map { $0 / step })
        run.figures.add(.oneTaskRatio, run.figures.last(.oneTask).map { $0 / (2 * step) })
        run.figures.add(.chainRatio, run.figures.last(.chainOfTen).map { $0 / (11 * step) })
        if let actions = run.figures.last(.actionsAt200), let ceiling = run.figures.last(.ceilingAt200) {
            run.figures.add(.shareAt200, actions / ceiling)
        }
        if let actions = run.figures.last(.actionsAt1000), let ceiling = run.figures.last(.ceilingAt1000) {
            run.figures.add(.shareAt1000, actions / ceiling)
        }
    }

    private func say(_ part: String, _ figures: [Figure]) {
        let texts = figures.map { "\($0.rawValue) \(run.figures.last($0).map { Text.plain($0) } ?? "-")" }
        Console.say("  \(part): \(texts.joined(separator: ", "))")
    }
}
