import OrraModel
import OrraProtocol

/// Which tasks run and which wait: at most `capacity` at once, the others in the order of their arrival.
struct Admission {
    typealias Request = HubMessage.TaskRequest

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
        case waiting(Request)
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
    private(set) var waiting: [Request] = []
    private(set) var isDraining = false

    init(capacity: Int, maximumWaiting: Int = Limits.maximumCredit, maximumWaitingBytes: Int = 64 * 1024 * 1024) {
        self.capacity = capacity
        self.maximumWaiting = maximumWaiting
        self.maximumWaitingBytes = maximumWaitingBytes
    }

    var isIdle: Bool { runs.isEmpty }

    /// Whether the task runs or waits; if so, the delivery at hand is its newest.
    mutating func redelivered(_ request: Request) -> Bool {
        if runs[request.idempotencyKey] != nil {
            runs[request.idempotencyKey]?.execution = request.execution
        } else if let index = waiting.firstIndex(where: { $0.idempotencyKey == request.idempotencyKey }) {
            waiting[index].execution = request.execution
        } else {
            return false
        }
        return true
    }

    mutating func arrived(_ request: Request) -> Arrival {
        if redelivered(request) { return .inProgress }
        guard !isDraining else { return .leave }
        if runs.count < capacity {
            start(request)
            return .start
        }
        let bytes = waiting.reduce(request.input.bytes.count) { $0 + $1.input.bytes.count }
        guard waiting.count < maximumWaiting, waiting.isEmpty || bytes <= maximumWaitingBytes else { return .leave }
        waiting.append(request)
        return .wait
    }

    /// The handler of this task has ended. Returns the task that takes its place.
    mutating func finished(_ key: IdempotencyKey) -> Request? {
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
        guard let index = waiting.firstIndex(where: { $0.idempotencyKey == key }) else { return .unknown }
        return .waiting(waiting.remove(at: index))
    }

    /// No further task begins. Those that wait are left to the hub; returns how many.
    mutating func drain() -> Int {
        isDraining = true
        defer { waiting = [] }
        return waiting.count
    }

    private mutating func start(_ request: Request) {
        runs[request.idempotencyKey] = Run(task: request.task, execution: request.execution)
    }
}
