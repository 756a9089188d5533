import OrraCore
import OrraEngine
import OrraModel

/// Rules of plans that wait for a yes: nothing of them runs before, and what was said stands.
extension Oracle {
    // MARK: - What people say

    mutating func said(_ verdict: Scenario.Verdict, of id: OrchestrationID) {
        switch verdict.kind {
        case .approve: if verdict.seen != .wrong { accounts[id]?.isApprovalAsked = true }
        case .reject: accounts[id]?.isRejectionAsked = true
        case .cancel: break
        }
    }

    /// The hub has answered that it shall be so.
    mutating func granted(_ verdict: Scenario.Verdict, of id: OrchestrationID) {
        guard let account = accounts[id] else { return fail("hold", "\(id) was never submitted") }
        switch verdict.kind {
        case .approve:
            expect(verdict.seen != .wrong, "hold", "\(id): a yes to another plan counts")
            expect(account.isApproved, "durable", "\(id): a yes was accepted before it was on disk")
        case .reject:
            accounts[id]?.isRejected = true
            expect(
                account.ended?.failure?.code == .planRejected, "durable",
                "\(id): a no was accepted before it was on disk")
        case .cancel: break
        }
    }

    mutating func refused(_ verdict: Scenario.Verdict, of id: OrchestrationID, _ failure: RequestFailure) {
        guard let account = accounts[id] else { return fail("hold", "\(id) was never submitted") }
        counts.refusedVerdicts += 1
        switch failure {
        case .planChanged:
            expect(verdict.kind == .approve && verdict.seen == .wrong, "hold", "\(id): the right plan is another")
        case .notHeld:
            expect(
                account.holdUntil == nil || account.isApproved || account.ended != nil, "hold",
                "\(id) waits for a yes and is said not to")
        case .notLive: expect(account.ended != nil, "hold", "\(id) has not ended and is said to have")
        default: fail("hold", "\(id): \(failure) is no answer to \(verdict.kind)")
        }
    }

    // MARK: - What the journal says

    mutating func planned(_ planned: Event.Planned, _ entry: JournalEntry, _ account: inout Account) {
        let id = entry.orchestration
        var terms = account.submission.terms
        if let first = account.retryOf.flatMap({ accounts[$0] }) {
            terms = first.terms ?? PlanTerms()
            // The yes on record is for the same plan: nobody registers another one here.
            if first.isApproved {
                terms?.approvedHash = first.terms?.planHash
                terms?.approvedFor = first.terms?.hold
                terms?.hold = nil
            }
        }
        expect(planned.terms == terms, "hold", "\(id) has other terms than were decided")
        let life = Duration.seconds(7 * 24 * 3_600)
        let until = terms?.hold == nil ? nil : entry.at + life
        expect(planned.holdUntil == until, "hold", "\(id) waits until another time than it should, or not at all")
        account.terms = planned.terms
        account.holdUntil = planned.holdUntil
        if planned.holdUntil != nil { counts.held += 1 }
    }

    mutating func approved(_ event: Event.Approved, _ entry: JournalEntry, _ account: inout Account) {
        let id = entry.orchestration
        expect(account.isHeld, "hold", "\(id) was approved, and did not wait for it")
        let isAsked = account.isApprovalAsked
        expect(isAsked, "invented", "\(id) was approved by nobody")
        expect(event.planHash == account.terms?.planHash, "hold", "\(id): another plan was approved")
        expect(account.holdUntil.map { entry.at < $0 } == true, "hold", "\(id) was approved too late")
        account.isApproved = true
        counts.approved += 1
    }

    /// Whether somebody, or time, has ended what is cancelled.
    mutating func checkCancelled(_ ended: Event.Ended, _ account: Account, _ id: OrchestrationID) {
        switch ended.failure?.code {
        case .cancelled: expect(account.isCancelRequested, "outcome", "\(id) was cancelled by nobody")
        case .planningInterrupted: expect(!account.isPlanned, "outcome", "\(id) was planned, and is thrown away")
        case .planRejected:
            expect(account.isHeld && account.isRejectionAsked, "outcome", "\(id) was rejected by nobody")
            counts.rejected += 1
        case .approvalExpired:
            let isOver = account.holdUntil.map { lastEntryAt ?? $0 >= $0 } ?? false
            expect(account.isHeld && isOver, "outcome", "\(id) was given up while it may wait for a yes")
            counts.expiredHolds += 1
        default: fail("outcome", "\(id) was cancelled, and nobody can say why")
        }
    }

    /// What waits for a yes only ends without having run.
    mutating func checkHeld(_ ended: Event.Ended, _ account: Account, _ id: OrchestrationID) {
        guard account.isHeld else { return }
        expect(ended.status == .cancelled, "hold", "\(id) waits for a yes and ended as \(ended.status)")
        expect(account.tasks.allSatisfy { $0.key == nil }, "hold", "\(id) ended without a yes, and has run")
    }

    /// When all is at rest.
    mutating func checkVerdicts(_ account: Account, _ id: OrchestrationID) {
        let hasRun = account.tasks.contains { !$0.dispatches.isEmpty }
        if account.isRejected {
            expect(!hasRun && !account.isApproved, "hold", "\(id) was rejected, and has run")
        }
        guard account.holdUntil != nil else { return }
        expect(account.isApproved || !hasRun, "hold", "\(id) has run without a yes")
        let asked = deliveries.values.first { $0.orchestration == id && $0.subject == .approvalRequested }
        expect(
            asked.map { isDelivered($0.id) } == true, "webhook", "\(id) waited for a yes, and nobody was asked for it")
    }
}
