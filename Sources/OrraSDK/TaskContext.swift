public import Logging
import OrraModel

/// The task that a handler works on: who it is, and what can be told to the hub meanwhile.
public struct TaskContext: Sendable {
    /// Its place in the plan: `task1`.
    public let id: String
    /// This delivery's id. A redelivery of the same task has another one.
    public let executionID: String
    /// The same for every delivery and attempt of this task: what an effect is to be deduplicated by.
    public let idempotencyKey: String
    /// Carries the task's ids as metadata.
    public let logger: Logger

    let report: @Sendable (TaskNews) async throws -> Void

    /// Shows how far the task is. The hub keeps it, and streams it to whoever watches the action.
    ///
    /// ```swift
    /// try await task.progress(["percent": 40])
    /// ```
    ///
    /// Returns at once, also while the hub is away: progress is sent in order, and again after a reconnect until the hub
    /// has it. Where more than 1024 messages or 64 MiB wait, the oldest progress is dropped; results never are for it.
    ///
    /// - Parameter value: any `Encodable`, preferably an object, of at most 10 MiB as JSON.
    /// - Throws: ``ComponentError`` if the value can't be encoded, is too large, or the task has ended.
    public func progress(_ value: some Encodable) async throws {
        try await report(.progress(try PayloadCoding.encode(value, as: "progress")))
    }

    /// Gives the whole action up, and ends the handler: the hub runs no further task of the action and undoes those that
    /// can be undone.
    ///
    /// ```swift
    /// guard stock > 0 else { try await task.abort(["reason": "out of stock"]) }
    /// ```
    ///
    /// The abort counts from here on, whatever the handler then returns or throws.
    ///
    /// - Parameter payload: why, for people and for the compensations of other services: an object, at most 10 MiB.
    /// - Throws: always; let it through. ``ComponentError`` if the payload can't be sent, ``TaskAborted`` otherwise.
    public func abort(_ payload: some Encodable) async throws -> Never {
        try await report(.abort(try PayloadCoding.encode(payload, as: "abort's payload")))
        throw TaskAborted()
    }

    /// Gives the whole action up without saying why.
    public func abort() async throws -> Never {
        try await report(.abort(.null))
        throw TaskAborted()
    }
}

/// Ends a handler whose task was aborted.
public struct TaskAborted: Error, Sendable, Hashable {}

/// What a running handler tells.
enum TaskNews: Sendable {
    case progress(RawJSON)
    case abort(RawJSON)
}
