import OrraModel
import OrraPlanner

/// The offline planner, as tests ask it.
enum Offline {
    struct Outcome: Hashable {
        var plan: Plan?
        var refusal: String?
        var confidence: Double
    }

    /// What runs or waits for a yes: refused below the lower threshold, and where the draft does not hold.
    static func plan(
        _ action: String, _ parameters: JSONObject = [:], _ catalogue: [Service],
        from threshold: Double = 0.3
    ) -> Outcome {
        let made = OfflinePlanner(index: CatalogueIndex(catalogue)).plan(action: action, parameters: parameters)
        guard let draft = made.draft else { return Outcome(refusal: made.refusal, confidence: made.confidence) }
        guard made.confidence >= threshold else {
            return Outcome(refusal: "not sure enough", confidence: made.confidence)
        }
        do {
            let plan = try PlanValidator.validate(draft, parameters: parameters, catalogue: catalogue)
            return Outcome(plan: plan, confidence: made.confidence)
        } catch {
            return Outcome(refusal: "invalid: \(error)", confidence: made.confidence)
        }
    }
}

/// A plan by names: `["payment-service(amount<inventory-tool.amount)"]`, parameters left out.
func shape(_ outcome: Offline.Outcome, _ catalogue: [Service]) -> [String] {
    guard let plan = outcome.plan else { return ["refused: \(outcome.refusal ?? "")"] }
    func name(_ id: ServiceID) -> String { catalogue.first { $0.id == id }?.name ?? "?" }
    let names = Dictionary(uniqueKeysWithValues: plan.tasks.map { ($0.id, name($0.service)) })
    return plan.tasks.map { task in
        let flow = task.input.filter { $0.source != .zero }
            .map { "\($0.field)<\(names[$0.source] ?? "?").\($0.sourceField)" }
        return name(task.service) + (flow.isEmpty ? "" : "(\(flow.joined(separator: ", ")))")
    }
}

func refusal(_ outcome: Offline.Outcome) -> String? { outcome.refusal }
