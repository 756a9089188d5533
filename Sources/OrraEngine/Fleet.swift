import DequeModule
public import OrraModel

/// What a service is asked to do for a task.
public enum WorkKind: String, Sendable, Codable, CaseIterable, Comparable {
    case task
    /// Undo what was done.
    case compensation

    public static func < (left: Self, right: Self) -> Bool { left == .task && right == .compensation }
}

/// A task of one orchestration or its compensation, as delivery sees it.
public struct TaskReference: Sendable, Hashable, Comparable {
    public var orchestration: OrchestrationID
    public var task: TaskID
    public var kind: WorkKind

    public init(_ orchestration: OrchestrationID, _ task: TaskID, _ kind: WorkKind = .task) {
        self.orchestration = orchestration
        self.task = task
        self.kind = kind
    }

    public static func < (left: Self, right: Self) -> Bool {
        (left.orchestration, left.task, left.kind) < (right.orchestration, right.task, right.kind)
    }
}

/// Who is connected, what each has in flight, and what waits: decides which connection gets which task.
///
/// Tasks of one service are delivered in the order in which they became ready, to the connection with the fewest in
/// flight within its credit, a healthy one first; a leased task only to the instance that had it, until the lease ends.
public struct Fleet: Sendable {
    private var services: [ServiceID: Members] = [:]
    private var serviceOf: [ConnectionID: ServiceID] = [:]
    private var changes = Changes()
    private(set) var queues: [ServiceID: Queue] = [:]
    /// When the hub started: a service that has not been seen since is away since then.
    let openedAt: Timestamp

    /// One service's connections.
    struct Members: Sendable {
        var connections: [ConnectionID: Connection] = [:]
        /// `nil` while a connection is open.
        var awaySince: Timestamp?
        /// How often each instance has connected; those without one together. Bounded.
        var arrivals: [String?: Int] = [:]
    }

    /// What changed since the last ``commit()``, as it was before; `.some(nil)`: not there. A copy of all connections would
    /// cost every batch in which one of them is heard.
    private struct Changes: Sendable {
        var connections: [ConnectionID: Connection?] = [:]
        /// Without their connections.
        var services: [ServiceID: Members?] = [:]
    }

    /// One service's waiting tasks: up to a hundred thousand, so that it is changed in place and never copied.
    struct Queue: Sendable {
        /// In order. Holds withdrawn ones too, until it is tidied: only those whose ticket is current wait.
        var waiting: Deque<Waiting> = []
        /// The ticket under which each waits.
        var tickets: [TaskReference: UInt64] = [:]
        /// Until when each of those that wait for their own instance does so.
        var leases: [TaskReference: Timestamp] = [:]
        var lastTicket: UInt64 = 0

        func waits(_ waiting: Waiting) -> Bool { tickets[waiting.reference] == waiting.ticket }

        /// Forgets withdrawn ones once they are the larger part.
        mutating func tidy() {
            guard waiting.count > 2 * tickets.count + 64 else { return }
            waiting.removeAll { [tickets] in tickets[$0.reference] != $0.ticket }
        }
    }

    struct Waiting: Sendable, Hashable {
        var reference: TaskReference
        var lease: TaskPhase.Lease?
        var readyAt: Timestamp?
        var ticket: UInt64
    }

    /// A task that is to wait for a connection of its service.
    public struct Candidate: Sendable, Hashable {
        public var reference: TaskReference
        public var service: ServiceID
        public var lease: TaskPhase.Lease?
        public var readyAt: Timestamp?

        public init(_ reference: TaskReference, service: ServiceID, lease: TaskPhase.Lease?, readyAt: Timestamp?) {
            self.reference = reference
            self.service = service
            self.lease = lease
            self.readyAt = readyAt
        }
    }

    public struct Assignment: Sendable, Hashable {
        public var reference: TaskReference
        public var connection: ConnectionID
        public var instance: String?
    }

    public init(openedAt: Timestamp) { self.openedAt = openedAt }

    // MARK: - Questions

    public func awaySince(_ service: ServiceID) -> Timestamp? {
        guard let members = services[service] else { return openedAt }
        return members.connections.isEmpty ? members.awaySince ?? openedAt : nil
    }

