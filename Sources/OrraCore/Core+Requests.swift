import OrraEngine
import OrraModel
import OrraStore

/// What callers ask for. The answer is given after the commit.
extension Core {
    mutating func answer(_ request: Request, at now: Timestamp) -> Reply {
        switch request {
        case .registerProject(let project, let keyHash):
            directory.add(project)
            directory.add(keyHash: keyHash, to: project.id)
            writes.append(.project(project))
            writes.append(.apiKey(hash: keyHash, project: project.id, createdAt: now))
            return .done
        case .addKey(let hash, let project):
            guard directory.keyCount(of: project) < Limits.apiKeysPerProject else {
                return .failure(.tooMany("a project has at most \(Limits.apiKeysPerProject) API keys"))
            }
            directory.add(keyHash: hash, to: project)
            writes.append(.apiKey(hash: hash, project: project, createdAt: now))
            return .done
        case .addWebhook(let webhook):
            let existing = directory.webhooks(of: webhook.project, for: webhook.purpose)
            guard existing.count < Limits.webhooksPerProject else {
                return .failure(.tooMany("a project has at most \(Limits.webhooksPerProject) webhooks of a kind"))
            }
            directory.add(webhook)
            writes.append(.webhook(webhook))
            return .done
        case .registerService(let service): return register(service)
        case .receive(let received, let values): return receive(received, values, at: now)
        case .submit(let received, let values, let decision): return submit(received, values, decision, at: now)
        case .plan(let id, let plan, let kept, let terms, let stages, let submission, let seen):
            guard isCurrent(seen) else { return .failure(.stale) }
            return accept(
                id, .planned(plan, kept: kept, terms: terms, stages: stages), plan, submission, at: now)
        case .refuse(let id, let reason, let stages, let submission):
            guard live[id] != nil else { return .failure(.notLive) }
            if let submission { writes.append(.submission(submission)) }
            return driveAndShow(id, .notActionable(reason: reason, stages: stages), at: now)
        case .approve(let id, let project, let planHash, let reason, let seen):
            return decide(id, project, planHash, seen, .approve(reason: reason), at: now)
        case .reject(let id, let project, let reason):
            return decide(id, project, nil, [:], .reject(reason: reason), at: now)
        case .keep(let document):
            writes.append(.document(document))
            return .done
        case .discard(let project, let kind, let names):
            writes.append(.deleteDocuments(project, kind, names: names))
            return .done
        case .cancel(let id, let project):
            guard let orchestration = live[id], orchestration.project == project, orchestration.outcome == nil else {
                return .failure(.notLive)
            }
            return driveAndShow(id, .cancel, at: now)
        case .resolve(let entry, let resolution, let reason, let orchestration):
            return resolve(entry, resolution, reason, orchestration, at: now)
        case .setRetention(let project, let duration):
            directory.setRetention(duration, of: project)
            writes.append(.retention(project, milliseconds: duration?.milliseconds))
            return .done
        case .hide(let ids):
            let ended = ids.filter { live[$0] == nil }
            if !ended.isEmpty { writes.append(.hide(ended)) }
            return .done
        case .prune(let id, let rows):
            writes.append(.prune(id, rows: rows))
            return .done
        case .pruneEvents(let project, let before, let submissionsBefore, let rows):
            writes.append(
                .pruneEvents(project, before: before, submissionsBefore: submissionsBefore, rows: rows))
            return .done
        }
    }

    private mutating func submit(
        _ received: Event.Received, _ values: [String], _ decision: PlanningDecision, at now: Timestamp
    ) -> Reply {
        // Asked before anything is kept of it.
        if case .plan(let plan, _, _, _, _, let seen) = decision {
            guard isCurrent(seen) else { return .failure(.stale) }
            if let full = full(plan) { return .failure(full) }
        }
        let reply = receive(received, values, at: now)
        if case .failure = reply { return reply }
        return answer(decision.request(for: received.orchestration), at: now)
    }

    /// A person's yes or no to a plan that waits for it.
    private mutating func decide(
        _ id: OrchestrationID, _ project: ProjectID, _ planHash: String?, _ seen: [ServiceID: Int],
        _ input: OrchestrationInput, at now: Timestamp
    ) -> Reply {
        guard let orchestration = live[id], orchestration.project == project else { return .failure(.notLive) }
        guard case .held(let until) = orchestration.phase else { return .failure(.notHeld) }
        guard now < until else {
            drive(id, .clock, at: now)
            return .failure(.notHeld)
        }
        guard planHash == nil || planHash == orchestration.terms.planHash else { return .failure(.planChanged) }
        guard isCurrent(seen) else { return .failure(.stale) }
        // What waited for a yes was in nobody's way.
        if case .approve = input, let plan = orchestration.plan, let full = full(plan) { return .failure(full) }
        return driveAndShow(id, input, at: now)
    }

