import OrraCore
import OrraEngine
import OrraModel
import OrraStore

/// Memory, rows and outbox against the journal.
extension Oracle {
    mutating func fold(_ entry: JournalEntry) {
        touched.append(entry.orchestration)
        if case .received(let received) = entry.event {
            replays[entry.orchestration] = Orchestration(received, at: entry.at)
        } else {
            replays[entry.orchestration]?.apply(entry.event, at: entry.at)
        }
    }

    /// What the core holds of the orchestrations that the last commit changed.
    mutating func compare(with core: Core) {
        for id in touched {
            guard let replay = replays[id], let row = rows[id] else { return fail("journal", "\(id) has no row") }
            let expected = Core.row(of: replay)
            expect(row == expected, "projection", "\(id): the row is not the journal's")
            if isLive(replay) {
                var held = replay
                held.shed(above: core.bounds.heldOutputBytes)
                expect(core[orchestration: id] == held, "projection", "\(id): memory is not the journal")
            } else {
                expect(core[orchestration: id] == nil, "projection", "\(id) is over, and in memory")
            }
        }
    }

    func isLive(_ orchestration: Orchestration) -> Bool {
        if case .ended = orchestration.phase { orchestration.isUnsettled } else { true }
    }
}

extension Simulation {
    func compareOutbox() async throws {
        let stored = Set(try await store.outbox().map(\.key))
        oracle.expect(stored == oracle.outbox, "outbox", "the outbox holds other keys than the journal says")
    }

    /// After the faults, when nothing is left to happen.
    func checkAtRest() async throws {
        guard let hub else { return oracle.fail("rest", "the hub is down for ever") }
        oracle.expect(hub.core.queued == 0, "rest", "inputs wait for ever")
        for (id, account) in oracle.accounts.sorted(by: { $0.key < $1.key }) where account.isReceived {
            oracle.expect(
                account.ended != nil, "ends", "\(id) never ends\(account.isAccepted ? ", and was accepted" : "")")
            oracle.checkVerdicts(account, id)
        }
        for (id, account) in oracle.accounts.sorted(by: { $0.key < $1.key }) where account.isAccepted {
            oracle.expect(account.isReceived, "lost", "\(id) was accepted and is gone")
            try await compareStored(id)
            for task in account.tasks where task.undo != nil && account.ended?.status != .completed {
                oracle.expect(task.undo?.ended != nil, "undo", "\(id) \(task.plan.id) was never undone, nor given up")
            }
            let urls = ["http://localhost/project"] + (account.submission.hasWebhook ? ["http://localhost/own"] : [])
            for url in urls {
                let delivery = oracle.deliveries.values.first {
                    $0.orchestration == id && $0.url == url && $0.subject == .outcome
                }
                oracle.expect(
                    delivery.map { oracle.isDelivered($0.id) } == true, "webhook", "\(id) was not told to \(url)")
            }
        }
        let probe = submitting[Scenario.Submission.probe].flatMap { oracle.accounts[$0.orchestration] }
        oracle.expect(
            probe?.ended?.status == .completed, "probe", "an action that comes when all is at rest does not complete")
        try await compareInbox()
        oracle.expect(hub.core.liveCount == 0, "rest", "\(hub.core.liveCount) are still live")
        oracle.expect(try await store.outbox().isEmpty, "rest", "the outbox is not empty")
        oracle.expect(try await store.recover().deliveries.isEmpty, "rest", "webhooks are still pending")
        for (number, watcher) in watchers.enumerated() where !watcher.isGone {
            switch watcher.subject {
            case .project:
                oracle.expect(
                    watcher.last == oracle.position, "watcher", "w\(number) saw \(watcher.last) of \(oracle.position)")
            case .orchestration(let id):
                guard oracle.accounts[id]?.isReceived == true else { continue }
                oracle.expect(watcher.isOver, "watcher", "w\(number) still waits for the end of \(id)")
            }
        }
    }

    /// The inbox holds what was not undone, and each is told.
    private func compareInbox() async throws {
        let inbox = try await store.failedCompensations(of: Self.project.id, all: true, limit: .max)
        var stored: [TaskReference: FailedCompensation] = [:]
        for entry in inbox { stored[entry.reference] = entry }
        for (id, account) in oracle.accounts.sorted(by: { $0.key < $1.key }) {
            for task in account.tasks {
                guard let undo = task.undo, let ended = undo.ended, ended != .completed else { continue }
                let entry = stored.removeValue(forKey: TaskReference(id, task.plan.id, .compensation))
                oracle.expect(
                    entry?.status == ended && (entry?.resolution != .pending) == undo.isResolved, "inbox",
                    "\(id) \(task.plan.id) is not in the inbox as the journal says")
                let delivery = oracle.deliveries.values.first {
                    $0.orchestration == id && $0.subject == .compensationFailed(task.plan.id)
                }
                oracle.expect(
                    delivery.map { oracle.isDelivered($0.id) } == true, "webhook",
                    "\(id) \(task.plan.id) was not undone, and nobody was told")
            }
        }
        oracle.expect(stored.isEmpty, "inbox", "the inbox holds what was undone")
    }

    /// The journal as it is stored is the one that was committed, and its row tells the same.
    private func compareStored(_ id: OrchestrationID) async throws {
        let journal = try await store.journal(of: id, after: 0, limit: .max)
        oracle.expect(journal.count == oracle.accounts[id]?.seq, "lost", "\(id): entries are gone")
        let row = try await store.orchestration(id)
        oracle.expect(row == oracle.rows[id], "lost", "\(id): the row is gone or another")
        oracle.expect(row?.endedAt != nil, "projection", "\(id): its row has no end")
    }
}
