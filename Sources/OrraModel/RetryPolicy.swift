/// How often and how fast a task's failed attempts are repeated.
///
/// The wait before attempt *n*+1 is `initialInterval` · `backoff`^(n-1), at most `maximumInterval`, changed by up to
/// `jitter` in either direction.
public struct RetryPolicy: Sendable, Hashable, Codable {
    /// Attempts in all, the first included. 1 means no retry.
    public var maximumAttempts: Int
    public var initialInterval: Duration
    public var maximumInterval: Duration
    public var backoff: Double
    /// 0 for none, 0.1 for ±10 %.
    public var jitter: Double

    public init(
        maximumAttempts: Int = 5, initialInterval: Duration = .seconds(1), maximumInterval: Duration = .seconds(30),
        backoff: Double = 2, jitter: Double = 0.1
    ) {
        self.maximumAttempts = maximumAttempts
        self.initialInterval = initialInterval
        self.maximumInterval = maximumInterval
        self.backoff = backoff
        self.jitter = jitter
    }

    /// 5 attempts; 1 s, 2 s, 4 s, 8 s between them, ±10 %.
    public static let standard = RetryPolicy()

    /// Of compensations: 10 attempts; 2 s doubling to 60 s between them, ±10 %.
    public static let compensation = RetryPolicy(
        maximumAttempts: 10, initialInterval: .seconds(2), maximumInterval: .seconds(60), backoff: 2, jitter: 0.1)

    /// The wait after `attempt` (1, 2, …) failed. `fraction` in 0..<1 chooses the place within the jitter.
    public func delay(afterAttempt attempt: Int, fraction: Double) -> Duration {
        var interval = Double(initialInterval.milliseconds)
        let ceiling = Double(maximumInterval.milliseconds)
        for _ in 1..<max(attempt, 1) where interval < ceiling { interval *= backoff }
        interval = min(interval, ceiling)
        return .milliseconds(Int64(interval * (1 - jitter + 2 * jitter * fraction)))
    }

    private enum CodingKeys: String, CodingKey {
        case maximumAttempts = "max_attempts"
        case initialInterval = "initial_interval_ms"
        case maximumInterval = "max_interval_ms"
        case backoff, jitter
    }

    /// Missing members take the standard values. Throws for values that make no policy.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let standard = RetryPolicy.standard
        func milliseconds(_ key: CodingKeys, _ fallback: Duration) throws -> Duration {
            .milliseconds(try container.decodeIfPresent(Int64.self, forKey: key) ?? fallback.milliseconds)
        }
        self.init(
            maximumAttempts: try container.decodeIfPresent(Int.self, forKey: .maximumAttempts)
                ?? standard.maximumAttempts,
            initialInterval: try milliseconds(.initialInterval, standard.initialInterval),
            maximumInterval: try milliseconds(.maximumInterval, standard.maximumInterval),
            backoff: try container.decodeIfPresent(Double.self, forKey: .backoff) ?? standard.backoff,
            jitter: try container.decodeIfPresent(Double.self, forKey: .jitter) ?? standard.jitter)
        guard (1...100).contains(maximumAttempts), (1...86_400_000).contains(initialInterval.milliseconds),
            (1...86_400_000).contains(maximumInterval.milliseconds), (1...10).contains(backoff),
            (0...1).contains(jitter)
        else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: container.codingPath,
                    debugDescription: "must have 1 to 100 attempts, intervals of 1 ms to 24 h, a backoff of 1 to 10 "
                        + "and a jitter of 0 to 1"))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(maximumAttempts, forKey: .maximumAttempts)
        try container.encode(initialInterval.milliseconds, forKey: .initialInterval)
        try container.encode(maximumInterval.milliseconds, forKey: .maximumInterval)
        try container.encode(backoff, forKey: .backoff)
        try container.encode(jitter, forKey: .jitter)
    }
}