    public func service(of connection: ConnectionID) -> ServiceID? { serviceOf[connection] }

    public subscript(connection: ConnectionID) -> Connection? {
        serviceOf[connection].flatMap { services[$0]?.connections[connection] }
    }

    /// In the order in which they came.
    public func connections(of service: ServiceID) -> [Connection] {
        (services[service]?.connections.values).map { $0.sorted { $0.id < $1.id } } ?? []
    }

    /// How many of the service's tasks wait for a connection.
    public func waiting(for service: ServiceID) -> Int { queues[service]?.tickets.count ?? 0 }

    /// Orchestrations with a task that waits for this service, each once, in order.
    public func orchestrationsWaiting(for service: ServiceID) -> [OrchestrationID] {
        Set((queues[service]?.tickets.keys.map(\.orchestration)) ?? []).sorted()
    }

    // MARK: - Connections

    public mutating func connected(_ connection: Connection) {
        willChange(connection.id, from: self[connection.id])
        willChange(connection.service)
        services[connection.service, default: Members()].connections[connection.id] = connection
        serviceOf[connection.id] = connection.service
        if !connection.awaitsHello { arrived(connection.id) }
    }

    /// Counts how often the connection's instance has come before, once its name is known.
    public mutating func arrived(_ id: ConnectionID) {
        guard let service = serviceOf[id], let connection = self[id], !connection.hasArrived else { return }
        willChange(id, from: connection)
        willChange(service)
        let instance = connection.instance
        let before = services[service]?.arrivals[instance] ?? 0
        if before == 0, (services[service]?.arrivals.count ?? 0) > Limits.connectionsPerService {
            services[service]?.arrivals = [:]
        }
        services[service]?.arrivals[instance] = before + 1
        services[service]?.connections[id]?.reconnects = before
        services[service]?.connections[id]?.hasArrived = true
    }

    /// Returns the tasks that it had in flight, in order.
    public mutating func disconnected(_ id: ConnectionID, at now: Timestamp) -> [TaskReference] {
        guard let service = serviceOf[id] else { return [] }
        willChange(id, from: self[id])
        willChange(service)
        serviceOf[id] = nil
        guard let connection = services[service]?.connections.removeValue(forKey: id) else { return [] }
        if services[service]?.connections.isEmpty == true { services[service]?.awaySince = now }
        return connection.inFlight.sorted()
    }

    public mutating func update(_ id: ConnectionID, _ change: (inout Connection) -> Void) {
        guard let service = serviceOf[id], var connection = services[service]?.connections[id] else { return }
        willChange(id, from: connection)
        change(&connection)
        services[service]?.connections[id] = connection
    }

    // MARK: - Going back

    /// `before`: as it is now; `nil` if it is not there.
    private mutating func willChange(_ id: ConnectionID, from before: Connection?) {
        guard changes.connections[id] == nil else { return }
        changes.connections.updateValue(before, forKey: id)
    }

    private mutating func willChange(_ id: ServiceID) {
        guard changes.services[id] == nil else { return }
        let before = services[id].map { Members(awaySince: $0.awaySince, arrivals: $0.arrivals) }
        changes.services.updateValue(before, forKey: id)
    }

    /// What changed so far is not taken back any more.
    public mutating func commit() {
        guard !changes.connections.isEmpty || !changes.services.isEmpty else { return }
        changes.connections.removeAll(keepingCapacity: true)
        changes.services.removeAll(keepingCapacity: true)
    }

    /// Connections as they were at the last ``commit()``, when exactly these tasks waited, in the order in which they became
    /// ready. Queues are made anew: that happens after a failed commit only, and spares every other one their copy.
    public mutating func rollback(waiting: [Candidate]) {
        for (id, before) in changes.connections {
            if let service = before?.service ?? serviceOf[id] { services[service]?.connections[id] = before }
            serviceOf[id] = before?.service
        }
        for (id, before) in changes.services {
            guard let before else {
                services[id] = nil
                continue
            }
            services[id]?.awaySince = before.awaySince
            services[id]?.arrivals = before.arrivals
        }
        changes = Changes()
        queues = [:]
        let last = Timestamp(milliseconds: .max)
        let ordered = waiting.sorted {
            ($0.readyAt ?? last, $0.reference) < ($1.readyAt ?? last, $1.reference)
        }
        for task in ordered {
            enqueue(task.reference, service: task.service, lease: task.lease, readyAt: task.readyAt)
        }
    }

