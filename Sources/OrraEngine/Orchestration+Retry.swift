public import OrraModel

/// What a retry takes over.
extension Orchestration {
    /// Outputs of finished tasks, those that came late included, in the order of the tasks' numbers.
    public var keptOutputs: [KeptOutput] {
        tasks.compactMap { task in
            (task.output ?? task.lateOutput).map { KeptOutput(task: task.id, output: $0, from: id) }
        }
    }

    /// Why it can't be retried; `nil` if it can.
    public var retryRefusal: String? {
        switch phase {
        case .preparing, .held, .running, .ending, .compensating: return "it has not ended yet"
        case .ended(let ended) where ended.status == .completed: return "it completed; there is nothing to repeat"
        case .ended where plan == nil: return "it never had a plan; submit the action again"
        case .ended: break
        }
        let undone = tasks.filter { task in
            guard let undo = task.undo else { return false }
            return undo.attempt > 0 || !undo.phase.isFinal
        }
        guard let first = undone.first else { return nil }
        return "\(label(first)) was undone, or is being undone; submit the action again"
    }

    /// Of the same plan in a retry, whose hash with the services as they are now is `planHash`.
    ///
    /// A yes on record holds for the plan that it was about, and for what it was asked for: one that only confirmed a
    /// draft is no approval. Everything else is asked for again.
    ///
    /// - Parameter required: what a new plan of these services would wait for now.
    public func termsOfRetry(planHash: String?, asking required: HoldReason? = nil) -> PlanTerms {
        var next = terms
        if isApproved {
            next.approvedHash = terms.planHash
            next.approvedFor = terms.hold
        }
        let wanted = required ?? terms.hold ?? next.approvedFor
        let covers = wanted != .approval || next.approvedFor == .approval
        next.hold = next.approvedHash != nil && next.approvedHash == planHash && covers ? nil : wanted
        next.planHash = planHash
        return next
    }
}
