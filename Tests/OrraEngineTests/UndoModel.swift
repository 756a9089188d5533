import OrraModel
import Testing

@testable import OrraEngine

/// The rules of compensation once more, said plainly and checked against a journal.
struct UndoModel {
    private var isUndoing = false
    private var status: Status?
    /// What can be undone and was not asked for yet, in the order of completion.
    private var pending: [TaskID] = []
    private var expiry: [TaskID: Timestamp] = [:]
    private var active: TaskID?
    private var ended: Set<TaskID> = []
    private var number: [TaskID: Int] = [:]
    private var attempt: [TaskID: Int] = [:]
    private var wasAnswered: Set<TaskID> = []
    private var keys: Set<IdempotencyKey> = []

    static func check(_ run: Run) throws {
        var model = UndoModel()
        for entry in run.journal { try model.follow(entry) }
        if run.live.phase.kind == .ended, !run.live.isUnsettled, model.isUndoing {
            try #require(model.active == nil && model.pending.isEmpty, "all that can be undone has an outcome")
        }
    }

    private mutating func follow(_ entry: JournalEntry) throws {
        switch entry.event {
        case .taskCompleted(let event): hand(event.task, event.compensation, at: entry.at)
        case .taskLate(let event): hand(event.task, event.compensation, at: entry.at)
        case .compensating(let event), .ended(let event):
            if let status { try #require(status == event.status, "an outcome never changes") }
            status = event.status
            isUndoing = event.status != .completed
        case .compensationReady(let event): try ready(event, at: entry.at)
        case .compensationDispatched(let event):
            try #require(active == event.task && entry.at < expiry[event.task] ?? .at(0))
            let last = attempt[event.task] ?? 0
            try #require(event.attempt == (event.delivery == 1 ? last + 1 : last))
            try #require(event.attempt <= RetryPolicy.compensation.maximumAttempts)
            attempt[event.task] = event.attempt
        case .compensationWaiting(let event): try #require(active == event.task)
        case .compensationAttemptFailed(let event):
            try #require(active == event.task)
            if event.isAnswered { wasAnswered.insert(event.task) }
            // Random answers come before the request was ever delivered: an attempt as well.
            attempt[event.task] = max(attempt[event.task] ?? 0, event.attempt)
        case .compensationEnded(let event): try end(event, at: entry.at)
        case .compensationResolved(let event): try #require(ended.contains(event.task))
        default: break
        }
    }

    private mutating func hand(_ task: TaskID, _ compensation: Event.Compensation?, at now: Timestamp) {
        guard let compensation else { return }
        pending.append(task)
        expiry[task] = now + .milliseconds(compensation.ttlMs)
    }

    private mutating func ready(_ event: Event.CompensationReady, at now: Timestamp) throws {
        try #require(isUndoing, "nothing is undone before the outcome is told")
        try #require(keys.insert(event.key).inserted, "every request has its own key")
        try #require(event.expiresAt == expiry[event.task] && now < event.expiresAt)
        if event.number == 1 {
            try #require(active == nil, "one at a time")
            try #require(pending.popLast() == event.task, "the newest first")
            active = event.task
        } else {
            try #require(active == event.task && event.number == number[event.task, default: 0] + 1)
            try #require(wasAnswered.remove(event.task) != nil, "a new key only after an answer")
        }
        number[event.task] = event.number
    }

    private mutating func end(_ event: Event.CompensationEnded, at now: Timestamp) throws {
        try #require(ended.insert(event.task).inserted, "each once")
        if event.status == .expired { try #require(now >= expiry[event.task] ?? .at(0)) }
        if active == event.task {
            active = nil
        } else {
            try #require(active == nil && event.status == .expired && pending.popLast() == event.task)
        }
    }
}
