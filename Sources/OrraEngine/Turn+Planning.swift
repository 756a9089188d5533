import OrraModel

/// From the action to a plan that runs: what planning found, and a person's yes or no.
extension Turn {
    mutating func planned(
        _ plan: Plan, _ kept: [KeptOutput], _ terms: PlanTerms?, _ stages: [PlanningStage],
        in surroundings: some Surroundings
    ) {
        guard orchestration.phase == .preparing else { return }
        note(stages)
        let used = Set(plan.tasks.map(\.service))
        let services = used.sorted().compactMap(surroundings.service).map(Event.ServiceReference.init)
        guard services.count == used.count else {
            return end(
                .init(
                    status: .notActionable,
                    failure: .init(.notActionable, "a service of the plan is no longer registered; submit again")))
        }
        let holdUntil = terms?.hold == nil ? nil : now + Limits.holdLife
        emit(.planned(.init(plan: plan, services: services, terms: terms, holdUntil: holdUntil)))
        for kept in kept where orchestration[kept.task]?.phase == .blocked {
            emit(.taskKept(.init(task: kept.task, output: kept.output, from: kept.from)))
        }
    }

    mutating func refused(_ reason: String, _ stages: [PlanningStage]) {
        guard orchestration.phase == .preparing else { return }
        note(stages)
        end(.init(status: .notActionable, failure: .init(.notActionable, reason)))
    }

    private mutating func note(_ stages: [PlanningStage]) {
        for stage in stages.prefix(Limits.planningStages) { emit(.planningStage(stage)) }
    }

    // MARK: - Waiting for a yes

    mutating func approve(_ reason: String?) {
        guard case .held(let until) = orchestration.phase else { return }
        // It is over, though the clock has not been looked at yet.
        guard now < until else { return holdClock() }
        emit(.approved(.init(planHash: orchestration.terms.planHash, reason: reason)))
    }

    mutating func reject(_ reason: String?) {
        guard case .held(let until) = orchestration.phase else { return }
        guard now < until else { return holdClock() }
        endHeld(
            .init(
                status: .cancelled,
                failure: .init(.planRejected, "the plan was rejected" + (reason.map { ": \($0)" } ?? ""))))
    }

    mutating func holdClock() {
        guard case .held(let until) = orchestration.phase, until <= now else { return }
        endHeld(
            .init(
                status: .cancelled,
                failure: .init(
                    .approvalExpired,
                    "nobody approved the plan within \(Limits.holdLife.brief); submit the action again")))
    }

    /// Nothing of the plan has run.
    mutating func endHeld(_ outcome: Event.Outcome) {
        for task in orchestration.tasks where task.phase == .blocked { emit(.taskCancelled(.init(task: task.id))) }
        end(.init(status: outcome.status, failure: outcome.failure))
    }
}
