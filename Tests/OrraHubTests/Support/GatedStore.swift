import OrraEngine
import OrraModel
import OrraStore
import Synchronization

/// A store in memory whose commits wait or fail when a test says so.
final class GatedStore: Store {
    enum Mode: Sendable {
        case open
        /// Commits wait.
        case held
        case failing(StoreError)
        /// Batches with such a write contradict what is stored.
        case rejecting(@Sendable (Write) -> Bool)
    }

    /// Where reads of one kind wait while a test holds them.
    private struct Gate {
        var isHeld = false
        var readers: [CheckedContinuation<Void, Never>] = []
    }

    private struct State {
        var mode = Mode.open
        var waiting: [CheckedContinuation<Void, Never>] = []
        var refused = 0
        var committed = 0
        var journals = Gate()
        var progress = Gate()
        var pages = 0
        var progressFault: StoreError?
        var holdsNextPage = false
        var heldPage: CheckedContinuation<Void, Never>?
    }

    let base: InMemoryStore
    private let state = Mutex(State())

    init(_ base: InMemoryStore = InMemoryStore()) { self.base = base }

    /// Commits that wait now.
    var waiting: Int { state.withLock { $0.waiting.count } }
    /// Commits that have failed.
    var refused: Int { state.withLock { $0.refused } }

    /// Reads of one orchestration's journal that wait now.
    var waitingReaders: Int { state.withLock { $0.journals.readers.count } }

    /// From now on such reads wait; and no longer.
    func holdJournals(_ isHeld: Bool) { hold(isHeld, \.journals) }

    /// Reads of journals that have begun: a project's progress, or one orchestration's entries.
    var pages: Int { state.withLock { $0.pages } }

    /// Reads of a project's progress that wait now.
    var waitingProgressReaders: Int { state.withLock { $0.progress.readers.count } }

    /// From now on such reads wait; and no longer.
    func holdProgress(_ isHeld: Bool) { hold(isHeld, \.progress) }

    private func hold(_ isHeld: Bool, _ gate: any WritableKeyPath<State, Gate> & Sendable) {
        let readers = state.withLock { state in
            state[keyPath: gate].isHeld = isHeld
            defer { if !isHeld { state[keyPath: gate].readers = [] } }
            return isHeld ? [] : state[keyPath: gate].readers
        }
        for reader in readers { reader.resume() }
    }

    private func pass(_ gate: any WritableKeyPath<State, Gate> & Sendable) async {
        await withCheckedContinuation { continuation in
            let goesOn = state.withLock { state in
                state.pages += 1
                guard state[keyPath: gate].isHeld else { return true }
                state[keyPath: gate].readers.append(continuation)
                return false
            }
            if goesOn { continuation.resume() }
        }
    }

    /// The next such read finds what is there now, and waits before it says so.
    func holdNextPage() { state.withLock { $0.holdsNextPage = true } }
    var holdsPage: Bool { state.withLock { $0.heldPage != nil } }
    func releasePage() { state.withLock { $0.heldPage.take() }?.resume() }

    /// From now on such reads fail; `nil`: no longer.
    func failProgress(_ error: StoreError?) { state.withLock { $0.progressFault = error } }

    /// Commits that succeeded.
    var committed: Int { state.withLock { $0.committed } }

