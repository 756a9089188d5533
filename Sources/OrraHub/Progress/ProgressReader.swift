import OrraEngine
import OrraModel
import OrraProtocol
import OrraStore

/// Whose progress is told.
enum ProgressSubject: Hashable, Sendable {
    /// Numbers are `seq`; the stream ends with the orchestration.
    case orchestration(OrchestrationID)
    /// Numbers are `position`; the stream goes on for ever.
    case project(ProjectID)
}

/// Reads on in a journal, and tells it as frames. What it tells depends on the numbers only, and not on who reads.
struct ProgressReader {
    struct Page {
        struct Item {
            let number: Int64
            let frame: ProgressFrame
        }

        var items: [Item] = []
        /// Nothing was there, not even what is not told.
        var isEmpty = true
        /// It has as many entries as a page may have. One that is not full may have been cut for its bytes.
        var isFull = false
        /// The orchestration's stream ends with this page.
        var isEnd = false
    }

    let subject: ProgressSubject
    let store: any Store
    /// The last number that was told.
    private(set) var last: Int64
    /// Whether the journal is known to reach to the last number. Whoever asks may name one that is still to come.
    private var isPlaced: Bool
    private var narrators: [OrchestrationID: ProgressNarrator] = [:]
    /// More are not remembered: what one of them needs is read again.
    private static let maximumNarrators = 1_024

    init(_ subject: ProgressSubject, in store: any Store, after last: Int64, isPlaced: Bool = false) {
        self.subject = subject
        self.store = store
        self.last = last
        self.isPlaced = isPlaced || last == 0
    }

    mutating func nextPage() async throws(StoreError) -> Page {
        let entries = try await entries(after: last, limit: Limits.watcherPage)
        var page = Page(isEmpty: entries.isEmpty, isFull: entries.count == Limits.watcherPage)
        page.items.reserveCapacity(entries.count)
        for entry in entries {
            let frame: ProgressFrame?
            switch entry {
            case .service(let entry): frame = ProgressFrame(entry)
            case .orchestration(let entry): frame = try await tell(entry)
            }
            last = number(of: entry)
            isPlaced = true
            guard let frame else { continue }
            page.items.append(Page.Item(number: last, frame: frame))
            // What comes late is told to watchers of the project.
            if case .orchestration = subject, frame.isLast {
                page.isEnd = true
                break
            }
        }
        return page
    }

    /// What comes up to this number was told by another reader.
    mutating func moveOn(to number: Int64) {
        last = number
        // They have not heard what was said meanwhile.
        narrators = [:]
    }

    /// Whether the last number is one that the journal has.
    mutating func findsItsPlace() async throws(StoreError) -> Bool {
        if !isPlaced { isPlaced = try await entries(after: last - 1, limit: 1).first.map(number) == last }
        return isPlaced
    }

    func hasMore() async throws(StoreError) -> Bool { try await !entries(after: last, limit: 1).isEmpty }

    /// Whether the orchestration's last entry is on disk. A project never ends.
    func isOver() async throws(StoreError) -> Bool {
        guard case .orchestration(let id) = subject else { return false }
        // One that was deleted meanwhile has nothing more to tell.
        guard let row = try await store.orchestration(id) else { return true }
        return row.endedAt != nil
    }

    /// Whether more is on disk and not yet told than a watcher may lie behind.
    func lags() async throws(StoreError) -> Bool {
        guard case .project = subject else { return false }
        return try await !entries(after: last + Int64(Limits.watcherLag), limit: 1).isEmpty
    }

    private func entries(after number: Int64, limit: Int) async throws(StoreError) -> [ProjectEntry] {
        switch subject {
        case .orchestration(let id):
            try await store.journal(of: id, after: Int(clamping: number), limit: limit)
                .map(ProjectEntry.orchestration)
        case .project(let id): try await store.progress(of: id, afterPosition: number, limit: limit)
        }
    }

    private func number(of entry: ProjectEntry) -> Int64 {
        switch (subject, entry) {
        case (.orchestration, .orchestration(let entry)): Int64(entry.seq)
        default: entry.position
        }
    }

    private mutating func tell(_ entry: JournalEntry) async throws(StoreError) -> ProgressFrame? {
        let id = entry.orchestration
        if narrators[id] == nil {
            if narrators.count >= Self.maximumNarrators { narrators = [:] }
            narrators[id] = try await narrator(of: id, upTo: entry.seq - 1)
        }
        defer { if case .ended = entry.event { narrators[id] = nil } }
        return narrators[id]?.frame(of: entry)
    }

    private func narrator(of id: OrchestrationID, upTo seq: Int) async throws(StoreError) -> ProgressNarrator {
        var narrator = ProgressNarrator()
        // The names come with the first entries; the rest need not be heard again, and may be large.
        var heard = 0
        while heard < seq {
            let entries = try await store.journal(of: id, after: heard, limit: 4)
            guard let last = entries.last else { break }
            for entry in entries.prefix(while: { $0.seq <= seq }) {
                _ = narrator.frame(of: entry)
                if case .planned = entry.event { return narrator }
            }
            heard = last.seq
        }
        return narrator
    }
}
