import OrraModel
import Synchronization

/// Every action that was submitted, and what its caller was told.
final class Ledger: Sendable {
    enum Answer: Sendable, Hashable {
        /// 202.
        case accepted(OrchestrationID)
        /// The answer was lost, and the hub was found to have it.
        case found(OrchestrationID)
        /// The hub said no for now: 429 or 503.
        case refused
        /// The answer was lost, and the hub does not know it so far.
        case unknown
    }

    struct Entry: Sendable {
        var plan: ActionPlan
        var answer: Answer

        var id: OrchestrationID? {
            switch answer {
            case .accepted(let id), .found(let id): id
            case .refused, .unknown: nil
            }
        }
    }

    private let all = Mutex<[Entry]>([])
    private let closed = Atomic(false)

    /// Whether no further action is to be submitted.
    var isClosed: Bool { closed.load(ordering: .acquiring) }
    func close() { closed.store(true, ordering: .releasing) }

    var entries: [Entry] { all.withLock { $0 } }
    var accepted: Int { all.withLock { $0.count { $0.id != nil } } }

    func add(_ plan: ActionPlan, _ answer: Answer) { all.withLock { $0.append(Entry(plan: plan, answer: answer)) } }

    func found(_ item: String, as id: OrchestrationID) {
        all.withLock { entries in
            guard let index = entries.firstIndex(where: { $0.plan.item == item }) else { return }
            entries[index].answer = .found(id)
        }
    }
}
