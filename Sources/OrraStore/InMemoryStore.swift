public import OrraEngine
public import OrraModel
import Synchronization

/// A store without a disk, for tests and the simulator. What it answers is what ``SQLiteStore`` answers.
///
/// A crash is ``snapshot()`` and ``init(_:)``: the snapshot holds what was committed and nothing else.
public final class InMemoryStore: Store {
    /// What was committed by one moment.
    public struct Snapshot: Sendable {
        fileprivate var tables = Tables()
    }

    private struct State {
        var tables: Tables
        var faults: [StoreError] = []
        var isClosed = false
    }

    private let state: Mutex<State>

    public init() { state = Mutex(State(tables: Tables())) }

    public init(_ snapshot: Snapshot) { state = Mutex(State(tables: snapshot.tables)) }

    public func snapshot() -> Snapshot { state.withLock { Snapshot(tables: $0.tables) } }

    /// The next `count` commits throw `error` and write nothing. Adds to what was asked for before.
    public func failNextCommits(_ count: Int = 1, with error: StoreError) {
        state.withLock { $0.faults += Array(repeating: error, count: count) }
    }

    public func commit(_ batch: [Write]) async throws(StoreError) {
        try await use { state throws(StoreError) in
            guard state.faults.isEmpty else { throw state.faults.removeFirst() }
            try state.tables.commit(batch)
        }
    }

    public func recover() async throws(StoreError) -> Recovery { try await read { $0.recovery() } }

    public func journal(
        of orchestration: OrchestrationID, after: Int, limit: Int
    ) async throws(StoreError) -> [JournalEntry] {
        try await read { $0.journals[orchestration, default: []].following(after, limit, by: \.seq) }
    }

    public func journal(
        of project: ProjectID, afterPosition: Int64, limit: Int
    ) async throws(StoreError) -> [JournalEntry] {
        try await read { $0.projectJournals[project, default: []].following(afterPosition, limit, by: \.position) }
    }

    public func orchestrations(of project: ProjectID, limit: Int) async throws(StoreError) -> [OrchestrationRow] {
        try await read { tables in
            let rows = tables.orchestrations.values.filter { $0.project == project }
            return Array(rows.sorted { $1.isOlder(than: $0) }.prefix(max(limit, 0)))
        }
    }

    public func orchestration(_ id: OrchestrationID) async throws(StoreError) -> OrchestrationRow? {
        try await read { $0.orchestrations[id] }
    }

    public func orchestration(
        of project: ProjectID, carrying value: String
    ) async throws(StoreError) -> OrchestrationRow? {
        try await read { tables in
            let carriers = tables.carriers[.init(project: project, value: value), default: []]
            return carriers.compactMap { tables.orchestrations[$0] }.max { $0.isOlder(than: $1) }
        }
    }

    public func task(of key: IdempotencyKey) async throws(StoreError) -> TaskReference? {
        try await read { $0.taskKeys[key] }
    }

    public func outbox() async throws(StoreError) -> [OutboxRow] {
        try await read { tables in
            tables.outbox.values.sorted { ($0.row.readyAt, $0.order) < ($1.row.readyAt, $1.order) }.map(\.row)
        }
    }

    public func failedDeliveries(
        of project: ProjectID, limit: Int
    ) async throws(StoreError) -> [WebhookDelivery] {
        try await read { tables in
            let failed = tables.deliveries.values.filter { $0.project == project && $0.state == .failed }
            return Array(failed.sorted { ($0.createdAt, $0.id) > ($1.createdAt, $1.id) }.prefix(max(limit, 0)))
        }
    }

    public func close() async { state.withLock { $0.isClosed = true } }

    private func read<Value: Sendable>(_ body: (Tables) -> Value) async throws(StoreError) -> Value {
        try await use { state throws(StoreError) in body(state.tables) }
    }

    private func use<Value: Sendable>(
        _ body: (inout State) throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        let result: Result<Value, StoreError> = state.withLock { state in
            guard !state.isClosed else { return .failure(StoreError(.unavailable, "the store is closed")) }
            do throws(StoreError) { return .success(try body(&state)) } catch { return .failure(error) }
        }
        return try result.get()
    }
}

extension [JournalEntry] {
    /// The entries whose number is greater than `number`; self is sorted by it.
    fileprivate func following<Number: Comparable>(
        _ number: Number, _ limit: Int, by key: (JournalEntry) -> Number
    ) -> [JournalEntry] {
        Array(self[firstIndex { key($0) > number }...].prefix(Swift.max(limit, 0)))
    }
}
