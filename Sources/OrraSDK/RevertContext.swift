public import Logging
import OrraModel
import OrraProtocol

/// What a revert handler is to undo, and why.
///
/// ```swift
/// } onRevert: { order, reservation, revert in
///     try await warehouse.release(reservation.id)
/// }
/// ```
///
/// A handler that returns has undone the task. One that throws has not, and the hub asks again, up to ten times within
/// the time to live; one that throws ``PartlyReverted`` is asked for the rest. As every handler, it may run more than
/// once: to release what is released already is no error.
public struct RevertContext: Sendable {
    /// Why the hub undoes a task that was completed.
    public enum Reason: String, Sendable {
        /// Another task of the action failed for good.
        case failed
        /// Another task gave the action up.
        case aborted
        /// The operator cancelled the action.
        case cancelled
    }

    /// The task's place in the plan: `task1`.
    public let id: String
    /// The action that the task belongs to.
    public let orchestrationID: String
    public let reason: Reason
    /// 1 for the first.
    public let attempt: Int
    /// This delivery's id.
    public let executionID: String
    /// The same for every delivery until the handler has answered; an attempt after that has another. (Not the task's.)
    public let idempotencyKey: String
    /// Carries the task's ids as metadata.
    public let logger: Logger

    private let payload: RawJSON?
    private let remaining: RawJSON?

    /// What the task that aborted handed over, see ``TaskContext/abort(_:)``; `nil` where there is nothing. One that
    /// was no object is the member `value` of one.
    ///
    /// - Throws: an error that names the place that does not fit the type.
    public func payload<Payload: Decodable>(as type: Payload.Type) throws -> Payload? {
        try payload.map { try PayloadCoding.decode(type, from: $0, as: "payload") }
    }

    /// What the last attempt left, as ``PartlyReverted`` told it. `nil` where there was none that did a part.
    ///
    /// - Throws: an error that names the place that does not fit the type.
    public func remaining<Step: Decodable>(as type: Step.Type = String.self) throws -> [Step]? {
        try remaining.map { try PayloadCoding.decode([Step].self, from: $0, as: "remainder") }
    }

    init(_ request: HubMessage.TaskRequest, _ context: HubMessage.CompensationContext, logger: Logger) {
        id = request.task.description
        orchestrationID = context.orchestration.rawValue
        reason =
            switch context.reason {
            case .failed: .failed
            case .aborted: .aborted
            case .cancelled: .cancelled
            }
        attempt = context.attempt
        executionID = request.execution.rawValue
        idempotencyKey = request.idempotencyKey.rawValue
        self.logger = logger
        payload = context.payload
        remaining = context.remaining
    }
}

/// Ends a revert handler that has undone a part. The hub asks again, and hands over what remains
/// (``RevertContext/remaining(as:)``); the parts are in its lists, should nothing help.
///
/// ```swift
/// throw PartlyReverted(completed: ["room"], remaining: ["flight"])
/// ```
public struct PartlyReverted: Error, Sendable {
    let completed: [any Encodable & Sendable]
    let remaining: [any Encodable & Sendable]

    /// - Parameters:
    ///   - completed: what is undone, step by step; at most 1,000 steps.
    ///   - remaining: what is not; at most 1,000 steps. Both together at most 1 MiB as JSON.
    public init(completed: [any Encodable & Sendable], remaining: [any Encodable & Sendable]) {
        self.completed = completed
        self.remaining = remaining
    }

    func outcome() throws -> CompensationOutcome {
        let outcome = CompensationOutcome.partial(
            completed: try Self.encode(completed), remaining: try Self.encode(remaining))
        do {
            return try CompensationOutcome(result: outcome.result.value)
        } catch {
            throw ComponentError(.invalidPayload, "what was reverted in part can't be told: \(error.reason)")
        }
    }

    private static func encode(_ steps: [any Encodable & Sendable]) throws -> RawJSON {
        RawJSON(.array(try steps.map { try PayloadCoding.encode($0, as: "step").value }))
    }
}
