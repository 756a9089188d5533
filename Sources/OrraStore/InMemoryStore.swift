import OrraEngine
public import OrraModel
import Synchronization

/// A store without a disk, for tests and the simulator. What it answers is what ``SQLiteStore`` answers.
///
/// A crash is ``snapshot()`` and ``init(_:)``: the snapshot holds what was committed and nothing else, but for a commit
/// whose outcome is unknown (``failNextCommits(_:with:isWritten:)``).
public final class InMemoryStore: Store {
    /// What a disk holds at one moment.
    public struct Snapshot: Sendable {
        var tables = Tables()
    }

    private struct Fault {
        var error: StoreError
        var isWritten: Bool
    }

    private struct State {
        var tables: Tables
        var faults: [Fault] = []
        /// What the disk holds though its commit was answered with an error.
        var unknown: [Write]?
        var isClosed = false
    }

    private let state: Mutex<State>

    public init() { state = Mutex(State(tables: Tables())) }

    public init(_ snapshot: Snapshot) { state = Mutex(State(tables: snapshot.tables)) }

    /// What the next process would find if this one ended now.
    public func snapshot() -> Snapshot {
        state.withLock { state in
            var snapshot = Snapshot(tables: state.tables)
            // It was possible when it was tried, and nothing has been committed since.
            if let unknown = state.unknown { try? snapshot.tables.commit(unknown) }
            return snapshot
        }
    }

    /// The next `count` commits throw `error` and write nothing. Adds to what was asked for before.
    ///
    /// With `isWritten` such a commit reaches the disk all the same, as when only the disk's last answer is lost: this
    /// store goes on without it, but a ``snapshot()`` that is taken before the next commit is tried holds it. So
    /// SQLite behaves: the failed transaction stands in the write-ahead log until the next one is written over it. A
    /// batch that contradicts what is stored throws `.constraint` instead, and is nowhere.
    public func failNextCommits(_ count: Int = 1, with error: StoreError, isWritten: Bool = false) {
        state.withLock { $0.faults += Array(repeating: Fault(error: error, isWritten: isWritten), count: count) }
    }

    /// Takes back all faults that were asked for and have not happened.
    public func heal() { state.withLock { $0.faults = [] } }

    /// From now on this journal entry can't be read, as if the disk had changed it. It need not be there yet.
    public func damage(_ orchestration: OrchestrationID, seq: Int) {
        state.withLock { _ = $0.tables.damagedEntries[orchestration, default: []].insert(seq) }
    }

    /// The service's definition can't be read from now on, until it is written again.
    public func damage(_ service: ServiceID) { state.withLock { _ = $0.tables.damagedServices.insert(service) } }

    /// The document can't be read from now on, until it is written again.
    public func damage(_ document: ProjectDocument) {
        state.withLock { _ = $0.tables.damagedDocuments.insert(.init(document)) }
    }

    public func commit(_ batch: [Write]) async throws(StoreError) {
        try await use { state throws(StoreError) in
            guard !batch.isEmpty else { return }
            guard state.faults.isEmpty else {
                let fault = state.faults.removeFirst()
                state.unknown = nil
                guard fault.isWritten else { throw fault.error }
                var trial = state.tables
                try trial.commit(batch)
                state.unknown = batch
                throw fault.error
            }
            try state.tables.commit(batch)
            state.unknown = nil
        }
    }

    public func recover() async throws(StoreError) -> Recovery { try await read { $0.recovery() } }

    public func close() async { state.withLock { $0.isClosed = true } }

    func read<Value: Sendable>(_ body: (Tables) throws(StoreError) -> Value) async throws(StoreError) -> Value {
        try await use { state throws(StoreError) in try body(state.tables) }
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
