import OrraCore
import OrraEngine
import OrraModel
import OrraStore

/// What a caller waits for.
enum Call {
    case receive(Submitting)
    case plan(Submitting)
    case cancel
    case resolve
    case verdict(OrchestrationID, Scenario.Verdict)
}

/// Operators: they submit, cancel, repeat, and try again when the hub gives no answer. The hub's part is what its routes
/// do.
extension Simulation {
    func submit(_ submission: Scenario.Submission) async throws {
        guard let hub else { return submitLater(submission) }
        if let key = submission.key {
            // One at a time under one key, as the hub's gate has it.
            guard !hub.keysInUse.contains(key) else { return submitLater(submission) }
            if let known = try await store.submission(of: Self.project.id, key: key),
                known.createdAt + Limits.submissionKeyLife > hub.time(at: now)
            {
                note("hub: \(key) is \(known.orchestration)")
                return oracle.replayed(known, submission)
            }
            self.hub?.keysInUse.insert(key)
        }
        receive(Submitting(submission: submission, orchestration: nextID(for: submission)))
    }

    private func receive(_ submitting: Submitting) {
        let submission = submitting.submission
        self.submitting[submission.number] = submitting
        oracle.submitted(submitting)
        let received = Event.Received(
            orchestration: submitting.orchestration, project: Self.project.id, action: "Say \(submission.number)",
            data: RawJSON([]), timeout: .milliseconds(submission.timeout),
            gracePeriod: .milliseconds(submission.gracePeriod),
            webhook: submission.hasWebhook ? "http://localhost/own" : nil, retryOf: submitting.retryOf)
        let values = ["v\(submission.number)"]
        // Every other one is planned at once: one commit for both.
        if submission.number.isMultiple(of: 2) {
            request(.submit(received, parameterValues: values, decision(submitting)), .plan(submitting))
        } else {
            request(.receive(received, parameterValues: values), .receive(submitting))
        }
    }

    private func nextID(for submission: Scenario.Submission) -> OrchestrationID {
        let tries = submissionTries[submission.number, default: 0]
        submissionTries[submission.number] = tries + 1
        return OrchestrationID("o_\(submission.number)" + (tries == 0 ? "" : ".\(tries)"))
    }

    private func submitLater(_ submission: Scenario.Submission) {
        // Plans that wait for a yes may take all the room for days.
        let patience = Int64(1) << min(max(submissionTries[submission.number, default: 0] - 20, 0), 11)
        agenda.add(.submitAgain(submission), at: now + random.time(100...2_000) * patience)
    }

    func request(_ request: Request, _ call: Call) {
        guard let token = hub?.token(for: call) else { return }
        enqueue(.request(request, token))
    }

    func planned(_ epoch: Int, _ submitting: Submitting) {
        guard let hub, hub.epoch == epoch else { return }
        request(decision(submitting).request(for: submitting.orchestration), .plan(submitting))
    }

    private func decision(_ submitting: Submitting) -> PlanningDecision {
        let submission = submitting.submission
        let row = submission.key.map {
            SubmissionRow(
                project: Self.project.id, key: $0, bodyHash: "\(submission.number)",
                orchestration: submitting.orchestration, createdAt: hub?.time(at: now) ?? Timestamp(milliseconds: 0))
        }
        let own = submitting.retryOf == nil ? row : nil
        let stages = [PlanningStage(.offline, submission.isRefused ? .refused : .passed, "looked at it")]
        guard !submission.isRefused else {
            return .refuse(reason: "nobody can", stages: stages, submission: own)
        }
        return .plan(
            submission.plan, kept: submitting.kept,
            terms: submitting.retryOf == nil ? submission.terms : submitting.terms,
            stages: submission.terms == nil ? [] : stages, submission: own)
    }

