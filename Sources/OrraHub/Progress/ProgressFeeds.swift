import Logging
import OrraStore
import OrraWebSocket
import Synchronization

/// The feeds of all journals that somebody follows.
final class ProgressFeeds: Sendable {
    /// A watcher's place in a feed.
    struct Following: Sendable {
        fileprivate let feed: ProgressFeed
        fileprivate let number: UInt64
        fileprivate let stream: AsyncStream<ProgressFeed.Release>

        /// Why it is told no more; `nil` when the task was cancelled.
        func release() async -> ProgressFeed.Release? {
            var release: ProgressFeed.Release?
            for await told in stream {
                release = told
                break
            }
            await feed.leave(number)
            return release
        }
    }

    enum Answer: Sendable {
        case following(Following)
        /// The feed has told up to here: look once more.
        case refused(at: Int64)
    }

    private struct State {
        var feeds: [ProgressSubject: ProgressFeed] = [:]
        var last: UInt64 = 0
    }

    private let store: any Store
    private let signals: ProgressSignals
    private let logger: Logger
    private let state = Mutex(State())
    private let opened = AsyncStream.makeStream(of: ProgressFeed.self)

    init(store: any Store, signals: ProgressSignals, logger: Logger) {
        self.store = store
        self.signals = signals
        self.logger = logger
    }

    /// Runs the feeds, until it is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await feed in opened.stream { group.addTask { await feed.run() } }
        }
    }

    /// Has the socket told what comes behind `last`, a number that the journal has, from which on its watcher has just
    /// found nothing.
    ///
    /// - Parameter seen: what a refusal said before that look; 0 if there was none.
    func follow(
        _ subject: ProgressSubject, after last: Int64, knowing seen: Int64, by socket: WebSocketConnection
    ) async -> Answer {
        let (stream, continuation) = AsyncStream.makeStream(of: ProgressFeed.Release.self)
        let number = state.withLock { state in
            state.last += 1
            return state.last
        }
        let follower = ProgressFeed.Follower(number: number, socket: socket, last: last, released: continuation)
        while true {
            let (feed, isNew) = feed(of: subject, first: follower)
            switch isNew ? .joined : await feed.join(follower, knowing: seen) {
            case .joined: return .following(Following(feed: feed, number: number, stream: stream))
            case .refused(let position): return .refused(at: position)
            case .over: continue
            }
        }
    }

    private func feed(of subject: ProgressSubject, first: ProgressFeed.Follower) -> (ProgressFeed, isNew: Bool) {
        state.withLock { state in
            if let feed = state.feeds[subject] { return (feed, false) }
            let feed = ProgressFeed(subject, in: store, signals: signals, first: first, logger: logger) { [self] in
                self.state.withLock { $0.feeds[subject] = nil }
            }
            state.feeds[subject] = feed
            opened.continuation.yield(feed)
            return (feed, true)
        }
    }
}
