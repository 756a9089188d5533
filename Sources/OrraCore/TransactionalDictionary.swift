/// A dictionary whose changes since the last `commit` can be taken back, at the cost of what changed only.
struct TransactionalDictionary<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private(set) var values: [Key: Value] = [:]
    /// What each change put an end to, in order; `nil` where there was nothing. A log and no dictionary: most batches are
    /// never taken back, and hashing a key costs more than keeping it.
    private var log: [(key: Key, before: Value?)] = []

    subscript(key: Key) -> Value? {
        get { values[key] }
        set {
            if let newValue {
                log.append((key, values.updateValue(newValue, forKey: key)))
            } else if let before = values.removeValue(forKey: key) {
                log.append((key, before))
            }
        }
    }

    subscript(key: Key, default fallback: @autoclosure () -> Value) -> Value {
        get { values[key] ?? fallback() }
        set { self[key] = newValue }
    }

    mutating func removeAll() { for key in values.keys { self[key] = nil } }

    mutating func commit() { log.removeAll(keepingCapacity: true) }

    mutating func rollback() {
        for change in log.reversed() { values[change.key] = change.before }
        log.removeAll(keepingCapacity: true)
    }
}
