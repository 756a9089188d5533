public import OrraModel

/// How far a service has undone a task: `{"status": "completed"}`, `{"status": "partial", "partial": {"completed": […],
/// "remaining": […]}}` or `{"status": "failed", "error": "why"}`.
public enum CompensationOutcome: Sendable, Hashable {
    case completed
    /// A part is undone; the next attempt is told what remains. Two arrays of the service's own making, of at most
    /// ``Limits/compensationSteps`` each and ``Limits/compensationStepBytes`` together.
    case partial(completed: RawJSON, remaining: RawJSON)
    /// Of at most ``Limits/errorCharacters``.
    case failed(String)
}

extension CompensationOutcome {
    /// Whether an object is meant as one: by its status, and because it has no member `task`.
    static func isMeant(by result: JSONObject) -> Bool {
        ["completed", "partial", "failed"].contains(result["status"]?.string) && result["task"] == nil
    }

    /// - Throws: ``ServiceMessageError`` for a result that is none; its reason does not quote it.
    public init(result: JSONValue) throws(ServiceMessageError) {
        switch result["status"]?.string {
        case "completed": self = .completed
        case "failed": self = .failed(Self.error(result["error"] ?? .null))
        case "partial":
            guard let partial = result["partial"]?.object else {
                throw ServiceMessageError(reason: "a compensation of the status partial needs an object partial")
            }
            let completed = try Self.steps(partial, "completed")
            let remaining = try Self.steps(partial, "remaining")
            guard completed.count + remaining.count <= Limits.compensationStepBytes else {
                throw ServiceMessageError(
                    reason: "partial.completed and partial.remaining have at most \(Limits.compensationStepBytes) bytes"
                )
            }
            self = .partial(completed: completed, remaining: remaining)
        default:
            throw ServiceMessageError(reason: "a compensation's status is completed, partial or failed")
        }
    }

    private static func steps(_ partial: JSONObject, _ name: String) throws(ServiceMessageError) -> RawJSON {
        guard let steps = partial[name]?.array else {
            throw ServiceMessageError(reason: "partial.\(name) must be an array")
        }
        guard steps.count <= Limits.compensationSteps else {
            throw ServiceMessageError(reason: "partial.\(name) has at most \(Limits.compensationSteps) elements")
        }
        return RawJSON(.array(steps))
    }

    private static func error(_ value: JSONValue) -> String {
        let text = value == .null ? "" : value.string ?? value.text
        return text.isEmpty ? "the service gave no reason" : String(text.prefix(Limits.errorCharacters))
    }

    /// The `result` of the message.
    public var result: RawJSON {
        var writer = JSONWriter()
        writer.object {
            switch self {
            case .completed: $0.member("status", "completed")
            case .partial(let completed, let remaining):
                $0.member("status", "partial")
                $0.key("partial")
                $0.object {
                    $0.member("completed", completed)
                    $0.member("remaining", remaining)
                }
            case .failed(let error):
                $0.member("status", "failed")
                $0.member("error", error)
            }
        }
        return writer.raw
    }
}
