import DequeModule
public import OrraModel

/// A task of one orchestration, as delivery sees it.
public struct TaskReference: Sendable, Hashable, Comparable {
    public var orchestration: OrchestrationID
    public var task: TaskID

    public init(_ orchestration: OrchestrationID, _ task: TaskID) {
        self.orchestration = orchestration
        self.task = task
    }

    public static func < (left: Self, right: Self) -> Bool {
        (left.orchestration, left.task) < (right.orchestration, right.task)
    }
}

/// Who is connected, what each has in flight, and what waits: decides which connection gets which task.
///
/// Tasks of one service are delivered in the order in which they became ready, to the connection with the fewest in
/// flight within its credit; a leased task only to the instance that had it, until the lease ends.
public struct Fleet: Sendable {
    var services: [ServiceID: Members] = [:]
    private(set) var serviceOf: [ConnectionID: ServiceID] = [:]
    /// When the hub started: a service that has not been seen since is away since then.
    let openedAt: Timestamp

    /// One service's connections and waiting tasks.
    struct Members: Sendable {
        var connections: [ConnectionID: Connection] = [:]
        var waiting: Deque<Waiting> = []
        /// `nil` while a connection is open.
        var awaySince: Timestamp?
    }

    struct Waiting: Sendable, Hashable {
        var reference: TaskReference
        var lease: TaskPhase.Lease?
        var readyAt: Timestamp?
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
    public func waiting(for service: ServiceID) -> Int { services[service]?.waiting.count ?? 0 }

    /// Orchestrations with a task that waits for this service, each once, in order.
    public func orchestrationsWaiting(for service: ServiceID) -> [OrchestrationID] {
        Set((services[service]?.waiting ?? []).map(\.reference.orchestration)).sorted()
    }

    // MARK: - Connections

    public mutating func connected(_ connection: Connection) {
        services[connection.service, default: Members()].connections[connection.id] = connection
        serviceOf[connection.id] = connection.service
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
        let waiting = Waiting(reference: reference, lease: lease, readyAt: readyAt)
        var queue = services[service]?.waiting ?? []
        services[service]?.waiting = []
        var index = queue.endIndex
        while let readyAt, index > queue.startIndex, let other = queue[index - 1].readyAt, other > readyAt {
            index -= 1
        }
        queue.insert(waiting, at: index)
        services[service, default: Members(awaySince: openedAt)].waiting = queue
    }

    public mutating func withdraw(_ reference: TaskReference, service: ServiceID) {
        services[service]?.waiting.removeAll { $0.reference == reference }
    }

    public mutating func release(_ reference: TaskReference, _ connection: ConnectionID, succeeded: Bool) {
        update(connection) { $0.release(reference, succeeded: succeeded) }
    }

    /// Hands out what can be handed out now. The assigned tasks count as in flight at once.
    public mutating func assign(_ service: ServiceID, at now: Timestamp) -> [Assignment] {
        guard var members = services[service], !members.waiting.isEmpty, !members.connections.isEmpty else { return [] }
        var assignments: [Assignment] = []
        var rest: Deque<Waiting> = []
        var hasRoom = true
        while hasRoom, let waiting = members.waiting.popFirst() {
            let open = members.connections.values.filter { $0.hasRoom }
            hasRoom = !open.isEmpty
            guard let chosen = Self.choose(for: waiting, from: open, at: now) else {
                rest.append(waiting)
                continue
            }
            members.connections[chosen]?.dispatch(waiting.reference)
            assignments.append(
                Assignment(
                    reference: waiting.reference, connection: chosen,
                    instance: members.connections[chosen]?.instance))
        }
        rest.append(contentsOf: members.waiting)
        members.waiting = rest
        services[service] = members
        return assignments
    }

    private static func choose(
        for waiting: Waiting, from open: [Connection], at now: Timestamp
    ) -> ConnectionID? {
        var candidates = open
        if let lease = waiting.lease, lease.until > now {
            candidates.removeAll { $0.instance != lease.instance }
        }
        return candidates.min { ($0.inFlight.count, $0.id) < ($1.inFlight.count, $1.id) }?.id
    }

    /// When the next lease of a waiting task ends: until then only its instance gets it.
    public func nextLeaseEnd(of service: ServiceID, after now: Timestamp) -> Timestamp? {
        guard let members = services[service], !members.connections.isEmpty else { return nil }
        return members.waiting.compactMap { $0.lease?.until }.filter { $0 > now }.min()
    }

    /// Services whose waiting tasks hold leases that may end.
    public func servicesWithWaitingTasks() -> [ServiceID] {
        services.filter { !$0.value.waiting.isEmpty && !$0.value.connections.isEmpty }.keys.sorted()
    }
}
