import OrraModel

/// Concurrent actions that want the same plan: one asks the model, the others wait for it and bind their own values.
///
/// The first to come leads. When it ends without a plan, because it was cancelled or the model failed, the next one
/// that waits leads; after ``maximumFailures`` failures all that wait get the failure. A leader must end with
/// ``finish(_:_:)``, whatever happens to it.
actor PlanFlights {
    struct Key: Hashable {
        var project: ProjectID
        var scope: String
        var action: String
        var kinds: [String]
    }

    enum Role {
        /// Make the plan, then say how it went.
        case lead
        case share(CachedPlan)
        /// The plan holds values of the one that it was made for: make one for yourself, and tell nobody.
        case alone
        case fail(PlanningRefusal)
        /// This action itself was cancelled while it waited.
        case cancelled
    }

    enum Result {
        case shared(CachedPlan)
        case unshareable
        case failed(PlanningRefusal)
        case cancelled
    }

    static let maximumFailures = 2

    private struct Flight {
        var leader: Int
        var failures = 0
        var waiting: [(number: Int, continuation: AsyncStream<Role>.Continuation)] = []
    }

    private var flights: [Key: Flight] = [:]
    private var count = 0

    /// How many wait in all. For tests.
    var waitingCount: Int { flights.values.reduce(0) { $0 + $1.waiting.count } }

    /// For tests.
    var isIdle: Bool { flights.isEmpty }

    func join(_ key: Key) async -> Role {
        count += 1
        let number = count
        guard flights[key] != nil else {
            flights[key] = Flight(leader: number)
            return .lead
        }
        let (stream, continuation) = AsyncStream.makeStream(of: Role.self)
        flights[key]?.waiting.append((number, continuation))
        var roles = stream.makeAsyncIterator()
        // A stream ends when the task that reads it is cancelled.
        if let role = await roles.next(isolation: self) { return role }
        leave(key, number)
        return .cancelled
    }

    /// One that waited does so no longer. It may have been made the leader in the same moment.
    private func leave(_ key: Key, _ number: Int) {
        guard let flight = flights[key] else { return }
        if flight.leader == number { return handOver(key) }
        flights[key]?.waiting.removeAll { $0.number == number }
    }

    /// The leader's report.
    func finish(_ key: Key, _ result: Result) {
        switch result {
        case .shared(let plan): release(key, .share(plan))
        case .unshareable: release(key, .alone)
        case .failed(let refusal):
            guard let failures = flights[key]?.failures, failures + 1 < Self.maximumFailures else {
                return release(key, .fail(refusal))
            }
            flights[key]?.failures += 1
            handOver(key)
        case .cancelled: handOver(key)
        }
    }

    private func handOver(_ key: Key) {
        guard let flight = flights[key], let next = flight.waiting.first else {
            flights[key] = nil
            return
        }
        flights[key]?.waiting.removeFirst()
        flights[key]?.leader = next.number
        next.continuation.yield(.lead)
        next.continuation.finish()
    }

    private func release(_ key: Key, _ role: Role) {
        guard let flight = flights.removeValue(forKey: key) else { return }
        for waiter in flight.waiting {
            waiter.continuation.yield(role)
            waiter.continuation.finish()
        }
    }
}