    // MARK: - Tasks

    /// Behind those that were ready before it or at the same time; without `readyAt` behind all.
    public mutating func enqueue(
        _ reference: TaskReference, service: ServiceID, lease: TaskPhase.Lease?, readyAt: Timestamp? = nil
    ) {
        var queue = queues.removeValue(forKey: service) ?? Queue()
        defer { queues[service] = queue }
        queue.lastTicket += 1
        queue.tickets[reference] = queue.lastTicket
        queue.leases[reference] = lease?.until
        let waiting = Waiting(reference: reference, lease: lease, readyAt: readyAt, ticket: queue.lastTicket)
        var index = queue.waiting.endIndex
        while let readyAt, index > 0, let other = queue.waiting[index - 1].readyAt, other > readyAt { index -= 1 }
        queue.waiting.insert(waiting, at: index)
        queue.tidy()
    }

    public mutating func withdraw(_ reference: TaskReference, service: ServiceID) {
        queues[service]?.tickets[reference] = nil
        queues[service]?.leases[reference] = nil
        queues[service]?.tidy()
    }

    public mutating func release(_ reference: TaskReference, _ connection: ConnectionID, succeeded: Bool) {
        update(connection) { $0.release(reference, succeeded: succeeded) }
    }

    /// Hands out what can be handed out now. The assigned tasks count as in flight at once.
    public mutating func assign(_ service: ServiceID, at now: Timestamp) -> [Assignment] {
        // Taken out, so that what may hold a hundred thousand tasks is changed in place.
        guard canAssign(service), var members = services.removeValue(forKey: service),
            var queue = queues.removeValue(forKey: service)
        else { return [] }
        defer {
            services[service] = members
            queues[service] = queue
        }
        var assignments: [Assignment] = []
        var rest: [Waiting] = []
        var hasRoom = true
        while hasRoom, let waiting = queue.waiting.popFirst() {
            guard queue.waits(waiting) else { continue }
            let open = members.connections.values.filter { $0.hasRoom }
            hasRoom = !open.isEmpty
            guard let chosen = Self.choose(for: waiting, from: open, at: now) else {
                rest.append(waiting)
                continue
            }
            queue.tickets[waiting.reference] = nil
            queue.leases[waiting.reference] = nil
            willChange(chosen, from: members.connections[chosen])
            members.connections[chosen]?.dispatch(waiting.reference)
            assignments.append(
                Assignment(
                    reference: waiting.reference, connection: chosen,
                    instance: members.connections[chosen]?.instance))
        }
        queue.waiting.prepend(contentsOf: rest)
        return assignments
    }

    private func canAssign(_ service: ServiceID) -> Bool {
        guard queues[service]?.tickets.isEmpty == false else { return false }
        return services[service]?.connections.values.contains { $0.hasRoom } ?? false
    }

    private static func choose(
        for waiting: Waiting, from open: [Connection], at now: Timestamp
    ) -> ConnectionID? {
        var candidates = open
        if let lease = waiting.lease, lease.until > now {
            candidates.removeAll { $0.instance != lease.instance }
        }
        func rank(_ connection: Connection) -> (Int, Int, ConnectionID) {
            (connection.health == .healthy ? 0 : 1, connection.inFlight.count, connection.id)
        }
        return candidates.min { rank($0) < rank($1) }?.id
    }

    /// When the next lease of a waiting task ends: until then only its instance gets it.
    public func nextLeaseEnd(of service: ServiceID, after now: Timestamp) -> Timestamp? {
        guard services[service]?.connections.isEmpty == false, let queue = queues[service] else { return nil }
        return queue.leases.values.filter { $0 > now }.min()
    }
}
