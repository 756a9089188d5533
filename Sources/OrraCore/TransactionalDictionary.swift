/// A dictionary whose changes since the last `commit` can be taken back, at the cost of what changed only.
struct TransactionalDictionary<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private(set) var values: [Key: Value] = [:]
    /// What a changed key held before: `.some(nil)` for a key that was not there.
    private var before: [Key: Value?] = [:]

    subscript(key: Key) -> Value? {
        get { values[key] }
        set {
            if before[key] == nil { before.updateValue(values[key], forKey: key) }
            values[key] = newValue
        }
    }

    subscript(key: Key, default fallback: @autoclosure () -> Value) -> Value {
        get { values[key] ?? fallback() }
        set { self[key] = newValue }
    }

    mutating func removeAll() { for key in values.keys { self[key] = nil } }

    mutating func commit() { before.removeAll(keepingCapacity: true) }

    mutating func rollback() {
        for (key, value) in before { values[key] = value }
        before.removeAll(keepingCapacity: true)
    }
}
