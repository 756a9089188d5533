public import OrraModel

/// What the hub sends to a service: one JSON object in one text frame. Clients ignore types that they don't know.
public enum HubMessage: Sendable, Hashable {
    case taskRequest(TaskRequest)
    /// Undo this task; `input` is the data that the service handed over with its output.
    case compensationRequest(TaskRequest, CompensationContext)
    /// Clients answer with a `pong` only when `serviceId` is their own.
    case ping(ServiceID)
    /// The message with this id is on disk.
    case acknowledgement(String)
    /// A frame was no message, and had no effect. For the developer of the client.
    case error(reason: String)
    /// The task is no longer wanted.
    case cancelRequest(task: TaskID, execution: ExecutionID, idempotencyKey: IdempotencyKey)

    public struct TaskRequest: Sendable, Hashable {
        public var task: TaskID
        public var execution: ExecutionID
        public var idempotencyKey: IdempotencyKey
        public var service: ServiceID
        public var input: RawJSON

        public init(
            task: TaskID, execution: ExecutionID, idempotencyKey: IdempotencyKey, service: ServiceID, input: RawJSON
        ) {
            self.task = task
            self.execution = execution
            self.idempotencyKey = idempotencyKey
            self.service = service
            self.input = input
        }
    }

    /// Why a completed task is undone, and how far that is.
    public struct CompensationContext: Sendable, Hashable {
        public enum Reason: String, Sendable { case failed, aborted, cancelled }
        public var orchestration: OrchestrationID
        public var reason: Reason
        /// What the task that aborted handed over. An object or absent, because clients parse nothing else.
        public let payload: RawJSON?
        public var timestamp: Timestamp
        /// 1 for the first. (Beside the context in the frame, as is `remaining`.)
        public var attempt: Int
        /// After an attempt that was done in part: the array of what it left, as the service told it.
        public var remaining: RawJSON?

        /// - Parameter payload: one that is no object goes as `{"value": <payload>}`, null not at all.
        public init(
            orchestration: OrchestrationID, reason: Reason, payload: RawJSON?, timestamp: Timestamp, attempt: Int = 1,
            remaining: RawJSON? = nil
        ) {
            self.orchestration = orchestration
            self.reason = reason
            self.payload = payload.flatMap(Self.object)
            self.timestamp = timestamp
            self.attempt = attempt
            self.remaining = remaining
        }

        private static func object(_ payload: RawJSON) -> RawJSON? {
            if payload.isNull { return nil }
            if payload.isObject { return payload }
            var writer = JSONWriter()
            writer.object { $0.member("value", payload) }
            return writer.raw
        }
    }
}

extension HubMessage {
    /// The frame for the service.
    public func frame() -> [UInt8] { pieces.bytes }

    /// The same, a large payload not copied yet.
    public var pieces: JSONPieces {
        var writer = JSONWriter(capacity: 512)
        writer.object {
            switch self {
            case .taskRequest(let request):
                $0.member("type", "task_request")
                request.write(to: &$0)
            case .compensationRequest(let request, let context):
                $0.member("type", "compensation_request")
                request.write(to: &$0)
                $0.member("attempt", context.attempt)
                if let remaining = context.remaining { $0.member("remaining", remaining) }
                $0.key("compensationContext")
                context.write(to: &$0)
            case .ping(let service):
                $0.member("type", "ping")
                $0.member("serviceId", service.rawValue)
            case .acknowledgement(let id):
                $0.member("type", "ACK")
                $0.member("id", id)
            case .error(let reason):
                $0.member("type", "error")
                $0.member("error", reason)
            case .cancelRequest(let task, let execution, let idempotencyKey):
                $0.member("type", "cancel_request")
                $0.member("id", task.description)
                $0.member("executionId", execution.rawValue)
                $0.member("idempotencyKey", idempotencyKey.rawValue)
            }
        }
        return writer.pieces
    }

    /// Reads a frame from the hub. `nil` for a type that this version does not know: it is to be ignored.
    public init?(frame: [UInt8]) throws {
        // A payload at the limit of nesting lies within the frame.
        let value = try JSONScanner.scan(frame, maximumDepth: Limits.storedJSONDepth) { try $0.value() }
        guard let message = try Self.message(value) else { return nil }
        self = message
    }

    private static func message(_ value: JSONValue) throws -> HubMessage? {
        func text(_ key: String) throws -> String {
            guard let text = value[key]?.string else { throw JSONError(offset: 0, reason: "\(key) must be a string") }
            return text
        }
        func task() throws -> TaskID {
            guard let id = TaskID(try text("id")) else { throw JSONError(offset: 0, reason: "id must name a task") }
            return id
        }
        func request() throws -> TaskRequest {
            TaskRequest(
                task: try task(), execution: ExecutionID(try text("executionId")),
                idempotencyKey: IdempotencyKey(rawValue: try text("idempotencyKey")),
                service: ServiceID(value["serviceId"]?.string ?? ""), input: RawJSON(value["input"] ?? [:]))
        }
        switch value["type"]?.string {
        case "task_request": return .taskRequest(try request())
        case "compensation_request":
            return .compensationRequest(try request(), try CompensationContext(frame: value))
        case "ping": return .ping(ServiceID(value["serviceId"]?.string ?? ""))
        case "ACK": return .acknowledgement(try text("id"))
        case "error": return .error(reason: try text("error"))
        case "cancel_request":
            return .cancelRequest(
                task: try task(), execution: ExecutionID(try text("executionId")),
                idempotencyKey: IdempotencyKey(rawValue: try text("idempotencyKey")))
        default: return nil
        }
    }
}

extension HubMessage.TaskRequest {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.member("id", task.description)
        writer.member("input", input)
        writer.member("executionId", execution.rawValue)
        writer.member("idempotencyKey", idempotencyKey.rawValue)
        writer.member("serviceId", service.rawValue)
        writer.member("status", Status.processing.rawValue)
    }
}

extension HubMessage.CompensationContext {
    fileprivate init(frame: JSONValue) throws {
        let context = frame["compensationContext"] ?? [:]
        let attempt = frame["attempt"].flatMap { $0 == .null ? nil : $0.integer ?? 0 } ?? 1
        guard attempt >= 1 else { throw JSONError(offset: 0, reason: "attempt must be a whole number from 1") }
        let remaining = frame["remaining"] ?? .null
        guard remaining == .null || remaining.array != nil else {
            throw JSONError(offset: 0, reason: "remaining must be an array")
        }
        self.init(
            orchestration: OrchestrationID(context["orchestrationId"]?.string ?? ""),
            reason: context["reason"]?.string.flatMap(Reason.init) ?? .failed,
            payload: context["payload"].map { RawJSON($0) },
            timestamp: context["timestamp"]?.string.flatMap(Timestamp.init) ?? Timestamp(milliseconds: 0),
            attempt: attempt, remaining: remaining == .null ? nil : RawJSON(remaining))
    }

    fileprivate func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("orchestrationId", orchestration.rawValue)
            $0.member("reason", reason.rawValue)
            if let payload { $0.member("payload", payload) }
            $0.member("timestamp", timestamp.description)
        }
    }
}
