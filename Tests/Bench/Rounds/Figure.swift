/// What a round measures once. Times are microseconds.
enum Figure: String, Sendable, Codable, CaseIterable {
    // The machine.
    case roundTrip, roundTripsPerSecond, commit, groupedHopsPerSecond, groupedWritesPerSecond
    case ceilingAt200, ceilingAt1000
    // The hub.
    case oneTask, chainOfTen, hop
    case actionsAt200, p50At200, p99At200, microsecondsPerAction
    case actionsAt1000, p50At1000, p99At1000
    // Within one round.
    /// A hop over one commit and one round trip.
    case hopRatio
    /// A task, and a chain of ten, over the commits and round trips that they can't do without.
    case oneTaskRatio, chainRatio
    /// Of the benchmark's own ceiling.
    case shareAt200, shareAt1000
}

/// Figures of every round.
struct Samples: Sendable, Hashable, Codable {
    private var values: [String: [Double]] = [:]

    init() {}

    mutating func add(_ figure: Figure, _ value: Double?) {
        guard let value, value.isFinite else { return }
        values[figure.rawValue, default: []].append(value)
    }

    func last(_ figure: Figure) -> Double? { values[figure.rawValue]?.last }
    func count(_ figure: Figure) -> Int { values[figure.rawValue]?.count ?? 0 }

    /// The median; of an even number the mean of the two in the middle.
    subscript(_ figure: Figure) -> Double? { Samples.median(values[figure.rawValue] ?? []) }

    static func median(_ values: [Double]) -> Double? {
        guard !values.isEmpty else { return nil }
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}
