import Foundation
import ProcessSupport

/// A service as it is described to the hub. Several processes may be its replicas.
struct Crew: Sendable, Hashable {
    var name: String
    var isPython: Bool
    var delay: Int
    var linger: Int
    /// Whether its effects can be undone.
    var isRevertible: Bool

    /// What every service takes.
    static let takes = ["item", "step", "mode", "left", "right"]

    /// What it makes of an input, as `TestService` and `worker.py` do it.
    func output(of input: [String: String]) -> String {
        "\(name)(\(Self.takes.map { input[$0] ?? "nothing" }.joined(separator: ",")))"
    }

    /// The crews for that many processes, with their numbers of replicas. Every fifth process is one of
    /// Python's, and two of three services can undo what they did.
    static func make(processes: Int, _ generator: inout SeededGenerator) -> [(crew: Crew, replicas: Int)] {
        let python = processes / 5
        let kinds = [(isPython: false, count: processes - python), (isPython: true, count: python)]
        return kinds.flatMap { isPython, count -> [(crew: Crew, replicas: Int)] in
            // About half of the services have a replica.
            let services = (count * 2 + 2) / 3
            return (0..<services).map { number in
                let name = "\(isPython ? "python" : "swift")-\(number + 1)"
                let crew = Crew(
                    name: name, isPython: isPython, delay: Int.random(in: 5...(isPython ? 20 : 60), using: &generator),
                    linger: Int.random(in: 20...(isPython ? 40 : 400), using: &generator),
                    isRevertible: !number.isMultiple(of: 3))
                return (crew, number < count - services ? 2 : 1)
            }
        }
    }
}

/// Keeps the processes of services running, and ends them when it is told to.
actor Fleet {
    private struct Member {
        var crew: Crew
        var replica: Int
        var process: ChildProcess
        /// Whether somebody has ended it and will start it again.
        var isDown = false
    }

    private let stage: Stage
    private let project: Operator
    private let deduplicates: Bool
    private var members: [Member] = []
    private(set) var tally = FleetTally()

    init(stage: Stage, project: Operator, deduplicates: Bool) {
        self.stage = stage
        self.project = project
        self.deduplicates = deduplicates
    }

    var count: Int { members.count }
    var crews: [Crew] { Array(Set(members.map(\.crew))) }

    func start(_ crews: [(crew: Crew, replicas: Int)]) throws {
        for (crew, replicas) in crews {
            for replica in 1...replicas {
                members.append(Member(crew: crew, replica: replica, process: try launch(crew)))
            }
        }
    }

    private func launch(_ crew: Crew) throws -> ChildProcess {
        var arguments = [
            "name=\(crew.name)", "delay=\(crew.delay)", "linger=\(crew.linger)",
            "directory=\(stage.directory.path())", "takes=\(Crew.takes.joined(separator: ","))", "attempts=2",
        ]
        if crew.isRevertible { arguments.append("revertible=yes") }
        if !deduplicates { arguments.append("deduplicates=no") }
        var environment = project.environment
        guard crew.isPython else {
            return try stage.start("TestService", arguments, environment: environment, name: crew.name)
        }
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
        environment["PYTHONUNBUFFERED"] = "1"
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Python/worker.py").path()
        return try stage.start(
            try Self.python, [script] + arguments, environment: environment, name: crew.name)
    }

    static var python: String {
        get throws {
            let path = BuildFolder.package.appending(path: ".build/venv/bin/python").path()
            guard FileManager.default.isExecutableFile(atPath: path) else {
                throw ProcessFault("there is no \(path): run `make test`, which makes it")
            }
            return path
        }
    }

    /// Ends a process, and starts it again after a while.
    func end(_ number: Int, _ signal: Int32, restartAfter pause: Duration) async throws {
        guard !members[number].isDown else { return }
        members[number].isDown = true
        let process = members[number].process
        if signal == SIGKILL {
            process.kill()
            tally.kills += 1
            tally.killed.insert(process.pid)
        } else {
            process.signal(signal)
            tally.stops += 1
            tally.stopped.insert(process.pid)
            if (try? await process.end(within: .seconds(20))) == nil { process.kill() }
        }
        try await Task.sleep(for: pause)
        members[number].process = try launch(members[number].crew)
        members[number].isDown = false
    }

    /// Until cancelled: a process that ends by itself is started again.
    func watch() async throws {
        while true {
            try await Task.sleep(for: .milliseconds(200))
            for number in members.indices where !members[number].isDown {
                guard let ending = members[number].process.ending else { continue }
                let crew = members[number].crew
                let lines = members[number].process.errors.split(separator: "\n").filter { $0.contains("rror: ") }
                // Python says its error last, Swift first.
                let said = (crew.isPython ? lines.last : lines.first) ?? "no error"
                tally.ownEnds.append("\(crew.name), \(ending): \(said.prefix(300))")
                members[number].process = try launch(members[number].crew)
            }
        }
    }

    /// Restarts every process of these services: an SDK that has given up does not come back by itself.
    func revive(_ names: Set<String>) throws {
        for number in members.indices where names.contains(members[number].crew.name) {
            members[number].process.kill()
            tally.killed.insert(members[number].process.pid)
            tally.revived += 1
            members[number].process = try launch(members[number].crew)
        }
    }
}

struct FleetTally: Sendable {
    var kills = 0
    var stops = 0
    /// Killed while all was healing, because they did not come back.
    var revived = 0
    var killed: Set<Int32> = []
    var stopped: Set<Int32> = []
    var ownEnds: [String] = []
}
