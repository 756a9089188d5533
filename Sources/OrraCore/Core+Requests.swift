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
        case .plan(let id, let plan): return driveAndShow(id, .planned(plan), at: now)
        case .refuse(let id, let reason): return driveAndShow(id, .notActionable(reason: reason), at: now)
        case .cancel(let id, let project):
            guard live[id]?.project == project else { return .failure(.notLive) }
            return driveAndShow(id, .cancel, at: now)
        }
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
            service.version = 1
        }
        directory.put(service)
        writes.append(.service(service))
        return .service(service)
    }

    private mutating func receive(_ received: Event.Received, _ values: [String], at now: Timestamp) -> Reply {
        let orchestration = Orchestration(received, at: now)
        live[orchestration.id] = orchestration
        writes.append(.orchestration(Self.row(of: orchestration)))
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
