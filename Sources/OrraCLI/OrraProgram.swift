public import ArgumentParser
import OrraSDK

/// A command that touches the world only through a ``CommandContext``.
public protocol ContextCommand: AsyncParsableCommand {
    func run(in context: CommandContext) async throws
}

extension ContextCommand {
    public func run() async throws { try await run(in: .live(version: "")) }
}

/// The `orra` program without its `serve`, which the executable adds:
///
/// ```swift
/// struct Orra: ParsableCommand {
///     static let configuration = CommandConfiguration(
///         commandName: "orra", abstract: "…", version: version, subcommands: [Serve.self] + OrraProgram.commands)
/// }
/// exit(await OrraProgram.run(Orra.self, CommandLine.arguments.dropFirst(), in: .live(version: version)))
/// ```
///
/// Exit codes: 0 done; 1 the action did not complete or is not actionable; 2 the command was not carried out (usage, no hub,
/// refused); 3 the plan waits for a person's yes; 130 interrupted.
public enum OrraProgram {
    /// All commands but `serve`, in the order of the help.
    public static let commands: [any ParsableCommand.Type] = [
        ProjectsCommand.self, VerifyCommand.self, ListCommand.self, InspectCommand.self, ApproveCommand.self,
        RejectCommand.self, CancelCommand.self, RetryCommand.self, PlansCommand.self, GroundingCommand.self,
        CompensationFailuresCommand.self, OutboxCommand.self, ServicesCommand.self, WebhooksCommand.self,
        APIKeysCommand.self, PruneCommand.self, BenchCommand.self, ConfigCommand.self, VersionCommand.self,
    ]

    /// Parses the arguments, runs the command, says what went wrong, and returns the exit code of the process.
    public static func run(
        _ root: any ParsableCommand.Type, _ arguments: some Sequence<String>, in context: CommandContext
    ) async -> Int32 {
        do {
            var command = try root.parseAsRoot(GlobalOptions.movedBehindCommand(Array(arguments)))
            if let command = command as? any ContextCommand {
                try await command.run(in: context)
            } else if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            return ExitStatus.success.rawValue
        } catch {
            return report(error, of: root, in: context)
        }
    }

    private static func report(
        _ error: any Error, of root: any ParsableCommand.Type, in context: CommandContext
    ) -> Int32 {
        switch error {
        case let error as ExitCode: return error.rawValue
        case is CancellationError: return ExitStatus.interrupted.rawValue
        case let error as OperatorError: return report(CLIError(error), of: root, in: context)
        case let error as CLIError:
            context.errors.write(error.text)
            return error.exitCode.rawValue
        default: break
        }
        let message = root.fullMessage(for: error)
        if root.exitCode(for: error).isSuccess {
            // The help, or the version.
            context.output.line(message)
            return ExitStatus.success.rawValue
        }
        var lines = message.split(separator: "\n").map(String.init)
        if let first = lines.first, first.hasPrefix("Error: ") { lines[0] = String(first.dropFirst(7)) }
        let text = lines.enumerated().map { index, line in index == 0 ? "orra: \(line)" : "  \(line)" }
        context.errors.write(text.joined(separator: "\n") + "\n")
        return ExitStatus.notDone.rawValue
    }
}

extension ExitStatus {
    var code: ExitCode { ExitCode(rawValue) }
}
