public import OrraEngine

/// How a run went.
public struct SimulationReport: Sendable {
    public var seed: UInt64
    var violation: Oracle.Violation?
    /// Happenings, one after the other.
    public var steps: Int
    public var commits: Int
    /// What happened, if it was asked for.
    public var trace: [String]
    public var journal: [JournalEntry]
    public var counts: Counts

    public var isSound: Bool { violation == nil }
    /// Which rule was broken, and how.
    public var fault: String? { violation.map { "\($0.rule): \($0.text)" } }

    /// What happened, in numbers.
    public struct Counts: Sendable {
        public var accepted = 0
        public var entries = 0
        public var restarts = 0
        /// Commits that failed, and those of them that were on disk all the same.
        public var failedCommits = 0
        public var doubtfulCommits = 0
        public var lostConnections = 0
        /// Frames.
        public var lost = 0
        public var doubled = 0
        /// Requests that left the hub.
        public var asked = 0
        public var executions = 0
        public var effects = 0
        /// Effects of a task that had one before: its process died, or its lease ended.
        public var repeats = 0
        public var posts = 0
        public var retries = 0
        /// Submissions under a key that was known.
        public var replays = 0
        /// Journal numbers that watchers saw.
        public var watched = 0
        /// Frames that lay before a client that read none.
        public var mostUnread = 0
        /// Steps after the faults ended.
        public var mostStepsToRest = 0
        public var outcomes: [String: Int] = [:]
        public var compensations: [String: Int] = [:]
        public var late = 0
        public var resolved = 0
        /// Interim results that came too fast to be kept.
        public var skipped = 0
        /// Plans that waited for a yes, and what became of them.
        public var held = 0
        public var approved = 0
        public var rejected = 0
        public var expiredHolds = 0
        /// Verdicts that came too late, twice, or about another plan.
        public var refusedVerdicts = 0
        /// Of outputs that break their schema.
        public var warnings = 0

        public init() {}

        public static func += (left: inout Counts, right: Counts) {
            for sum in sums { left[keyPath: sum] += right[keyPath: sum] }
            left.mostUnread = max(left.mostUnread, right.mostUnread)
            left.mostStepsToRest = max(left.mostStepsToRest, right.mostStepsToRest)
            left.outcomes.merge(right.outcomes, uniquingKeysWith: +)
            left.compensations.merge(right.compensations, uniquingKeysWith: +)
        }

        private static var sums: [WritableKeyPath<Counts, Int>] {
            [
                \.accepted, \.entries, \.restarts, \.failedCommits, \.doubtfulCommits, \.lostConnections, \.lost,
                \.doubled, \.asked, \.executions, \.effects, \.repeats, \.posts, \.retries, \.replays, \.watched,
                \.late, \.resolved, \.skipped, \.held, \.approved, \.rejected, \.expiredHolds, \.refusedVerdicts,
                \.warnings,
            ]
        }

        /// For people.
        public var text: String {
            func list(_ counts: [String: Int]) -> String {
                counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
            }
            return """
                \(accepted) actions accepted (ended: \(list(outcomes))), \(entries) journal entries
                \(restarts) hub crashes, \(failedCommits) failed commits (\(doubtfulCommits) on disk all the same), \
                \(lostConnections) connections lost, \(lost) frames lost, \(doubled) doubled
                \(asked) requests, \(executions) executions, \(effects) effects, \(repeats) repeated after a death or a \
                lease's end, \(late) late outputs
                compensations: \(list(compensations)); \(resolved) taken care of by hand; \(skipped) interim results skipped
                \(held) plans held: \(approved) approved, \(rejected) rejected, \(expiredHolds) expired, \
                \(refusedVerdicts) verdicts refused; \(warnings) warnings of outputs
                \(retries) retries, \(replays) submissions replayed, \(posts) webhooks posted, \(watched) numbers watched
                at most \(mostStepsToRest) steps to rest, \(mostUnread) frames unread by a busy client
                """
        }
    }
}
