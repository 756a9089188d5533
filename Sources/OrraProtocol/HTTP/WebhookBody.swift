public import OrraModel

/// What a webhook receives, with `X-Orra-Event: <type>` and the Standard Webhooks headers.
public struct WebhookBody: Sendable, Hashable, Codable {
    /// The same in every try and for every receiver of one event.
    public var eventID: String
    /// `orchestration.completed`, `.failed`, `.aborted`, `.cancelled`.
    public var type: String
    public var project: ProjectID
    /// Written twice, as `orchestration_id` and `orchestrationId`: receivers of both kinds exist.
    public var orchestration: OrchestrationID
    private var orchestrationAgain: OrchestrationID
    public var status: Status
    public var timestamp: Timestamp
    /// For the action's own webhook one object, the last tasks' outputs merged; for the project's an array of them.
    public var results: RawJSON?
    public var error: Fault?
    public var abortReason: RawJSON?

    public struct Fault: Sendable, Hashable, Codable {
        /// The code: `Orra:TaskTimedOut`.
        public var id: String
        /// The service at fault, or `orra`.
        public var producer: String
        public var error: String

        public init(id: String, producer: String, error: String) {
            self.id = id
            self.producer = producer
            self.error = error
        }
    }

    public init(
        eventID: String, project: ProjectID, orchestration: OrchestrationID, status: Status, timestamp: Timestamp,
        results: RawJSON?, error: Fault?, abortReason: RawJSON?
    ) {
        self.eventID = eventID
        type = "orchestration.\(status.rawValue)"
        self.project = project
        self.orchestration = orchestration
        orchestrationAgain = orchestration
        self.status = status
        self.timestamp = timestamp
        self.results = results
        self.error = error
        self.abortReason = abortReason
    }

    private enum CodingKeys: String, CodingKey {
        case eventID = "event_id"
        case type
        case project = "project_id"
        case orchestration = "orchestration_id"
        case orchestrationAgain = "orchestrationId"
        case status, timestamp, results, error
        case abortReason = "abort_reason"
    }
}

extension WebhookBody {
    /// As the encoder writes it, without its detours: every action ends with one. A test compares the two.
    public func text() -> JSONPieces {
        let payloads = [results, abortReason].compactMap { $0?.count }
        var writer = JSONWriter(capacity: 512 + payloads.reduce(0) { $0 + JSONWriter.room(for: $1) })
        writer.object {
            $0.member("event_id", eventID)
            $0.member("type", type)
            $0.member("project_id", project.rawValue)
            $0.member("orchestration_id", orchestration.rawValue)
            $0.member("orchestrationId", orchestrationAgain.rawValue)
            $0.member("status", status.rawValue)
            $0.member("timestamp", timestamp.description)
            if let results { $0.member("results", results) }
            if let error {
                $0.key("error")
                $0.object {
                    $0.member("id", error.id)
                    $0.member("producer", error.producer)
                    $0.member("error", error.error)
                }
            }
            if let abortReason { $0.member("abort_reason", abortReason) }
        }
        return writer.pieces
    }
}