    func answer(_ token: RequestToken, _ reply: Reply) {
        guard let hub, let call = hub.calls[token] else { return }
        self.hub?.calls[token] = nil
        switch call {
        case .receive(let submitting):
            if case .orchestration = reply {
                agenda.add(.planned(epoch: hub.epoch, submitting), at: now + random.time(1...300))
            } else {
                leaveKey(of: submitting)
                if submitting.retryOf == nil { submitLater(submitting.submission) }
            }
        case .plan(let submitting): answerPlan(submitting, reply)
        case .verdict(let id, let verdict): answer(verdict, of: id, reply)
        case .cancel, .resolve: break
        }
    }

    private func answerPlan(_ submitting: Submitting, _ reply: Reply) {
        leaveKey(of: submitting)
        guard case .orchestration(let orchestration) = reply else {
            // As the hub does for a caller that was told that nothing was accepted.
            enqueue(.recovered(submitting.orchestration))
            if submitting.retryOf == nil, random.chance(perMille: 500) { submitLater(submitting.submission) }
            return
        }
        guard orchestration.status != .notActionable else { return }
        note("hub: 202 for \(orchestration.id)")
        oracle.accepted(orchestration.id)
        if orchestration.phase.kind == .held { told(ofHeld: orchestration.id) }
    }

    private func leaveKey(of submitting: Submitting) {
        if let key = submitting.submission.key, submitting.retryOf == nil { hub?.keysInUse.remove(key) }
    }

    /// The hub died before it answered.
    func lost(_ call: Call) {
        switch call {
        case .receive(let submitting), .plan(let submitting):
            guard submitting.retryOf == nil, random.chance(perMille: 500) else { return }
            submitLater(submitting.submission)
        case .verdict(let id, let verdict): lost(verdict, of: id)
        case .cancel, .resolve: break
        }
    }

    func cancel(_ submission: Int) {
        guard let id = submitting[submission]?.orchestration, hub != nil else { return }
        oracle.cancelled(id)
        request(.cancel(id, Self.project.id), .cancel)
    }

    // MARK: - The inbox

    func resolve() async throws {
        guard let hub else { return }
        let failed = try await store.failedCompensations(of: Self.project.id, all: false, limit: 1)
        guard let entry = failed.first else { return }
        let journal = try await store.journal(of: entry.reference.orchestration, after: 0, limit: .max)
        let orchestration = try Orchestration(replaying: journal)
        agenda.add(.resolved(epoch: hub.epoch, entry, orchestration), at: now + random.time(0...50))
    }

    func resolved(_ epoch: Int, _ entry: FailedCompensation, _ orchestration: Orchestration) {
        guard hub?.epoch == epoch else { return }
        let resolution = random.element(of: [FailedCompensation.Resolution.resolved, .ignored])
        request(.resolve(entry, resolution, reason: "done by hand", orchestration), .resolve)
    }

    // MARK: - Retry

    /// Repeats what failed, from where it failed; refused while it runs, when it completed and when it was undone.
    func retry(_ submission: Int) async throws {
        guard let hub, let old = submitting[submission] else { return }
        let id = old.orchestration
        let entries = try await store.journal(of: id, after: 0, limit: .max)
        guard !entries.isEmpty else { return }
        let orchestration = try Orchestration(replaying: entries)
        if let refusal = orchestration.retryRefusal { return note("hub: \(id) can't be repeated: \(refusal)") }
        oracle.retried(id)
        let submitting = Submitting(
            submission: old.submission, orchestration: nextID(for: old.submission), retryOf: id,
            kept: orchestration.keptOutputs,
            terms: orchestration.termsOfRetry(planHash: orchestration.terms.planHash))
        agenda.add(.retried(epoch: hub.epoch, submitting, of: id), at: now + random.time(0...50))
    }

    func retried(_ epoch: Int, _ submitting: Submitting, _ id: OrchestrationID) async throws {
        guard hub?.epoch == epoch else { return }
        note("hub: \(submitting.orchestration) repeats \(id)")
        receive(submitting)
    }
}
