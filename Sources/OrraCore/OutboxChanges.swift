import OrraModel
import OrraStore

/// What one batch does to the outbox. A task that is made ready and handed out in the same batch leaves no trace: most
/// are, and a row costs a search in each of its indexes, twice.
struct OutboxChanges {
    private var changes: [IdempotencyKey: [Write]] = [:]
    /// Keys as they came.
    private var order: [IdempotencyKey] = []

    mutating func insert(_ row: OutboxRow) { append(.outboxInsert(row), row.key) }

    /// `isThere`: whether the store may have the row.
    mutating func delete(_ key: IdempotencyKey, isThere: Bool) {
        if case .outboxInsert? = changes[key]?.last {
            changes[key]?.removeLast()
        } else if isThere {
            append(.outboxDelete(key), key)
        }
    }

    mutating func bury(_ key: IdempotencyKey, at time: Timestamp, error: String) {
        append(.outboxDead(key, at: time, error: error), key)
    }

    private mutating func append(_ write: Write, _ key: IdempotencyKey) {
        if changes[key] == nil { order.append(key) }
        changes[key, default: []].append(write)
    }

    /// Those that remain; then there are none.
    mutating func take() -> [Write] {
        guard !order.isEmpty else { return [] }
        defer {
            changes.removeAll(keepingCapacity: true)
            order.removeAll(keepingCapacity: true)
        }
        return order.flatMap { changes[$0] ?? [] }
    }
}
