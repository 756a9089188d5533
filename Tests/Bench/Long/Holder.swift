import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import OrraBench
import ProcessSupport

/// `Bench hold …`: a process that holds connections of services, answers pings, and tells once a second how it stands.
/// One process may not have as many files open as a hub may have connections at several of them.
struct Holder {
    /// A line of its output.
    struct State: Sendable, Hashable {
        var open: Int
        var lost: Int
        var pings: Int

        var line: String { "open \(open) lost \(lost) pings \(pings)" }

        init(open: Int, lost: Int, pings: Int) { (self.open, self.lost, self.pings) = (open, lost, pings) }

        init?(line: Substring) {
            let words = line.split(separator: " ")
            guard words.count == 6, let open = Int(words[1]), let lost = Int(words[3]), let pings = Int(words[5])
            else { return nil }
            self.init(open: open, lost: lost, pings: pings)
        }
    }

    private let place: Place
    private let key: String
    /// A service, once for each connection of it.
    private let services: [String]

    /// `hold <port> <key> <service>:<connections>,…`
    static func arguments(port: Int, key: String, services: [(id: String, connections: Int)]) -> [String] {
        ["hold", "\(port)", key, services.map { "\($0.id):\($0.connections)" }.joined(separator: ",")]
    }

    init(arguments: ArraySlice<String>) throws {
        let words = Array(arguments)
        guard words.count == 3, let port = Int(words[0]) else { throw ProcessFault("hold: three arguments") }
        place = Place(host: "127.0.0.1", port: port)
        key = words[1]
        services = try words[2].split(separator: ",").flatMap { part in
            let pair = part.split(separator: ":")
            guard pair.count == 2, let count = Int(pair[1]) else { throw ProcessFault("hold: a service and a number") }
            return [String](repeating: String(pair[0]), count: count)
        }
    }

    /// Until the process is ended.
    func run() async throws {
        let loop = MultiThreadedEventLoopGroup(numberOfThreads: 1).any()
        let player = try await loop.submit {
            NIOLoopBoundBox(ServicePlayer(loop: loop, load: Load()), eventLoop: loop)
        }.get()
        OpenFiles.raise()
        for (number, service) in services.enumerated() {
            let callbacks = try await loop.submit {
                NIOLoopBound(player.value.callbacks(service: service), eventLoop: loop)
            }.get()
            let socket = try await MessageSocket.connect(
                loop: loop, to: place, path: "/ws?serviceId=\(service)",
                headers: ["Authorization": "Bearer \(key)", "User-Agent": ServicePlayer.agent], callbacks: callbacks)
            try await loop.submit { player.value.opened(socket.value) }.get()
            if number % 500 == 499 { try await tell(player, opened: number + 1, loop) }
        }
        while true {
            try await tell(player, opened: services.count, loop)
            try await Task.sleep(for: .seconds(1))
        }
    }

    private func tell(
        _ player: NIOLoopBoundBox<ServicePlayer>, opened: Int, _ loop: any EventLoop
    ) async throws {
        let state = try await loop.submit {
            let lost = player.value.lostConnections
            return State(open: opened - lost, lost: lost, pings: player.value.pings)
        }.get()
        Console.say(state.line)
    }
}

/// Processes that hold connections to one hub.
struct Holders {
    private let children: [ChildProcess]
    private let wanted: Int

    private static let connectionsOfService = 250
    private static let connectionsOfProcess = 5_000

    /// Returns when all are open.
    init(_ connections: Int, to hub: HubProcess, on stage: Stage) async throws {
        wanted = connections
        let access = try await HubAccess(hub.address)
        var services: [(id: String, connections: Int)] = []
        var left = connections
        while left > 0 {
            let count = min(left, Self.connectionsOfService)
            services.append((try await access.register("bench-idle-\(services.count)"), count))
            left -= count
        }
        var children: [ChildProcess] = []
        let perChild = Self.connectionsOfProcess / Self.connectionsOfService
        for start in stride(from: 0, to: services.count, by: perChild) {
            let part = Array(services[start..<min(start + perChild, services.count)])
            children.append(
                try stage.start(
                    "Bench", Holder.arguments(port: hub.port, key: access.key, services: part), name: "holder"))
        }
        self.children = children
        try await until("\(connections) open connections", within: .seconds(300)) {
            for child in children {
                if let ending = child.ending { throw ProcessFault("a holder ended: \(ending)\n\(child.errors)") }
            }
            return self.state.open == wanted
        }
    }

    var state: Holder.State {
        let states = children.compactMap { child in
            child.output.split(separator: "\n", omittingEmptySubsequences: false).dropLast().last
                .flatMap { Holder.State(line: $0) }
        }
        return states.reduce(Holder.State(open: 0, lost: 0, pings: 0)) {
            Holder.State(open: $0.open + $1.open, lost: $0.lost + $1.lost, pings: $0.pings + $1.pings)
        }
    }

    func end() { for child in children { child.kill() } }
}
