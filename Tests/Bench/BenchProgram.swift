import Foundation
import ProcessSupport
import UnixSignals

/// `make bench` and `make bench-long`: the machine, the hub and its peers, measured in one run.
@main
struct BenchProgram {
    static func main() async throws {
        do {
            let arguments = Array(CommandLine.arguments.dropFirst())
            // What a long scenario starts to hold more connections than one process may have files.
            if arguments.first == "hold" { return try await Holder(arguments: arguments.dropFirst()).run() }
            if arguments.first == "hops" { return try await Hops(arguments: arguments.dropFirst()).run() }
            let settings = try BenchSettings(arguments: arguments)
            OpenFiles.raise()
            let faults = try await untilStopped {
                try await Stage.run { stage in try await Self.run(settings, on: stage) }
            }
            exit(faults.isEmpty ? 0 : 1)
        } catch {
            FileHandle.standardError.write(Data("bench: \(error)\n".utf8))
            exit(2)
        }
    }

    /// Returns what went wrong with actions: lost, wrong, refused.
    private static func run(_ settings: BenchSettings, on stage: Stage) async throws -> [String] {
        var records = Records.read(settings.json)
        let machine = Machine.here(data: settings.data)
        Console.say("On \(machine.summary)")
        var faults: [String] = []
        switch settings.mode {
        case .short:
            let run = try await Rounds.run(settings, machine, on: stage)
            Console.say("\n" + ShortReport(run: run).text)
            records.short = run
            faults = run.faults
        case .long:
            for scenario in settings.scenarios {
                Console.say("\n\(scenario.name): \(scenario.title)")
                let began = ContinuousClock.now
                var found = Findings()
                try await LongRun(settings: settings, stage: stage).play(scenario, &found)
                let seconds = (ContinuousClock.now - began).components.seconds
                let result = LongResult(
                    title: scenario.title, machine: machine, command: settings.command, date: settings.date,
                    scale: settings.scale, duration: Int(seconds), rows: found.rows, tables: found.tables,
                    faults: found.faults)
                Console.say(result.text)
                records.long[scenario.name] = result
                faults += found.faults
                // A run of an hour that is stopped keeps what it has.
                try records.save(settings)
            }
        }
        try records.save(settings)
        for fault in faults { Console.say("WRONG: \(fault)") }
        return faults
    }

    /// Whoever stops this program stops all that it has started.
    private static func untilStopped(
        _ body: @escaping @Sendable () async throws -> [String]
    ) async throws -> [String] {
        let signals = await UnixSignalsSequence(trapping: [.sigterm, .sigint])
        return try await withThrowingTaskGroup(of: [String].self) { group in
            group.addTask { try await body() }
            group.addTask {
                for await _ in signals { throw ProcessFault("stopped") }
                throw CancellationError()
            }
            defer { group.cancelAll() }
            guard let faults = try await group.next() else { throw CancellationError() }
            return faults
        }
    }
}

enum Console {
    static func say(_ text: String) { FileHandle.standardOutput.write(Data("\(text)\n".utf8)) }
}

enum OpenFiles {
    /// To the most that the system lets this process and its children have.
    static func raise() {
        var limit = rlimit()
        #if os(Linux)
            let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #else
            let resource = RLIMIT_NOFILE
        #endif
        guard getrlimit(resource, &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(resource, &limit)
    }
}
