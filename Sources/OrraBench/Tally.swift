import Histogram
import NIOCore

/// What is counted and timed. Times are nanoseconds.
struct Tally {
    /// From sending an action to its 202.
    var accepted = Tally.histogram()
    /// From sending a task's result to getting the next task of its chain.
    var hop = Tally.histogram()
    /// From sending an action to its outcome.
    var webhook = Tally.histogram()
    var progress = Tally.histogram()
    /// Actions whose outcome came, all in all right.
    var completed = 0
    /// Actions that the hub did not take, or that ended otherwise than completed, by what was said.
    var errors: [String: Int] = [:]
    /// Outcomes with a token other than the action's own.
    var wrong = 0
    /// Accepted actions whose outcome never came.
    var lost = 0
    /// Outcomes that came again. Webhooks come at least once, so this is no fault.
    var repeated = 0

    private static func histogram() -> Histogram<UInt64> {
        // Up to an hour, three digits.
        Histogram(highestTrackableValue: 3_600_000_000_000, numberOfSignificantValueDigits: .three)
    }

    static func record(_ since: NIODeadline, _ now: NIODeadline, in histogram: inout Histogram<UInt64>) {
        histogram.record(UInt64(max(0, (now - since).nanoseconds)))
    }
}

/// A distribution, in microseconds.
public struct Latency: Sendable, Hashable, Codable {
    public var count: Int
    public var p50: Double
    public var p95: Double
    public var p99: Double
    public var max: Double

    /// `nil` when nothing was recorded.
    init?(_ histogram: Histogram<UInt64>) {
        guard histogram.totalCount > 0 else { return nil }
        func at(_ percentile: Double) -> Double { Double(histogram.valueAtPercentile(percentile)) / 1_000 }
        count = Int(histogram.totalCount)
        (p50, p95, p99, max) = (at(50), at(95), at(99), Double(histogram.max) / 1_000)
    }
}
