import Logging
import NIOCore
import OrraModel
import OrraProtocol
import OrraStore
import OrraWebSocket

/// One watcher's socket: what it missed from the journal, then what happens, each number once and in order.
///
/// It reads page by page until it has reached the end; from there on a feed tells it, together with all others who
/// stand there, as long as it takes what comes.
struct ProgressSocket {
    let subject: ProgressSubject
    /// The last number that the watcher saw; 0 for all.
    let after: Int64
    let store: any Store
    let signals: ProgressSignals
    let feeds: ProgressFeeds
    let socket: WebSocketConnection
    let logger: Logger

    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await tell()
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

    private func tell() async throws {
        var reader = ProgressReader(subject, in: store, after: after)
        var resets = Resets(subject: subject, store: store)
        try await send(resets.next(after: after))
        // A watcher that reads up on a long history lags behind nothing.
        var hasCaughtUp = false
        var seen: Int64 = 0
        while !Task.isCancelled {
            let last = reader.last
            var page = try await reader.nextPage()
            if page.items.isEmpty, try await reader.isOver() {
                // Ended before it came, or between the two questions.
                page = try await reader.nextPage()
                if page.items.isEmpty { return await closeAtEnd() }
            }
            // Positions follow each other unless something between them was deleted.
            if let first = page.items.first?.number, first > last + 1 {
                try await send(resets.next(after: last, before: first))
            }
            var items = page.items[...]
            while let batch = try ProgressBatch(taking: &items) { try await socket.send(batch.frames) }
            if page.isEnd { return await closeAtEnd() }
            guard page.items.isEmpty else {
                // A page may be short since its payloads are large.
                guard hasCaughtUp || !page.isFull else { continue }
                let lags = try await reader.lags()
                if lags, hasCaughtUp { return await closeAsLagging(reader.last) }
                hasCaughtUp = !lags
                continue
            }
            hasCaughtUp = true
            guard try await reader.findsItsPlace() else {
                try await waitForNews(reader)
                continue
            }
            switch await feeds.follow(subject, after: reader.last, knowing: seen, by: socket) {
            case .refused(let position): seen = position
            case .following(let following):
                switch await following.release() {
                case .readOn(let last):
                    reader.moveOn(to: last)
                    // Returns when it has taken what waits: one that does not read is not closed before it was told.
                    try await socket.send(WebSocketFrames())
                    if try await reader.lags() { return await closeAsLagging(last) }
                case .end(let frames):
                    if let frames { try await socket.send(frames) }
                    return await closeAtEnd()
                case nil: return
                }
            }
        }
    }

    /// For a watcher that waits for numbers that are still to come: where they begin nobody knows.
    private func waitForNews(_ reader: ProgressReader) async throws(StoreError) {
        let watch = signals.watch(subject)
        defer { signals.end(watch) }
        guard try await !reader.hasMore(), try await !reader.isOver() else { return }
        for await _ in watch.stream { break }
    }

    private func send(_ reset: ProgressFrame?) async throws {
        if let reset { try await socket.send(text: ByteBuffer(try reset.pieces())) }
    }

    private func closeAtEnd() async { await socket.close(code: .normal, reason: "the orchestration has ended") }

    private func closeAsLagging(_ last: Int64) async {
        await socket.close(
            code: WebSocketCloseCode(rawValue: 4008),
            reason: "\(ErrorCode.watcherLags.rawValue) resume with after=\(last)")
    }
}

/// What one watcher is told about parts that were deleted.
private struct Resets {
    let subject: ProgressSubject
    let store: any Store
    /// Up to here it knows.
    private var told: Int64 = 0

    init(subject: ProgressSubject, store: any Store) {
        self.subject = subject
        self.store = store
    }

    /// `nil` if nothing is missing behind `last`, or it was told. `next` is the position that it gets next; `nil` asks
    /// the store.
    mutating func next(after last: Int64, before next: Int64? = nil) async throws(StoreError) -> ProgressFrame? {
        guard case .project(let id) = subject else { return nil }
        let pruned = try await store.prunedPosition(of: id)
        guard pruned > max(last, told) else { return nil }
        told = pruned
        var oldest = next
        if oldest == nil { oldest = try await store.progress(of: id, afterPosition: last, limit: 1).first?.position }
        var frame = ProgressFrame(type: .reset)
        frame.oldest = Int(clamping: oldest ?? pruned + 1)
        return frame
    }
}
