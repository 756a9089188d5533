import OrraModel

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The time that clients of models go by. Tests have one that they move themselves.
struct ModelClock: Sendable {
    /// Since any moment, never backwards.
    var elapsed: @Sendable () -> Duration
    /// Of the wall: for budgets by month and for `Retry-After` with a date.
    var now: @Sendable () -> Timestamp
    /// Throws when the task is cancelled.
    var sleep: @Sendable (Duration) async throws -> Void
    /// Between 0 and 1, for waits that do not coincide.
    var chance: @Sendable () -> Double

    static var system: ModelClock {
        let origin = ContinuousClock.now
        return ModelClock(
            elapsed: { ContinuousClock.now - origin },
            now: { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000)) },
            sleep: { try await Task.sleep(for: $0) },
            chance: { Double.random(in: 0..<1) })
    }
}
