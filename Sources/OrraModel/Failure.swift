/// Why a task or an orchestration did not complete. Business data, not a thrown error.
///
/// Example: `Failure(.taskTimedOut, "task2 (delivery-agent) gave no answer within 30s in 5 attempts")`.
public struct Failure: Sendable, Hashable, Codable {
    public var code: FailureCode
    /// For people: names task, service and field; never quotes a payload, except the error text of a service.
    public var message: String

    public init(_ code: FailureCode, _ message: String) {
        self.code = code
        self.message = message
    }
}

/// Each has a page in `docs/errors`.
public enum FailureCode: String, Sendable, Codable, CaseIterable {
    /// The service answered with an error in every attempt.
    case taskFailed = "Orra:TaskFailed"
    case taskTimedOut = "Orra:TaskTimedOut"
    /// A field that the task takes is missing from the output it is taken from, or has the wrong type.
    case taskInputInvalid = "Orra:TaskInputInvalid"
    case taskInputTooLarge = "Orra:TaskInputTooLarge"
    /// The output breaks the service's own schema, or the message is no result.
    case taskOutputInvalid = "Orra:TaskOutputInvalid"
    case taskOutputTooLarge = "Orra:TaskOutputTooLarge"
    /// Ten connections were lost with the task in flight.
    case taskLosesConnections = "Orra:TaskLosesConnections"
    /// The service stayed away longer than the grace period.
    case serviceAway = "Orra:ServiceAway"
    case taskAborted = "Orra:TaskAborted"
    /// The hub was stopped while it planned; the caller was never told that the action is accepted.
    case planningInterrupted = "Orra:PlanningInterrupted"
    case cancelled = "Orra:Cancelled"
    /// The service could not undo its work in any attempt.
    case compensationFailed = "Orra:CompensationFailed"
    /// The service undid a part of its work and could not undo the rest.
    case compensationPartial = "Orra:CompensationPartial"
    /// The service gave no answer to any request to undo its work.
    case compensationTimedOut = "Orra:CompensationTimedOut"
    /// The time within which the work could be undone is over.
    case compensationExpired = "Orra:CompensationExpired"
    /// The answer to a request to undo is no compensation result.
    case compensationInvalid = "Orra:CompensationInvalid"
    /// A person said no to the plan.
    case planRejected = "Orra:PlanRejected"
    /// Nobody said yes to the plan in time.
    case approvalExpired = "Orra:ApprovalExpired"
    /// The registered services can't cover the action.
    case notActionable = "Orra:ActionNotActionable"
}
