public import OrraModel
public import OrraSDK
import UnixSignals

/// All that a command touches outside itself, so that a test can hold it: where it writes, what it is told by the
/// environment, how it reaches a hub, and how it learns of Ctrl-C.
public struct CommandContext: Sendable {
    /// What scripts and people read: standard output.
    public var output: any TextOutput
    /// Errors and remarks: standard error.
    public var errors: any TextOutput
    /// Asked before each drawing, because windows change their size; `nil` when the output is no terminal.
    public var terminal: @Sendable () -> Terminal?
    public var environment: [String: String]
    /// The wall clock, for ages and for the times of arrival.
    public var now: @Sendable () -> Timestamp
    /// A client for an address and, if there is one, a project's key.
    public var client: @Sendable (HubAddress, String?) -> OperatorClient
    /// Returns when the user interrupts with Ctrl-C, or the task is cancelled.
    public var interruption: @Sendable () async -> Void
    /// Of this program: `0.1.0`.
    public var version: String
    /// A line that the user types; `nil` where nobody sits, or when nothing more is typed. Whether somebody does is to
    /// be asked before: ``isInteractive``.
    public var input: @Sendable () async -> String?
    /// Whether a person sits at the input.
    public var isInteractive: Bool

    public init(
        output: any TextOutput, errors: any TextOutput, terminal: @escaping @Sendable () -> Terminal?,
        environment: [String: String], now: @escaping @Sendable () -> Timestamp,
        client: @escaping @Sendable (HubAddress, String?) -> OperatorClient,
        interruption: @escaping @Sendable () async -> Void, version: String, isInteractive: Bool = false,
        input: @escaping @Sendable () async -> String? = { nil }
    ) {
        self.output = output
        self.errors = errors
        self.terminal = terminal
        self.environment = environment
        self.now = now
        self.client = client
        self.interruption = interruption
        self.version = version
        self.isInteractive = isInteractive
        self.input = input
    }

    /// The process's own streams, environment, clock and signals.
    public static func live(version: String) -> CommandContext {
        let environment = ProcessEnvironment.variables
        return CommandContext(
            output: FileOutput(descriptor: 1), errors: FileOutput(descriptor: 2),
            terminal: { Terminal(descriptor: 1, environment: environment) }, environment: environment,
            now: { WallClock.now }, client: { OperatorClient(address: $0, apiKey: $1) },
            interruption: {
                for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { return }
            },
            version: version, isInteractive: StandardInput.isTerminal, input: { StandardInput.line() })
    }
}

/// A place for text. Each call appears as a whole.
public protocol TextOutput: Sendable {
    func write(_ text: String)
}

extension TextOutput {
    func line(_ text: String) { write(text + "\n") }
}

extension CommandContext {
    /// Writes a finished line in the colours of the terminal, as long as it may be.
    func print(_ line: Line, width: Int? = nil) {
        output.line(line.rendered(width: width, isColored: terminal()?.isColored ?? false))
    }

    func print(_ lines: [Line], width: Int? = nil) {
        let isColored = terminal()?.isColored ?? false
        output.write(lines.map { $0.rendered(width: width, isColored: isColored) + "\n" }.joined())
    }

    /// Writes a value as one line of JSON.
    func print(json value: some Encodable) throws { output.line(try JSONText.line(value)) }
}