    func set(_ mode: Mode) {
        let waiting = state.withLock { state in
            state.mode = mode
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    func commit(_ batch: [Write]) async throws(StoreError) {
        while true {
            let mode = state.withLock { $0.mode }
            switch mode {
            case .open:
                try await base.commit(batch)
                return state.withLock { $0.committed += 1 }
            case .held: await wait()
            case .failing(let error):
                state.withLock { $0.refused += 1 }
                throw error
            case .rejecting(let isCulprit):
                guard batch.contains(where: isCulprit) else { return try await base.commit(batch) }
                state.withLock { $0.refused += 1 }
                throw StoreError(.constraint, "a test refuses this write")
            }
        }
    }

    private func wait() async {
        await withCheckedContinuation { continuation in
            let goesOn = state.withLock { state in
                guard case .held = state.mode else { return true }
                state.waiting.append(continuation)
                return false
            }
            if goesOn { continuation.resume() }
        }
    }

    func recover() async throws(StoreError) -> Recovery { try await base.recover() }
    func journal(of orchestration: OrchestrationID, after: Int, limit: Int) async throws(StoreError) -> [JournalEntry] {
        await pass(\.journals)
        return try await base.journal(of: orchestration, after: after, limit: limit)
    }
    func journal(
        of project: ProjectID, afterPosition: Int64, limit: Int
    ) async throws(StoreError) -> [JournalEntry] {
        try await base.journal(of: project, afterPosition: afterPosition, limit: limit)
    }
    func orchestrations(of project: ProjectID, limit: Int) async throws(StoreError) -> [OrchestrationRow] {
        try await base.orchestrations(of: project, limit: limit)
    }
    func orchestration(_ id: OrchestrationID) async throws(StoreError) -> OrchestrationRow? {
        try await base.orchestration(id)
    }
    func orchestration(of project: ProjectID, carrying value: String) async throws(StoreError) -> OrchestrationRow? {
        try await base.orchestration(of: project, carrying: value)
    }
    func task(of key: IdempotencyKey) async throws(StoreError) -> TaskReference? { try await base.task(of: key) }
    func outbox() async throws(StoreError) -> [OutboxRow] { try await base.outbox() }
    func outbox(of project: ProjectID, limit: Int) async throws(StoreError) -> [OutboxRow] {
        try await base.outbox(of: project, limit: limit)
    }
    func failedCompensations(
        of project: ProjectID, all: Bool, limit: Int
    ) async throws(StoreError) -> [FailedCompensation] {
        try await base.failedCompensations(of: project, all: all, limit: limit)
    }
    func failedCompensation(_ id: CompensationID) async throws(StoreError) -> FailedCompensation? {
        try await base.failedCompensation(id)
    }
    func submission(of project: ProjectID, key: String) async throws(StoreError) -> SubmissionRow? {
        try await base.submission(of: project, key: key)
    }
    func progress(of project: ProjectID, afterPosition: Int64, limit: Int) async throws(StoreError) -> [ProjectEntry] {
        await pass(\.progress)
        if let fault = state.withLock({ $0.progressFault }) { throw fault }
        let page = try await base.progress(of: project, afterPosition: afterPosition, limit: limit)
        if state.withLock({ state in
            defer { state.holdsNextPage = false }
            return state.holdsNextPage
        }) {
            await withCheckedContinuation { continuation in state.withLock { $0.heldPage = continuation } }
        }
        return page
    }
    func serviceEvents(
        of project: ProjectID, afterPosition: Int64, limit: Int
    ) async throws(StoreError) -> [ServiceEntry] {
        try await base.serviceEvents(of: project, afterPosition: afterPosition, limit: limit)
    }
    func serviceEvents(of service: ServiceID, limit: Int) async throws(StoreError) -> [ServiceEntry] {
        try await base.serviceEvents(of: service, limit: limit)
    }
    func prunedPosition(of project: ProjectID) async throws(StoreError) -> Int64 {
        try await base.prunedPosition(of: project)
    }
    func prunable(
        of project: ProjectID, endedBefore before: Timestamp, limit: Int
    ) async throws(StoreError) -> [OrchestrationID] {
        try await base.prunable(of: project, endedBefore: before, limit: limit)
    }
    func hidden(limit: Int) async throws(StoreError) -> [OrchestrationID] { try await base.hidden(limit: limit) }
    func documents(
        of project: ProjectID, kind: ProjectDocument.Kind, limit: Int
    ) async throws(StoreError) -> [ProjectDocument] {
        try await base.documents(of: project, kind: kind, limit: limit)
    }
    func document(
        of project: ProjectID, kind: ProjectDocument.Kind, name: String
    ) async throws(StoreError) -> ProjectDocument? {
        try await base.document(of: project, kind: kind, name: name)
    }
    func documentNames(
        of project: ProjectID, kind: ProjectDocument.Kind, limit: Int
    ) async throws(StoreError) -> [String] {
        try await base.documentNames(of: project, kind: kind, limit: limit)
    }
    func failedDeliveries(of project: ProjectID, limit: Int) async throws(StoreError) -> [WebhookDelivery] {
        try await base.failedDeliveries(of: project, limit: limit)
    }
    func close() async { await base.close() }
}
