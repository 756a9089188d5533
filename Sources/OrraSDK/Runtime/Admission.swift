import OrraModel
import OrraProtocol

/// Which assignments run and which wait: at most `capacity` at once, the others in the order of their arrival.
struct Admission {
    enum Arrival: Equatable {
        case start
        case wait
        /// It runs or waits already; its answer will carry the newest execution id.
        case inProgress
        /// It is left to the hub, which delivers it again: the component drains, or more wait than it agreed to.
        case leave
    }

    enum Cancellation: Equatable {
        /// Its handler is to be cancelled.
        case running
        /// It had not begun and never will.
        case waiting(Assignment)
        case unknown
    }

    struct Run: Equatable {
        var task: TaskID
        /// Of the newest delivery.
        var execution: ExecutionID
        /// The handler has aborted: nothing more is to be told.
        var isAnswered = false
        var isCancelledByHub = false
    }

    let capacity: Int
    let maximumWaiting: Int
    let maximumWaitingBytes: Int
    private(set) var runs: [IdempotencyKey: Run] = [:]
    private(set) var waiting: [Assignment] = []
    private(set) var isDraining = false

    init(capacity: Int, maximumWaiting: Int = Limits.maximumCredit, maximumWaitingBytes: Int = 64 * 1024 * 1024) {
        self.capacity = capacity
        self.maximumWaiting = maximumWaiting
        self.maximumWaitingBytes = maximumWaitingBytes
    }

    var isIdle: Bool { runs.isEmpty }

    /// Whether it runs or waits; if so, the delivery at hand is its newest.
    mutating func redelivered(_ assignment: Assignment) -> Bool {
        if runs[assignment.key] != nil {
            runs[assignment.key]?.execution = assignment.request.execution
        } else if let index = waiting.firstIndex(where: { $0.key == assignment.key }) {
            waiting[index].request.execution = assignment.request.execution
        } else {
            return false
        }
        return true
    }

    mutating func arrived(_ assignment: Assignment) -> Arrival {
        if redelivered(assignment) { return .inProgress }
        guard !isDraining else { return .leave }
        if runs.count < capacity {
            start(assignment)
            return .start
        }
        let bytes = waiting.reduce(assignment.bytes) { $0 + $1.bytes }
        guard waiting.count < maximumWaiting, waiting.isEmpty || bytes <= maximumWaitingBytes else { return .leave }
        waiting.append(assignment)
        return .wait
    }

    /// The handler has ended. Returns what takes its place.
    mutating func finished(_ key: IdempotencyKey) -> Assignment? {
        guard runs.removeValue(forKey: key) != nil, !waiting.isEmpty, runs.count < capacity else { return nil }
        let next = waiting.removeFirst()
        start(next)
        return next
    }

    mutating func answered(_ key: IdempotencyKey) { runs[key]?.isAnswered = true }

    mutating func cancelled(_ key: IdempotencyKey) -> Cancellation {
        if runs[key] != nil {
            runs[key]?.isCancelledByHub = true
            return .running
        }
        guard let index = waiting.firstIndex(where: { $0.key == key }) else { return .unknown }
        return .waiting(waiting.remove(at: index))
    }

    /// Nothing more is taken. What runs or waits goes on.
    mutating func drain() { isDraining = true }

    /// What waits is left to the hub; returns how many.
    mutating func leaveWaiting() -> Int {
        defer { waiting = [] }
        return waiting.count
    }

    private mutating func start(_ assignment: Assignment) {
        runs[assignment.key] = Run(task: assignment.request.task, execution: assignment.request.execution)
    }
}