    /// Whether none of these services has been registered anew.
    private func isCurrent(_ seen: [ServiceID: Int]) -> Bool {
        seen.allSatisfy { service, version in directory.service(service)?.version == version }
    }

    private mutating func accept(
        _ id: OrchestrationID, _ input: OrchestrationInput, _ plan: Plan, _ submission: SubmissionRow?,
        at now: Timestamp
    ) -> Reply {
        if let full = full(plan) { return .failure(full) }
        guard live[id] != nil else { return .failure(.notLive) }
        if let submission { writes.append(.submission(submission)) }
        return driveAndShow(id, input, at: now)
    }

    private func full(_ plan: Plan) -> RequestFailure? {
        for service in Set(plan.tasks.map(\.service)).sorted()
        where fleet.waiting(for: service) >= bounds.outboxEntries {
            return .outboxFull(
                "\(bounds.outboxEntries) tasks wait for \(directory.service(service)?.name ?? service.rawValue); "
                    + "start it, or try again later")
        }
        return nil
    }

    private mutating func resolve(
        _ entry: FailedCompensation, _ resolution: FailedCompensation.Resolution, _ reason: String,
        _ orchestration: Orchestration, at now: Timestamp
    ) -> Reply {
        let (id, task) = (entry.reference.orchestration, entry.reference.task)
        let input = OrchestrationInput.resolve(
            task, resolution == .ignored ? .ignored : .resolved, reason: reason)
        let written = writes.count
        if live[id] != nil {
            drive(id, input, at: now)
        } else {
            guard isCurrent(orchestration) else { return .failure(.stale) }
            driveEnded(orchestration, input, at: now)
        }
        for case .failedCompensation(let entry) in writes[written...] { return .failedCompensation(entry) }
        return .failure(.alreadyResolved)
    }

    private mutating func register(_ proposal: Service) -> Reply {
        var service = proposal
        if let known = directory.service(proposal.kind, named: proposal.name, of: proposal.project) {
            service.id = known.id
            service.version = known.version + 1
        } else {
            guard directory.services(of: proposal.project).count < Limits.servicesPerProject else {
                return .failure(.tooMany("a project has at most \(Limits.servicesPerProject) services"))
            }
            service.id =
                directory.unreadableService(proposal.kind, named: proposal.name, of: proposal.project)
                ?? proposal.id
            service.version = 1
        }
        directory.put(service)
        writes.append(.service(service))
        return .service(service)
    }

    private mutating func receive(_ received: Event.Received, _ values: [String], at now: Timestamp) -> Reply {
        let orchestration = Orchestration(received, at: now)
        let load = loads[received.project, default: Load()]
        guard load.live < bounds.liveOrchestrations else {
            return .failure(
                .tooManyLive("\(bounds.liveOrchestrations) actions of this project are under way; try again later"))
        }
        guard load.bytes + orchestration.payloadBytes <= bounds.liveBytes else {
            return .failure(
                .tooManyLive(
                    "the actions of this project that are under way hold \(bounds.liveBytes) bytes; try again later"))
        }
        live[orchestration.id] = orchestration
        account(nil, orchestration)
        write(Self.row(of: orchestration))
        append(.received(received), seq: 1, to: orchestration, at: now)
        if !values.isEmpty { writes.append(.parameterValues(values, orchestration.id)) }
        return .orchestration(orchestration)
    }

    /// The orchestration as it stands after the input, ended or not.
    private mutating func driveAndShow(_ id: OrchestrationID, _ input: OrchestrationInput, at now: Timestamp) -> Reply {
        guard var shown = live[id] else { return .failure(.notLive) }
        let written = writes.count
        drive(id, input, at: now)
        if let orchestration = live[id] { return .orchestration(orchestration) }
        // It has ended: fold what was written for it.
        for case .journal(let entry) in writes[written...] where entry.orchestration == id {
            shown.apply(entry.event, at: entry.at)
        }
        return .orchestration(shown)
    }
}
