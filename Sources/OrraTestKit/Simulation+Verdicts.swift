import OrraCore
import OrraEngine
import OrraModel

/// People who are told that a plan waits, and say yes or no: late, twice, about another plan, and again when they get no
/// answer.
extension Simulation {
    /// By the answer to a submission, or by a webhook.
    func told(ofHeld id: OrchestrationID) {
        for verdict in oracle.accounts[id]?.submission.verdicts ?? [] {
            agenda.add(.verdict(id, verdict), at: now + verdict.after + people.time(0...500))
        }
    }

    func give(_ verdict: Scenario.Verdict, of id: OrchestrationID) {
        guard hub != nil else { return giveLater(verdict, of: id) }
        note("somebody says \(verdict.kind), \(verdict.seen) plan, of \(id)")
        let hash: String? =
            switch verdict.seen {
            case .right: oracle.accounts[id]?.submission.terms?.planHash
            case .wrong: "another"
            case .none: nil
            }
        oracle.said(verdict, of: id)
        let project = Self.project.id
        switch verdict.kind {
        case .approve:
            request(.approve(id, project, planHash: hash, reason: "it is fine"), .verdict(id, verdict))
        case .reject: request(.reject(id, project, reason: "it is not"), .verdict(id, verdict))
        case .cancel:
            oracle.cancelled(id)
            request(.cancel(id, project), .cancel)
        }
    }

    func giveLater(_ verdict: Scenario.Verdict, of id: OrchestrationID) {
        agenda.add(.verdict(id, verdict), at: now + people.time(100...3_000))
    }

    func answer(_ verdict: Scenario.Verdict, of id: OrchestrationID, _ reply: Reply) {
        switch reply {
        case .orchestration:
            note("hub: 202 for \(verdict.kind) of \(id)")
            oracle.granted(verdict, of: id)
        case .failure(.unavailable): giveLater(verdict, of: id)
        case .failure(let failure):
            note("hub: \(failure) for \(verdict.kind) of \(id)")
            oracle.refused(verdict, of: id, failure)
        default: oracle.fail("hold", "\(id): an odd answer to \(verdict.kind)")
        }
    }

    /// The hub died before it answered.
    func lost(_ verdict: Scenario.Verdict, of id: OrchestrationID) {
        if people.chance(perMille: 700) { giveLater(verdict, of: id) }
    }
}
