import OrraModel

/// The first stage: the action and its parameters are within their bounds.
enum ParameterCheck {
    /// Why they are not; `nil` if they are.
    static func fault(_ request: PlanningRequest) -> String? {
        guard Limits.actionCharacters.contains(request.action.count) else {
            return "the action has \(request.action.count) characters, but may have 1 to "
                + "\(Limits.actionCharacters.upperBound)"
        }
        return parameterFault(request)
    }

    /// The same without a look at the action: a plan that is given needs no words.
    static func parameterFault(_ request: PlanningRequest) -> String? {
        let members = request.parameters.members
        guard members.count <= Limits.parameters else {
            return "the action has \(members.count) parameters, but may have at most \(Limits.parameters)"
        }
        var seen: Set<String> = []
        for member in members {
            guard Limits.parameterNameCharacters.contains(member.key.count) else {
                return "the parameter '\(member.key.prefix(32))…' must have a name of 1 to "
                    + "\(Limits.parameterNameCharacters.upperBound) characters, but has \(member.key.count)"
            }
            guard seen.insert(member.key).inserted else { return "the parameter '\(member.key)' is given twice" }
        }
        let bytes = RawJSON(.object(request.parameters)).count
        guard bytes <= Limits.payloadBytes else {
            return "the parameters have \(bytes) bytes, but may have at most \(Limits.payloadBytes)"
        }
        return nil
    }

    /// Names and types, never values.
    static func summary(_ parameters: JSONObject) -> String {
        guard !parameters.isEmpty else { return "no parameters" }
        let shown = parameters.members.prefix(16).map { "\($0.key) (\($0.value.typeName))" }.joined(separator: ", ")
        let count = parameters.members.count
        return (count == 1 ? "1 parameter: " : "\(count) parameters: ") + shown + (count > 16 ? " …" : "")
    }
}
