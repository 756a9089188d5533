import OrraProtocol
import OrraSDK

/// What a command says on standard error before it ends: what was wrong, and what to do next.
public struct CLIError: Error, Sendable, Hashable {
    public var message: String
    /// The second line; `nil` if there is nothing to add.
    public var advice: String?
    public var exitCode: ExitStatus

    public init(_ message: String, advice: String? = nil, exitCode: ExitStatus = .notDone) {
        self.message = message
        self.advice = advice
        self.exitCode = exitCode
    }

    /// `orra: <message>` and, indented, the advice.
    var text: String {
        let message = "orra: \(VisibleText.clean(message))\n"
        return advice.map { "\(message)  \(VisibleText.clean($0))\n" } ?? message
    }
}

/// How a command ends.
public enum ExitStatus: Int32, Sendable {
    /// Done; of `verify run`: the action completed.
    case success = 0
    /// The action ended in another way than completed, or can't be covered by the registered services.
    case notCompleted = 1
    /// The command was not carried out: wrong usage, no hub, or the hub refused.
    case notDone = 2
    /// The action was accepted, and waits for a person's yes.
    case held = 3
    /// Ctrl-C, as shells count it.
    case interrupted = 130
}

extension OperatorError {
    /// While a command waits for a hub that went away.
    var remark: String {
        guard case .unreachable(let address, let reason) = self else { return "\(self); trying again" }
        return "the hub at \(address) is away (\(reason)); trying again"
    }
}

extension CLIError {
    init(_ error: OperatorError) {
        guard case .refused(_, let refusal) = error else {
            self.init(error.description, advice: error.advice)
            return
        }
        switch refusal.code {
        case .actionNotActionable:
            self.init(
                "the action is not actionable: \(refusal.message)",
                advice: "`orra services ls` shows what can be done. Use words of their descriptions, add parameters "
                    + "with -d, or register what is missing.",
                exitCode: .notCompleted)
        case .invalidAPIKey:
            self.init(
                refusal.message,
                advice: "The hub does not know this project's key: choose a project with `orra projects use <name>`, "
                    + "or make one with `orra projects add <name>`.")
        case .unknownOrchestration:
            self.init(refusal.message, advice: "`orra ps` lists the actions.")
        case .alreadyEnded:
            self.init(refusal.message, advice: "`orra inspect <id>` shows how it ended.")
        case .cannotRetry:
            self.init(refusal.message, advice: "`orra inspect <id>` shows where it stands.")
        case .notHeld:
            self.init(refusal.message, advice: "`orra inspect <id>` shows where it stands.")
        case .planChanged where refusal.param == "document":
            self.init(
                refusal.message,
                advice: "Run the action anew, and save its plan: `orra plans pin <o_…> --name <name>`.")
        case .planChanged:
            self.init(
                refusal.message, advice: "Look at the plan again with `orra inspect <id>`, or submit the action anew.")
        case .unknownPlan:
            self.init(refusal.message, advice: "`orra plans ls` lists them.")
        case .unknownGrounding:
            self.init(refusal.message, advice: "`orra grounding ls` lists them.")
        case .plannerUnavailable:
            self.init(
                refusal.message,
                advice:
                    "Try again in a moment, run a saved plan with --plan, or see what the offline planner found with "
                    + "`orra verify plan … --explain`.")
        case .planningBudgetSpent:
            self.init(refusal.message, advice: "Raise it with `orra projects planning --llm-budget <amount>`.")
        case .unknownService:
            self.init(refusal.message, advice: "`orra services ls` lists them.")
        case .unknownCompensation:
            self.init(refusal.message, advice: "`orra comp-fail ls --all` lists them.")
        case .alreadyResolved:
            self.init(refusal.message, advice: "`orra comp-fail inspect <id>` shows with which reason.")
        case .idempotencyKeyReused:
            self.init(refusal.message, advice: "Take another --idempotency-key for another action.")
        case .outboxFull, .tooManyLive:
            self.init(refusal.message, advice: "Nothing was accepted: try again when there is less on its way.")
        case .unavailable, .tooMany:
            self.init(refusal.message, advice: "Nothing was accepted: try again in a moment.")
        default:
            self.init(refusal.message, advice: refusal.param.map { "At fault: \($0)." })
        }
    }
}
