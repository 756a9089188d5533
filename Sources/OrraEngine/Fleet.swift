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
    var services: [ServiceID: Members] = [:]
    private(set) var serviceOf: [ConnectionID: ServiceID] = [:]
    /// When the hub started: a service that has not been seen since is away since then.
    let openedAt: Timestamp

    /// One service's connections and waiting tasks.
    struct Members: Sendable {
        var connections: [ConnectionID: Connection] = [:]
        /// In order. Holds withdrawn ones too, until it is tidied: only those whose ticket is current wait.
        var waiting: Deque<Waiting> = []
        /// The ticket under which each waits.
        var tickets: [TaskReference: UInt64] = [:]
        /// Until when each of those that wait for their own instance does so.
        var leases: [TaskReference: Timestamp] = [:]
        var lastTicket: UInt64 = 0
        /// `nil` while a connection is open.
        var awaySince: Timestamp?
        /// How often each instance has connected; those without one together. Bounded.
        var arrivals: [String?: Int] = [:]

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
    public func waiting(for service: ServiceID) -> Int { services[service]?.tickets.count ?? 0 }

    /// Orchestrations with a task that waits for this service, each once, in order.
    public func orchestrationsWaiting(for service: ServiceID) -> [OrchestrationID] {
        Set((services[service]?.tickets.keys.map(\.orchestration)) ?? []).sorted()
    }

    // MARK: - Connections

    public mutating func connected(_ connection: Connection) {
        services[connection.service, default: Members()].connections[connection.id] = connection
        serviceOf[connection.id] = connection.service
        if !connection.awaitsHello { arrived(connection.id) }
    }

    /// Counts how often the connection's instance has come before, once its name is known.
    public mutating func arrived(_ id: ConnectionID) {
        guard let service = serviceOf[id], let connection = self[id], !connection.hasArrived else { return }
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
        guard let service = serviceOf.removeValue(forKey: id),
            let connection = services[service]?.connections.removeValue(forKey: id)
        else { return [] }
        if services[service]?.connections.isEmpty == true { services[service]?.awaySince = now }
        return connection.inFlight.sorted()
    }

    public mutating func update(_ id: ConnectionID, _ change: (inout Connection) -> Void) {
        guard let service = serviceOf[id], var connection = services[service]?.connections[id] else { return }
        change(&connection)
        services[service]?.connections[id] = connection
    }

    // MARK: - Tasks

    /// Behind those that were ready before it or at the same time; without `readyAt` behind all.
    public mutating func enqueue(
        _ reference: TaskReference, service: ServiceID, lease: TaskPhase.Lease?, readyAt: Timestamp? = nil
    ) {
        var members = services.removeValue(forKey: service) ?? Members(awaySince: openedAt)
        defer { services[service] = members }
        members.lastTicket += 1
        members.tickets[reference] = members.lastTicket
        members.leases[reference] = lease?.until
        let waiting = Waiting(reference: reference, lease: lease, readyAt: readyAt, ticket: members.lastTicket)
        var index = members.waiting.endIndex
        while let readyAt, index > 0, let other = members.waiting[index - 1].readyAt, other > readyAt { index -= 1 }
        members.waiting.insert(waiting, at: index)
        members.tidy()
    }

    public mutating func withdraw(_ reference: TaskReference, service: ServiceID) {
        services[service]?.tickets[reference] = nil
        services[service]?.leases[reference] = nil
        services[service]?.tidy()
    }

    public mutating func release(_ reference: TaskReference, _ connection: ConnectionID, succeeded: Bool) {
        update(connection) { $0.release(reference, succeeded: succeeded) }
    }

    /// Hands out what can be handed out now. The assigned tasks count as in flight at once.
    public mutating func assign(_ service: ServiceID, at now: Timestamp) -> [Assignment] {
        // Taken out, so that what may hold a hundred thousand tasks is changed in place.
        guard canAssign(service), var members = services.removeValue(forKey: service) else { return [] }
        defer { services[service] = members }
        var assignments: [Assignment] = []
        var rest: [Waiting] = []
        var hasRoom = true
        while hasRoom, let waiting = members.waiting.popFirst() {
            guard members.waits(waiting) else { continue }
            let open = members.connections.values.filter { $0.hasRoom }
            hasRoom = !open.isEmpty
            guard let chosen = Self.choose(for: waiting, from: open, at: now) else {
                rest.append(waiting)
                continue
            }
            members.tickets[waiting.reference] = nil
            members.leases[waiting.reference] = nil
            members.connections[chosen]?.dispatch(waiting.reference)
            assignments.append(
                Assignment(
                    reference: waiting.reference, connection: chosen,
                    instance: members.connections[chosen]?.instance))
        }
        members.waiting.prepend(contentsOf: rest)
        return assignments
    }

    private func canAssign(_ service: ServiceID) -> Bool {
        guard let members = services[service], !members.tickets.isEmpty else { return false }
        return members.connections.values.contains { $0.hasRoom }
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
        guard let members = services[service], !members.connections.isEmpty else { return nil }
        return members.leases.values.filter { $0 > now }.min()
    }
}
