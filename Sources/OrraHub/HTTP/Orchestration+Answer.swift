import OrraEngine
import OrraModel
import OrraPlanner
import OrraProtocol

extension Orchestration {
    /// An ``OrchestrationAnswer`` as text, written without a tree: every accepted action is answered with one, and its
    /// parameters may be large. A test compares the two.
    func answer() throws -> JSONPieces {
        var writer = JSONWriter(capacity: 1_024 + 3 * JSONWriter.room(for: data.count))
        try writer.object {
            $0.member("id", id.rawValue)
            $0.member("projectID", project.rawValue)
            $0.key("action")
            $0.object { $0.member("content", action) }
            $0.member("data", data)
            if let plan {
                $0.key("plan")
                PlanValidator.write(plan, to: &$0)
            }
            $0.key("results")
            // One that came before may have ended.
            $0.array { for result in outcome?.results ?? [] { $0.raw(result) } }
            $0.member("status", status.rawValue)
            if let failure { $0.member("error", failure.message) }
            $0.member("timestamp", receivedAt.description)
            $0.member("timeout", GoDuration(timeout).text)
            $0.member("healthCheckGracePeriod", GoDuration(gracePeriod).text)
            if let webhook { $0.member("webhook", webhook) }
            if let plan { $0.member("taskZero", plan.parameters) }
            if let reason = outcome?.abortPayload { $0.member("abortReason", reason) }
            if let retryOf { $0.member("retryOf", retryOf.rawValue) }
            if let pauseReason { $0.member("pauseReason", pauseReason.rawValue) }
            if let hash = terms.planHash { $0.member("planHash", hash) }
            if let planner = terms.planner { $0.member("planner", planner.rawValue) }
            if let confidence = terms.confidence { $0.member("confidence", try WireEncoder().encodeRaw(confidence)) }
            if let grounding = terms.grounding { $0.member("groundingHit", try WireEncoder().encodeRaw(grounding)) }
        }
        return writer.pieces
    }
}
