import OrraModel
import OrraProtocol
import OrraSDK

/// An action that was accepted, and whose plan waits for a person's yes.
struct HeldPlan: Sendable {
    let accepted: OrchestrationAnswer
    let reason: PauseReason
    let hub: OperatorClient
    let context: CommandContext

    /// `nil` for one that runs.
    init?(_ accepted: OrchestrationAnswer, hub: OperatorClient, context: CommandContext) {
        guard let reason = accepted.pauseReason, reason.isHeld else { return nil }
        self.accepted = accepted
        self.reason = reason
        self.hub = hub
        self.context = context
    }

    /// Returns when it runs. Throws the exit code when it waits on, or was rejected.
    func decide(saysYes: Bool, isQuiet: Bool, asJSON: Bool) async throws {
        if saysYes { return try await approve() }
        guard !asJSON else {
            try context.print(json: accepted)
            throw ExitStatus.held.code
        }
        guard !isQuiet else {
            context.output.line(VisibleText.clean(accepted.id.rawValue))
            return try leave(on: context.errors)
        }
        try await show()
        guard context.isInteractive, context.terminal() != nil else { return try leave(on: context.output) }
        context.output.write("Run this plan? [y/N] ")
        switch await context.input()?.trimmingBlanks.lowercased() {
        case "y", "yes": try await approve()
        case "n", "no":
            _ = try await hub.reject(accepted.id)
            context.print(Line("⊗ ", .faint).adding("rejected: nothing was run", .faint))
            throw ExitStatus.notCompleted.code
        default:
            context.output.write("\n")
            try leave(on: context.output)
        }
    }

    /// The plan that was shown, and no other.
    private func approve() async throws { _ = try await hub.approve(accepted.id, planHash: accepted.planHash) }

    private func show() async throws {
        let inspection = try await hub.inspection(accepted.id)
        let width = context.terminal()?.width
        let box = TaskBox(view: ActionView(inspection), now: context.now(), width: width ?? 200)
        context.print(box.header + [Line()] + box.box, width: width)
        context.print([Line(), Line(Self.why(reason, accepted.planner, accepted.confidence), .warning)])
    }

    static func why(_ reason: PauseReason, _ planner: PlanOrigin?, _ confidence: Double?) -> String {
        switch reason {
        case .approval: return "This plan waits for approval: a service of it, or the project, asks for one."
        case .confirmation:
            let origin = PlanText.origin(planner, confidence).map { " (\($0))" } ?? ""
            return "This plan waits for confirmation: the planner is not sure of it\(origin)."
        case .serviceAway: return "This plan waits for a service."
        }
    }

    private func leave(on output: any TextOutput) throws {
        let id = VisibleText.clean(accepted.id.rawValue)
        output.write(
            """
            It waits for \(reason.rawValue):
              orra approve \(id)  runs it
              orra reject \(id)   ends it

            """)
        throw ExitStatus.held.code
    }
}

/// Words about plans.
enum PlanText {
    /// Who made a plan, and how sure of it: `offline, confidence 0.54`. `nil` where nobody says so.
    static func origin(_ planner: PlanOrigin?, _ confidence: Double?) -> String? {
        let words: String
        switch planner {
        case .offline: words = "offline"
        case .model: words = "by a language model"
        case .cache: words = "from the cache"
        case .pinned: words = "a saved plan"
        case .given: words = "given with the action"
        case nil: return nil
        }
        return words + (confidence.map { ", confidence \(decimal($0))" } ?? "")
    }

    /// `0.54`, in two digits whatever the value.
    static func decimal(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e9 else { return "–" }
        let hundredths = Int((abs(value) * 100).rounded())
        let sign = value < 0 && hundredths > 0 ? "-" : ""
        return "\(sign)\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
    }

    /// `85µs`, `1.7ms`, `2.1s`.
    static func time(microseconds: Int) -> String {
        switch max(0, microseconds) {
        case let value where value < 1_000: "\(value)µs"
        case let value where value < 100_000: "\(value / 1_000).\(value % 1_000 / 100)ms"
        case let value: Times.duration(.microseconds(Int64(value)))
        }
    }

    /// Of the currency of the configured prices: `0.0012`.
    static func cost(microcost: Int) -> String {
        let cost = max(0, microcost)
        var digits = String(cost % 1_000_000)
        digits = String(repeating: "0", count: 6 - digits.count) + digits
        while digits.count > 2, digits.hasSuffix("0") { digits.removeLast() }
        return "\(cost / 1_000_000).\(digits)"
    }

    /// What a list says of an action that waits.
    static func waits(_ reason: PauseReason, _ id: OrchestrationID) -> String {
        reason.isHeld ? "waits for \(reason.rawValue): orra approve \(id)" : "waits for a service"
    }
}

extension String {
    var trimmingBlanks: String {
        guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(self[first...last])
    }
}
