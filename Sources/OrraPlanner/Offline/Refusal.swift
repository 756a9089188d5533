import OrraModel

/// Why an action can't be planned. ``description`` is written for the operator.
enum Refusal: Error, Hashable {
    case emptyCatalogue
    /// Nothing but words such as "please do it".
    case nothingAsked
    /// No service does this part of the action.
    case uncovered(part: String, unknown: [String], nearest: [String])
    /// Several do it equally well, and nothing says which is meant.
    case ambiguous(part: String, candidates: [String])
    /// A required input that nothing gives; each further one is needed to give the one before.
    case unbound([Need])
    case unsuitableParameter(service: String, path: String, reason: String)
    case missingRequirement(service: String, requirement: String)
    case tooManyTasks(count: Int)

    struct Need: Hashable {
        var service: String
        var field: String
    }
}

extension Refusal: CustomStringConvertible {
    var description: String {
        switch self {
        case .emptyCatalogue:
            "no service is registered in this project: start one with an SDK, or register it with POST "
                + "/register/service, /register/agent or /register/tool, and submit the action again"
        case .nothingAsked:
            "the action names nothing that a service could do: say what is to be done, such as 'process the new order'"
        case .uncovered(let part, let unknown, let nearest):
            "no registered service covers '\(part)'"
                + (unknown.isEmpty ? "" : " (nothing is known about \(Self.list(unknown)))")
                + (nearest.isEmpty ? "; no service comes near" : "; nearest: \(nearest.joined(separator: ", "))")
                + ". Register a service that does it, or reword the action"
        case .ambiguous(let part, let candidates):
            "'\(part)' fits \(Self.list(candidates)) equally well: say what is to be done"
        case .unbound(let needs): Self.sentence(needs)
        case .unsuitableParameter(let service, let path, let reason):
            "the parameter '\(path)' does not fit service \(service): it \(reason)"
        case .missingRequirement(let service, let requirement):
            "service \(service) requires '\(requirement)', which is not registered in this project"
        case .tooManyTasks(let count):
            "the action takes \(count) tasks, but a plan may have at most \(Limits.tasksPerPlan): split the action"
        }
    }

    private static func sentence(_ needs: [Need]) -> String {
        guard let first = needs.first, let last = needs.last else { return "" }
        guard needs.count > 1 else {
            return "service \(first.service) needs '\(first.field)', which no parameter, no value in the text and no "
                + "other service gives: send '\(first.field)' with the action"
        }
        var text = "service \(first.service) needs '\(first.field)'"
        for need in needs.dropFirst() { text += ", which \(need.service) gives, but that needs '\(need.field)'" }
        return text
            + ", which no parameter, no value in the text and no other service gives: send '\(first.field)' or "
            + "'\(last.field)' with the action"
    }

    static func list(_ words: [String]) -> String {
        guard let last = words.last, words.count > 1 else { return words.first ?? "" }
        return words.dropLast().joined(separator: ", ") + " and " + last
    }
}
