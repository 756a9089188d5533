public import OrraModel

/// One open socket of a service: a replica, with its own credit and health.
public struct Connection: Sendable, Hashable {
    public let id: ConnectionID
    public let service: ServiceID
    public let connectedAt: Timestamp
    /// Of the client's process; from its `hello`. Without one, the first connection that comes back takes over.
    public var instance: String?
    /// Tasks that it takes at once.
    public var credit: Int
    /// Gets no task before its `hello`: its client is known to send one.
    public var awaitsHello: Bool
    /// Takes no more tasks, and finishes what it has.
    public var isDraining = false
    /// Its socket's buffer is full: it gets nothing more until that has gone.
    public var isStalled = false
    /// How often its instance has connected before, as far as this run of the hub knows.
    public internal(set) var reconnects = 0
    var hasArrived = false
    public var lastSeen: Timestamp
    public var roundTrip: Duration?
    public var missedPongs = 0
    public private(set) var inFlight: Set<TaskReference> = []
    public private(set) var delivered = 0
    public private(set) var failed = 0
    /// Frames sent since it last proved that it reads.
    private var unprovenFrames = 0
    /// Whether it has proved that it reads since it last got a task: by an outcome, or a pong.
    private var isProven = true
    /// Message ids whose acknowledgement waits until it reads again.
    private var heldAcknowledgements: [String] = []

    public init(
        id: ConnectionID, service: ServiceID, connectedAt: Timestamp, credit: Int = Limits.defaultCredit,
        awaitsHello: Bool = false
    ) {
        self.id = id
        self.service = service
        self.connectedAt = connectedAt
        self.credit = credit
        self.awaitsHello = awaitsHello
        lastSeen = connectedAt
    }

    public enum Health: String, Sendable, Codable, CaseIterable {
        case connecting, healthy, degraded, unhealthy, stalled, draining
    }

    /// Never inferred from silence while a task is in flight: busy clients do not answer.
    public var health: Health {
        if awaitsHello { return .connecting }
        if isDraining { return .draining }
        if isStalled { return .stalled }
        if missedPongs >= 2 { return .unhealthy }
        if missedPongs == 1 || (roundTrip ?? .zero) > .seconds(1) { return .degraded }
        return .healthy
    }

    /// Why it is not healthy, in a few words.
    public var complaint: String? {
        switch health {
        case .connecting: "awaits its hello"
        case .healthy: nil
        case .draining: "takes no more tasks"
        case .stalled: "does not read what is sent"
        case .unhealthy: "missed \(missedPongs) pongs"
        case .degraded: missedPongs > 0 ? "missed a pong" : "answers slowly"
        }
    }

    var hasRoom: Bool {
        !awaitsHello && !isDraining && !isStalled && inFlight.count < credit
            // After a timeout the client may still sit in its handler: what was sent since adds up.
            && unprovenFrames - inFlight.count < Limits.unansweredFrames
    }

    mutating func dispatch(_ reference: TaskReference) {
        inFlight.insert(reference)
        delivered += 1
        unprovenFrames += 1
        isProven = false
    }

    mutating func release(_ reference: TaskReference, succeeded: Bool) {
        guard inFlight.remove(reference) != nil else { return }
        if !succeeded { failed += 1 }
    }

    /// It answered a ping, and so reads what is sent. Returns the acknowledgements that were held, if it is idle.
    public mutating func provesReading() -> [String] {
        isProven = true
        unprovenFrames = inFlight.count
        return takeHeldAcknowledgements()
    }

    /// What was held, once the connection has nothing in flight and reads again. An attempt that timed out leaves nothing in
    /// flight, but its client may still sit in its handler.
    public mutating func takeHeldAcknowledgements() -> [String] {
        guard inFlight.isEmpty, isProven else { return [] }
        defer { heldAcknowledgements = [] }
        unprovenFrames = 0
        return heldAcknowledgements
    }

    /// Which acknowledgements may be sent now that the one for `id` is due.
    ///
    /// Clients that handle tasks inside their read loop read nothing meanwhile and choke on some thirty frames, so a
    /// busy connection gets at most ``Limits/unansweredFrames``; an outcome proves that it reads again, also one without an
    /// id, which gets no acknowledgement.
    public mutating func acknowledge(_ id: String?, isOutcome: Bool) -> [String] {
        let own = id.map { [$0] } ?? []
        if isOutcome || inFlight.isEmpty && isProven {
            // One that takes one task at a time, and has the next one already, reads nothing behind that.
            let readsOn = inFlight.isEmpty || credit > 1
            isProven = readsOn
            unprovenFrames = inFlight.count
            let room = readsOn ? heldAcknowledgements.count : Limits.unansweredFrames - unprovenFrames - own.count
            let due = heldAcknowledgements.prefix(max(room, 0))
            heldAcknowledgements.removeFirst(due.count)
            if !readsOn { unprovenFrames += own.count + due.count }
            return own + due
        }
        guard let id else { return [] }
        guard unprovenFrames < Limits.unansweredFrames else {
            heldAcknowledgements.append(id)
            // The oldest is repeated by its client, and then acknowledged; its data is on disk.
            if heldAcknowledgements.count > Limits.heldAcknowledgements { heldAcknowledgements.removeFirst() }
            return []
        }
        unprovenFrames += 1
        return [id]
    }
}
