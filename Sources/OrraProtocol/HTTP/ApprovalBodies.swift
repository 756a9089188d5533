public import OrraModel

/// `POST /orchestrations/{id}/approve`. Answered with 202 and the orchestration's summary.
public struct ApprovalRequest: Sendable, Hashable, Codable {
    /// Of the plan that was looked at: another one that waits by now is not approved. `nil` approves what waits.
    public var planHash: String?
    /// Up to 1,024 characters; the journal keeps it.
    public var reason: String?

    public init(planHash: String? = nil, reason: String? = nil) {
        self.planHash = planHash
        self.reason = reason
    }
}

/// `POST /orchestrations/{id}/reject`. Answered with 202 and the orchestration's summary.
public struct RejectionRequest: Sendable, Hashable, Codable {
    /// Up to 1,024 characters; the journal keeps it.
    public var reason: String?
    public init(reason: String? = nil) { self.reason = reason }
}

/// What the project's webhooks receive when an action waits for a person's yes, with
/// `X-Orra-Event: orchestration.approval_requested`.
public struct ApprovalWebhookBody: Sendable, Hashable, Codable {
    /// The same in every try and for every receiver of one event.
    public var eventID: String
    /// `orchestration.approval_requested`.
    public var type: String
    public var project: ProjectID
    /// Written twice, as `orchestration_id` and `orchestrationId`: receivers of both kinds exist.
    public var orchestration: OrchestrationID
    private var orchestrationAgain: OrchestrationID
    /// `paused`.
    public var status: Status
    public var timestamp: Timestamp
    /// `confirmation` or `approval`.
    public var pauseReason: PauseReason
    public var planHash: String
    public var action: String

    public init(
        eventID: String, project: ProjectID, orchestration: OrchestrationID, timestamp: Timestamp, hold: HoldReason,
        planHash: String, action: String
    ) {
        self.eventID = eventID
        type = "orchestration.approval_requested"
        self.project = project
        self.orchestration = orchestration
        orchestrationAgain = orchestration
        status = .paused
        self.timestamp = timestamp
        pauseReason = PauseReason(hold)
        self.planHash = planHash
        self.action = action
    }

    private enum CodingKeys: String, CodingKey {
        case eventID = "event_id"
        case type
        case project = "project_id"
        case orchestration = "orchestration_id"
        case orchestrationAgain = "orchestrationId"
        case status, timestamp
        case pauseReason = "pause_reason"
        case planHash = "plan_hash"
        case action
    }
}
