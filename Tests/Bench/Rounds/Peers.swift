import Foundation
import ProcessSupport

/// What a peer reached on one kind of work, of every round.
struct PeerFigures: Sendable, Hashable, Codable {
    /// As its script names it: `nats request-reply`.
    var name: String
    /// Whether an action that was accepted survives a loss of power there.
    var isDurable: Bool
    var length: Int
    var inFlight: Int
    /// Microseconds.
    var p50: [Double]
    var perSecond: [Double]
    /// Versions, and how it writes to disk.
    var about: [String: String]
}

/// The peers' scripts in `Tests/Bench/Python`: the same chain of tasks, checked alike, each in its own words.
struct Peers {
    private struct Peer {
        var script: String
        var arguments: [String] = []
        /// With many in flight its first seconds say nothing.
        var warmUp = 1.0
    }

    /// What a script prints.
    private struct Output: Decodable {
        struct Latency: Decodable { var p50: Double? }
        struct SQLite: Decodable {
            var synchronous: String
            var journalMode: String
        }
        var peer: String
        var mode: String
        var durable: Bool
        var completed: Int
        var actionsPerSecond: Double
        var latency: Latency
        var errors: Int
        var wrong: Int
        var sync: String?
        var sqlite: SQLite?
        var versions: [String: String]

        var name: String { "\(peer) \(mode)" }

        var about: [String: String] {
            var about = versions
            about["sync"] = sync ?? sqlite.map { "synchronous=\($0.synchronous), journal_mode=\($0.journalMode)" }
            return about
        }
    }

    private static let all = [
        Peer(script: "nats_request_reply.py"), Peer(script: "nats_jetstream.py", arguments: ["--sync", "auto"]),
        Peer(script: "dbos_chain.py", arguments: ["--journal-mode", "default"], warmUp: 10),
        Peer(script: "dbos_chain.py", arguments: ["--journal-mode", "wal"], warmUp: 10),
    ]
    private static let works: [(length: Int, inFlight: Int)] = [(1, 1), (10, 1), (1, 200)]

    private let settings: BenchSettings
    private let stage: Stage
    private(set) var figures: [PeerFigures] = []
    private(set) var leftOut: [String] = []
    private var remaining = Peers.all

    init(settings: BenchSettings, stage: Stage) {
        self.settings = settings
        self.stage = stage
        if settings.python == nil {
            remaining = []
            leftOut = ["all: there is no Python with their packages (`make bench` makes one)"]
        }
    }

    mutating func measure() async throws {
        for peer in remaining {
            for work in Self.works {
                do {
                    add(try await run(peer, work.length, work.inFlight), work.length, work.inFlight)
                } catch let fault as ProcessFault {
                    leftOut.append("\(peer.script) \(peer.arguments.joined(separator: " ")): \(fault)")
                    Console.say("  left out: \(leftOut.last ?? "")")
                    remaining.removeAll { $0.script == peer.script && $0.arguments == peer.arguments }
                    break
                }
            }
        }
    }

    private func run(_ peer: Peer, _ length: Int, _ inFlight: Int) async throws -> Output {
        let python = settings.python ?? "python3"
        let script = BuildFolder.package.appending(path: "Tests/Bench/Python/\(peer.script)").path()
        let folder = try settings.freshFolder("peer")
        defer { settings.remove(folder) }
        let warmUp = inFlight > 1 ? peer.warmUp : 1
        let process = try stage.start(
            python,
            [
                script, "--length", "\(length)", "--in-flight", "\(inFlight)", "--seconds", "\(settings.seconds)",
                "--warm-up", "\(warmUp)", "--data-dir", folder,
            ] + peer.arguments, environment: ["PYTHONDONTWRITEBYTECODE": "1"], name: "peer")
        let ending = try await process.end(within: .seconds(300))
        guard let output = try? JSONDecoder().decode(Output.self, from: Data(process.output.utf8)) else {
            throw ProcessFault(process.errors.split(separator: "\n").last.map(String.init) ?? "ended as \(ending)")
        }
        guard output.wrong == 0, output.errors == 0, output.completed > 0 else {
            throw ProcessFault("wrong \(output.wrong), errors \(output.errors), completed \(output.completed)")
        }
        return output
    }

    private mutating func add(_ output: Output, _ length: Int, _ inFlight: Int) {
        Console.say(
            "  \(output.name), chain of \(length), \(inFlight) in flight: "
                + "\(Text.plain(output.latency.p50 ?? 0)) us, \(Text.plain(output.actionsPerSecond))/s")
        let place = figures.firstIndex {
            $0.name == output.name && $0.length == length && $0.inFlight == inFlight
        }
        if let place {
            figures[place].p50.append(output.latency.p50 ?? .nan)
            figures[place].perSecond.append(output.actionsPerSecond)
        } else {
            figures.append(
                PeerFigures(
                    name: output.name, isDurable: output.durable, length: length, inFlight: inFlight,
                    p50: [output.latency.p50 ?? .nan], perSecond: [output.actionsPerSecond], about: output.about))
        }
    }
}
