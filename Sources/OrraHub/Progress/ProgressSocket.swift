import Logging
import NIOCore
import OrraEngine
import OrraModel
import OrraProtocol
import OrraStore
import OrraWebSocket

/// One watcher's socket: what it missed from the journal, then what happens, each number once and in order.
///
/// Reads page by page from the store and waits for a signal in between, so that it holds nothing and slows nobody.
struct ProgressSocket {
    enum Subject: Sendable {
        /// Numbers are `seq`; the stream ends with the orchestration.
        case orchestration(OrchestrationID)
        /// Numbers are `position`; the stream goes on for ever.
        case project(ProjectID)
    }

    let subject: Subject
    /// The last number that the watcher saw; 0 for all.
    let after: Int64
    let store: any Store
    let signals: ProgressSignals
    let socket: WebSocketConnection
    let logger: Logger

    func run() async {
        let watch = signals.watch(signalSubject)
        defer { signals.end(watch) }
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await tell(watch)
                } catch let error as StoreError {
                    logger.error("a watcher's journal could not be read", metadata: ["error": "\(error)"])
                    await socket.close(code: .internalError, reason: "the journal could not be read; try again")
                } catch {
                    // The watcher is gone.
                }
            }
            // Watchers say nothing; reading shows when they leave.
            group.addTask { for await _ in socket.inbound {} }
            await group.next()
            group.cancelAll()
        }
    }

    private var signalSubject: ProgressSignals.Subject {
        switch subject {
        case .orchestration(let id): .orchestration(id)
        case .project(let id): .project(id)
        }
    }

    private func tell(_ watch: ProgressSignals.Watch) async throws {
        var teller = Teller(subject: subject, store: store, last: after)
        try await teller.prepare()
        if let reset = try await teller.reset() { try await socket.send(text: ByteBuffer(bytes: try reset.frame())) }
        // A watcher that reads up on a long history lags behind nothing.
        var hasCaughtUp = false
        while !Task.isCancelled {
            var frames = try await teller.nextFrames()
            if frames.isEmpty, try await teller.isOver() {
                // Ended before it came, or between the two questions.
                frames = try await teller.nextFrames()
                if frames.isEmpty { return await closeAtEnd() }
            }
            for frame in frames {
                try await socket.send(text: ByteBuffer(bytes: try frame.frame()))
                if case .orchestration = subject, frame.isLast { return await closeAtEnd() }
            }
            // A page may be short since its payloads are large.
            if hasCaughtUp || frames.count < Limits.watcherPage {
                let lags = try await teller.lag() > Limits.watcherLag
                if lags, hasCaughtUp {
                    return await socket.close(
                        code: WebSocketCloseCode(rawValue: 4008),
                        reason: "\(ErrorCode.watcherLags.rawValue) resume with after=\(teller.last)")
                }
                hasCaughtUp = !lags
            }
            guard frames.isEmpty else { continue }
            for await _ in watch.stream { break }
        }
    }

    private func closeAtEnd() async { await socket.close(code: .normal, reason: "the orchestration has ended") }
}

/// Reads on in a journal and tells it.
private struct Teller {
    let subject: ProgressSocket.Subject
    let store: any Store
    private(set) var last: Int64
    private var narrators: [OrchestrationID: ProgressNarrator] = [:]
    /// Up to here the watcher was told that parts are missing.
    private var resetUpTo: Int64 = 0

    init(subject: ProgressSocket.Subject, store: any Store, last: Int64) {
        self.subject = subject
        self.store = store
        self.last = last
    }

    /// Lets the narrator hear what the watcher already saw.
    mutating func prepare() async throws(StoreError) {
        guard case .orchestration(let id) = subject, last > 0 else { return }
        narrators[id] = try await Self.narrator(of: id, upTo: Int(clamping: last), in: store)
    }

    mutating func nextFrames() async throws(StoreError) -> [ProgressFrame] {
        let entries: [ProjectEntry]
        switch subject {
        case .orchestration(let id):
            entries = try await store.journal(of: id, after: Int(clamping: last), limit: Limits.watcherPage)
                .map(ProjectEntry.orchestration)
        case .project(let id):
            entries = try await store.progress(of: id, afterPosition: last, limit: Limits.watcherPage)
        }
        var frames: [ProgressFrame] = []
        // Positions follow each other unless something between them was deleted.
        if let first = entries.first, first.position > last + 1, let reset = try await reset(before: first.position) {
            frames.append(reset)
        }
        for entry in entries {
            switch entry {
            case .service(let entry): frames.append(ProgressFrame(entry))
            case .orchestration(let entry):
                if narrators[entry.orchestration] == nil {
                    narrators[entry.orchestration] =
                        try await Self.narrator(of: entry.orchestration, upTo: entry.seq - 1, in: store)
                }
                if let frame = narrators[entry.orchestration]?.frame(of: entry) { frames.append(frame) }
                if case .ended = entry.event { narrators[entry.orchestration] = nil }
            }
            switch (subject, entry) {
            case (.orchestration, .orchestration(let entry)): last = Int64(entry.seq)
            default: last = entry.position
            }
        }
        return frames
    }

    /// What a watcher is told first when parts of what it asks for were deleted.
    mutating func reset() async throws(StoreError) -> ProgressFrame? {
        guard case .project(let id) = subject else { return nil }
        return try await reset(before: store.progress(of: id, afterPosition: last, limit: 1).first?.position)
    }

    private mutating func reset(before next: Int64?) async throws(StoreError) -> ProgressFrame? {
        guard case .project(let id) = subject else { return nil }
        let pruned = try await store.prunedPosition(of: id)
        guard pruned > max(last, resetUpTo) else { return nil }
        resetUpTo = pruned
        var frame = ProgressFrame(type: .reset)
        frame.oldest = Int(clamping: next ?? pruned + 1)
        return frame
    }

    /// Whether the orchestration's last entry is on disk. A project never ends.
    func isOver() async throws(StoreError) -> Bool {
        guard case .orchestration(let id) = subject else { return false }
        // One that was deleted meanwhile has nothing more to tell.
        guard let row = try await store.orchestration(id) else { return true }
        return row.endedAt != nil
    }

    /// Entries that are on disk and not yet told, as far as it is worth counting.
    func lag() async throws(StoreError) -> Int {
        guard case .project(let id) = subject else { return 0 }
        return try await store.progress(of: id, afterPosition: last + Int64(Limits.watcherLag), limit: 1).isEmpty
            ? 0 : Limits.watcherLag + 1
    }

    private static func narrator(
        of id: OrchestrationID, upTo seq: Int, in store: any Store
    ) async throws(StoreError) -> ProgressNarrator {
        var narrator = ProgressNarrator()
        guard seq > 0 else { return narrator }
        // The names come with the first entries; the rest need not be heard again.
        let first = try await store.journal(of: id, after: 0, limit: Limits.planningStages + 2)
        for entry in first where entry.seq <= seq {
            _ = narrator.frame(of: entry)
            if case .planned = entry.event { break }
        }
        return narrator
    }
}
