import NIOCore
import OrraEngine
import OrraModel
import Synchronization

/// The open sockets of services: who is there, how many each service has, and when each is to be looked at.
final class ServiceSockets: Sendable {
    /// Everybody waits equally long, so they are due in the order in which they came: a queue for all instead of a timer for
    /// each.
    struct Visits {
        let interval: Duration
        private var due = CircularBuffer<(at: ContinuousClock.Instant, id: ConnectionID)>()

        init(every interval: Duration) { self.interval = interval }

        var next: ContinuousClock.Instant? { due.first?.at }

        mutating func add(_ id: ConnectionID, at now: ContinuousClock.Instant) { due.append((now + interval, id)) }

        mutating func takeDue(at now: ContinuousClock.Instant) -> [ConnectionID] {
            var ids: [ConnectionID] = []
            while let first = due.first, first.at <= now {
                ids.append(first.id)
                due.removeFirst()
            }
            return ids
        }
    }

    private struct State {
        var sockets: [ConnectionID: ServiceSocket] = [:]
        /// Those included that the core has not heard of yet.
        var counts: [ServiceID: Int] = [:]
        var lastConnection: UInt64 = 0
        var hellos: Visits
        var pings: Visits
    }

    private let state: Mutex<State>
    /// From one visit to the next at least: those who are due meanwhile are visited together.
    private let pace: Duration
    private let shortestWait: Duration

    init(_ tuning: HubTuning) {
        state = Mutex(
            State(hellos: Visits(every: tuning.helloTimeout), pings: Visits(every: tuning.pingInterval)))
        shortestWait = min(tuning.helloTimeout, tuning.pingInterval)
        pace = shortestWait / 32
    }

    subscript(id: ConnectionID) -> ServiceSocket? { state.withLock { $0.sockets[id] } }

    /// `nil` when the service has too many.
    func add(
        saysHello: Bool, service: ServiceID, _ make: (ConnectionID) -> ServiceSocket
    ) -> ServiceSocket? {
        state.withLock { state in
            guard state.counts[service, default: 0] < Limits.connectionsPerService else { return nil }
            state.counts[service, default: 0] += 1
            state.lastConnection += 1
            let socket = make(ConnectionID(state.lastConnection))
            state.sockets[socket.id] = socket
            if saysHello { state.hellos.add(socket.id, at: .now) } else { state.pings.add(socket.id, at: .now) }
            return socket
        }
    }

    func remove(_ socket: ServiceSocket) {
        state.withLock { state in
            guard state.sockets.removeValue(forKey: socket.id) != nil else { return }
            let left = state.counts[socket.service, default: 1] - 1
            state.counts[socket.service] = left > 0 ? left : nil
        }
    }

    // MARK: - Visits

    /// When to ask for those who are due: whoever comes before is due later.
    var nextVisit: ContinuousClock.Instant {
        let now = ContinuousClock.now
        let next = state.withLock { [$0.hellos.next, $0.pings.next].compactMap { $0 }.min() }
        return max(min(next ?? now + shortestWait, now + shortestWait), now + pace)
    }

    /// Whose `hello` has taken too long, and who is to be pinged, again after the same time. Those who left are forgotten.
    func takeDue() -> (hellos: [ConnectionID], pings: [ConnectionID]) {
        let now = ContinuousClock.now
        return state.withLock { state in
            let hellos = state.hellos.takeDue(at: now).filter { state.sockets[$0] != nil }
            let pings = state.pings.takeDue(at: now).filter { state.sockets[$0] != nil }
            for id in hellos + pings { state.pings.add(id, at: now) }
            return (hellos, pings)
        }
    }
}
