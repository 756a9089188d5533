public import OrraModel

/// What a service sends to the hub: one JSON object in one text frame, `{"id": "<message id>", "payload": {…}}`.
///
/// Clients that queued a message while they were offline send it *bare*, as the payload alone; such a message has no id
/// and gets no acknowledgement.
public struct ServiceMessage: Sendable, Hashable {
    /// What the acknowledgement names. `nil` for a bare message.
    public var id: String?
    public var payload: Payload

    public init(id: String?, payload: Payload) {
        self.id = id
        self.payload = payload
    }

    public enum Payload: Sendable, Hashable {
        case taskResult(TaskReport, TaskOutcome)
        /// Progress of a running task, to be kept and shown.
        case interimResult(TaskReport, RawJSON)
        /// The service gives the whole action up; the payload says why.
        case abort(TaskReport, RawJSON)
        /// The service already works on this idempotency key.
        case inProgress(TaskReport)
        case pong
        case hello(Hello)
        /// The service takes no more tasks and finishes what it has.
        case drain
    }

    /// Which task a message is about. Matched by `idempotencyKey`; the rest is for logs.
    public struct TaskReport: Sendable, Hashable {
        public var task: String
        public var execution: String
        public var idempotencyKey: IdempotencyKey

        public init(task: String, execution: String, idempotencyKey: IdempotencyKey) {
            self.task = task
            self.execution = execution
            self.idempotencyKey = idempotencyKey
        }
    }

    public enum TaskOutcome: Sendable, Hashable {
        /// `result` of a task: `{"task": <output>, "compensation": {"data", "ttl"} | null}`.
        case output(RawJSON, CompensationData?)
        /// The answer to a task, or to a compensation that failed.
        case error(String)
        /// The answer to a compensation, by its form. Whether one was asked for, the idempotency key tells.
        case compensation(CompensationOutcome)
        /// `result` is none of the forms that the protocol knows.
        case malformed(reason: String)
    }

    /// What a service hands to the hub with its output so that the work can be undone. Goes back untouched.
    public struct CompensationData: Sendable, Hashable, Codable {
        public var data: RawJSON
        /// From the task's completion. What was read lies within ``Limits/compensationTTLRange``; `nil` for the hub's.
        public var ttlMilliseconds: Int64?

        public init(data: RawJSON, ttlMilliseconds: Int64?) {
            self.data = data
            self.ttlMilliseconds = ttlMilliseconds
        }

        private enum CodingKeys: String, CodingKey {
            case data
            case ttlMilliseconds = "ttl"
        }
    }

    /// First message of a client that knows it.
    public struct Hello: Sendable, Hashable {
        /// Version of the protocol that the client speaks: 1.
        public var version: Int
        /// Tasks that it takes at once: 1 to ``Limits/maximumCredit``.
        public var credit: Int?
        /// Stays the same over all connections of a process, and over its restarts if it still knows what it answered.
        public var instance: String?

        public init(version: Int = 1, credit: Int?, instance: String?) {
            self.version = version
            self.credit = credit
            self.instance = instance
        }
    }
}

/// Why a frame is no service message. The reason never quotes the frame.
public struct ServiceMessageError: Error, Hashable, CustomStringConvertible {
    /// The message's id, if the frame got that far: it is acknowledged all the same, or its sender would repeat it.
    public var id: String?
    /// The task whose outcome it was meant to be: that task fails.
    public var idempotencyKey: IdempotencyKey?
    public var reason: String

    public init(id: String? = nil, idempotencyKey: IdempotencyKey? = nil, reason: String) {
        self.id = id
        self.idempotencyKey = idempotencyKey
        self.reason = reason
    }

    public var description: String { reason }
}
