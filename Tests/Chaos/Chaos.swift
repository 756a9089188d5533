import Foundation
import ProcessSupport
import UnixSignals

/// `make chaos`: real processes, and faults in all of them.
@main
struct Chaos {
    static func main() async throws {
        do {
            let settings = try ChaosSettings(arguments: CommandLine.arguments.dropFirst())
            MountNamespace.enter()
            say("Chaos with seed \(settings.seed)")
            let report = try await untilStopped { try await ChaosRun.run(settings) { say($0) } }
            say(report.text)
            exit(report.isGood ? 0 : 1)
        } catch {
            FileHandle.standardError.write(Data("chaos: \(error)\n".utf8))
            exit(2)
        }
    }

    @Sendable
    private static func say(_ text: String) { FileHandle.standardOutput.write(Data("\(text)\n".utf8)) }

    /// Whoever stops this program stops all that it has started.
    private static func untilStopped(_ body: @escaping @Sendable () async throws -> Report) async throws -> Report {
        let signals = await UnixSignalsSequence(trapping: [.sigterm, .sigint])
        return try await withThrowingTaskGroup(of: Report.self) { group in
            group.addTask { try await body() }
            group.addTask {
                for await _ in signals { throw ProcessFault("stopped") }
                throw CancellationError()
            }
            defer { group.cancelAll() }
            guard let report = try await group.next() else { throw CancellationError() }
            return report
        }
    }
}
