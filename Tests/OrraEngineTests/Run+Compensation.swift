import OrraModel

@testable import OrraEngine

extension World {
    /// Services that accept anything, have one attempt, and can undo what they did.
    static func revertible(_ names: String...) -> World {
        var world = World()
        for name in names { world.add(name, attempts: 1, revertible: true) }
        return world
    }
}

extension Run {
    static let cancelled = Failure(.cancelled, "cancelled by the operator")

    /// Each of `tasks` has completed and can be undone, in that order; then task `failing` fails for good. Services are
    /// `alpha` for all but `beta` for the one that fails. Undoing has begun.
    static func compensating(
        _ tasks: [Int] = [1], failing: Int = 2, ttlMs: Int64 = 86_400_000
    ) -> Run {
        var run = Run(.revertible("alpha", "beta"))
        let plan = (tasks + [failing]).sorted().map { Plan.Task($0, $0 == failing ? "beta" : "alpha") }
        run.handle(.planned(Plan(parameters: RawJSON(["x": 1]), tasks: plan)))
        for task in tasks {
            run.dispatch(task, "e_\(task)")
            run.completeRevertibly(task, ttlMs: ttlMs)
        }
        run.dispatch(failing, "e_failing", on: 99)
        run.report(failing, .error("no"), "e_failing")
        return run
    }

    /// What the service of `task` hands over so that it can be undone.
    static func undoData(_ task: Int) -> RawJSON {
        RawJSON(["originalTask": ["x": 1], "taskResult": ["n": .number(JSONNumber(task))]])
    }

    @discardableResult
    mutating func completeRevertibly(_ task: Int, ttlMs: Int64 = 86_400_000) -> Decision {
        report(task, .output(RawJSON(["y": 2]), .init(data: Self.undoData(task), ttlMs: ttlMs)), "e_\(task)")
    }

    @discardableResult
    mutating func dispatchUndo(
        _ task: Int, _ execution: String = "e_u", on connection: UInt64 = 1, instance: String? = nil
    ) -> Decision {
        handle(
            .dispatched(
                TaskID(task), ExecutionID(execution), ConnectionID(connection), instance: instance, kind: .compensation)
        )
    }

    /// The answer to the current request, or to the one with `key`; from the connection that has it, or another.
    @discardableResult
    mutating func answerUndo(
        _ task: Int, _ report: TaskReport, _ execution: String = "e_u", key: IdempotencyKey? = nil,
        from connection: UInt64? = nil
    ) -> Decision {
        var holder = ConnectionID(1)
        if case .inFlight(let delivery)? = undo(task)?.phase { holder = delivery.connection }
        return handle(
            .undoReport(
                TaskID(task), report, key: key ?? undo(task)?.key ?? IdempotencyKey(rawValue: "none"),
                from: connection.map(ConnectionID.init) ?? holder))
    }

    @discardableResult
    mutating func loseUndo(_ task: Int, on connection: UInt64 = 1) -> Decision {
        handle(.connectionLost(TaskID(task), ConnectionID(connection), kind: .compensation))
    }

    func undo(_ task: Int) -> CompensationState? { live[TaskID(task)]?.undo }

    /// The tasks in whose order requests to undo were made.
    var undoOrder: [Int] {
        journal.compactMap { entry in
            if case .compensationReady(let ready) = entry.event, ready.number == 1 { ready.task.number } else { nil }
        }
    }

    /// Every request is dispatched and answered with success, until nothing is to be undone.
    mutating func undoAll() {
        while let task = live.activeCompensation?.id.number {
            dispatchUndo(task)
            answerUndo(task, .compensation(.completed))
        }
    }
}

extension Event {
    static func compensationKey(_ task: Int, _ number: Int = 1) -> IdempotencyKey {
        .compensation(of: TaskID(task), of: Run.id, number: number)
    }
    static func undoReady(_ task: Int, number: Int = 1, expiresAt: Timestamp = .at(86_400)) -> Event {
        .compensationReady(
            .init(task: TaskID(task), key: compensationKey(task, number), number: number, expiresAt: expiresAt))
    }
    static func undoDispatched(
        _ task: Int, _ execution: String = "e_u", attempt: Int = 1, delivery: Int = 1, on connection: UInt64 = 1,
        instance: String? = nil
    ) -> Event {
        .compensationDispatched(
            .init(
                task: TaskID(task), attempt: attempt, delivery: delivery, execution: ExecutionID(execution),
                connection: ConnectionID(connection), instance: instance))
    }
    static func undoWaiting(_ task: Int, _ reason: TaskWaiting.Reason) -> Event {
        .compensationWaiting(.init(task: TaskID(task), reason: reason))
    }
    static func undoFailed(
        _ task: Int, _ failure: Failure, attempt: Int = 1, isAnswered: Bool = true, partial: Partial? = nil,
        retryAt: Timestamp?
    ) -> Event {
        .compensationAttemptFailed(
            .init(
                task: TaskID(task), attempt: attempt, failure: failure, isAnswered: isAnswered, partial: partial,
                retryAt: retryAt))
    }
    static func undoEnded(
        _ task: Int, _ status: CompensationStatus = .completed, _ failure: Failure? = nil, attempts: Int = 1
    ) -> Event {
        .compensationEnded(
            .init(
                task: TaskID(task), id: CompensationID(of: TaskID(task), of: Run.id), status: status, failure: failure,
                attempts: attempts))
    }
}

extension Decision.Effect {
    static func enqueueUndo(_ task: Int, _ service: String = "alpha", lease: TaskPhase.Lease? = nil) -> Self {
        .enqueue(TaskID(task), service: .named(service), lease: lease, kind: .compensation)
    }
    static func withdrawUndo(_ task: Int, _ service: String = "alpha") -> Self {
        .withdraw(TaskID(task), service: .named(service), kind: .compensation)
    }
    static func releaseUndo(_ task: Int, _ connection: UInt64 = 1, succeeded: Bool = true) -> Self {
        .release(TaskID(task), ConnectionID(connection), succeeded: succeeded, kind: .compensation)
    }
}

extension Decision {
    /// How the decision ends the undoing of a task.
    var undoEnd: Event.CompensationEnded? {
        for case .compensationEnded(let ended) in events { return ended }
        return nil
    }

    /// When the next attempt to undo begins, if the decision failed one.
    var undoRetryAt: Timestamp? {
        for case .compensationAttemptFailed(let failed) in events { return failed.retryAt }
        return nil
    }
}
