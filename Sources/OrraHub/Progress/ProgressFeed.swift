import Logging
import OrraModel
import OrraStore
import OrraWebSocket

/// What comes in one journal, told to all watchers that stand at its end: read and encoded once for all of them.
///
/// It waits for nobody: a watcher that can't take what comes is released, and reads on for itself. It lives as long as it
/// has followers.
actor ProgressFeed {
    struct Follower: Sendable {
        let number: UInt64
        let socket: WebSocketConnection
        /// The last number that it was told.
        var last: Int64
        let released: AsyncStream<Release>.Continuation
        fileprivate(set) var isReleased = false

        init(number: UInt64, socket: WebSocketConnection, last: Int64, released: AsyncStream<Release>.Continuation) {
            self.number = number
            self.socket = socket
            self.last = last
            self.released = released
        }

        fileprivate mutating func release(_ release: Release) {
            isReleased = true
            released.yield(release)
        }
    }

    enum Release: Sendable {
        case readOn(after: Int64)
        /// The stream ends behind these frames, which were not sent.
        case end(WebSocketFrames?)
    }

    enum Joining: Sendable {
        case joined
        /// It has told up to here already.
        case refused(at: Int64)
        /// It has lost its last follower.
        case over
    }

    nonisolated let subject: ProgressSubject
    private let store: any Store
    private let signals: ProgressSignals
    private let watch: ProgressSignals.Watch
    private let logger: Logger
    private let ended: @Sendable () -> Void
    private var followers: [Follower]
    /// All up to here was told, or is missing.
    private var position: Int64
    private var isOver = false

    /// - Parameters:
    ///   - first: its `last` is a number that the journal has.
    ///   - ended: called once; whoever joins from then on is told that it is over.
    init(
        _ subject: ProgressSubject, in store: any Store, signals: ProgressSignals, first: Follower, logger: Logger,
        ended: @escaping @Sendable () -> Void
    ) {
        self.subject = subject
        self.store = store
        self.signals = signals
        self.logger = logger
        self.ended = ended
        watch = signals.watch(subject)
        followers = [first]
        position = first.last
    }

    /// From now on the follower is told what comes behind its last number.
    ///
    /// Refused if the feed has told more, unless that was before the follower looked and found nothing: then it is
    /// deleted.
    func join(_ follower: Follower, knowing seen: Int64) -> Joining {
        guard !isOver else { return .over }
        guard position <= max(follower.last, seen) else { return .refused(at: position) }
        followers.append(follower)
        return .joined
    }

    /// No effect on one that was released.
    func leave(_ number: UInt64) {
        followers.removeAll { $0.number == number }
        endIfDeserted()
    }

    func run() async {
        // The first one is there already: something may have come between its look and the watch.
        var reader = ProgressReader(subject, in: store, after: position, isPlaced: true)
        do {
            try await tellNews(&reader)
            for await _ in watch.stream {
                guard !isOver else { break }
                try await tellNews(&reader)
            }
        } catch {
            // Each follower finds the same, and says so to its peer.
            if !Task.isCancelled {
                logger.error("a feed's journal could not be read", metadata: ["error": "\(error)"])
            }
        }
        releaseAll()
    }

    private func tellNews(_ reader: inout ProgressReader) async throws {
        var isBehind = false
        while !isOver {
            let page = try await reader.nextPage()
            var items = page.items[...]
            while let batch = try ProgressBatch(taking: &items) {
                tell(batch, isEnd: page.isEnd && items.isEmpty)
            }
            if page.items.isEmpty, try await reader.isOver() { releaseAll() }
            guard !page.isEmpty else { return }
            // Whoever follows lags as the feed does.
            if page.isFull || isBehind, try await reader.lags() { releaseAll() }
            isBehind = true
        }
    }

    private func tell(_ batch: ProgressBatch, isEnd: Bool) {
        position = batch.last
        var hasReleased = false
        for index in followers.indices {
            guard let release = tell(batch, isEnd: isEnd, to: &followers[index]) else { continue }
            followers[index].release(release)
            hasReleased = true
        }
        guard hasReleased else { return }
        followers.removeAll(where: \.isReleased)
        endIfDeserted()
    }

    private func tell(_ batch: ProgressBatch, isEnd: Bool, to follower: inout Follower) -> Release? {
        guard let (first, frames) = batch.rest(after: follower.last) else { return isEnd ? .end(nil) : nil }
        // Something between was deleted: what it is told about that depends on what it was told before.
        if case .project = subject, first > follower.last + 1 { return .readOn(after: follower.last) }
        if isEnd { return .end(frames) }
        // On a socket that closes this throws; its own task knows what that means.
        guard (try? follower.socket.enqueue(frames, behindAtMost: Limits.watcherQueueBytes)) == true else {
            return .readOn(after: follower.last)
        }
        follower.last = batch.last
        return nil
    }

    private func releaseAll() {
        for index in followers.indices { followers[index].release(.readOn(after: followers[index].last)) }
        followers = []
        endIfDeserted()
    }

    private func endIfDeserted() {
        guard followers.isEmpty, !isOver else { return }
        isOver = true
        ended()
        signals.end(watch)
    }
}
