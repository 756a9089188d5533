public import OrraProtocol

/// Why the hub did not do what an operator asked. No case holds a key or a payload.
public enum OperatorError: Error, Sendable, Hashable {
    /// The text is no address of a hub; the reason says why.
    case invalidAddress(String)
    /// Nothing answered at this address, or not in time. Nothing is known about what was asked: an action may have come in.
    case unreachable(HubAddress, reason: String)
    /// The hub said no, and why.
    case refused(status: Int, APIError)
    /// Something answered that does not speak as a hub does: another server, a proxy, a hub of another age.
    case unexpectedAnswer(HubAddress, status: Int?, reason: String)
}

extension OperatorError: CustomStringConvertible {
    /// One sentence that says what was wrong.
    public var description: String {
        switch self {
        case .invalidAddress(let reason): "the hub's address is not valid: \(reason)"
        case .unreachable(let address, let reason): "can't reach a hub at \(address): \(reason)"
        case .refused(_, let error): error.message
        case .unexpectedAnswer(let address, let status?, let reason):
            "what answers at \(address) is not a hub that this version knows: status \(status), \(reason)"
        case .unexpectedAnswer(let address, nil, let reason):
            "what answers at \(address) is not a hub that this version knows: \(reason)"
        }
    }

    /// What to do next, in one sentence; `nil` where the hub's own message says it.
    public var advice: String? {
        switch self {
        case .invalidAddress: "Write it as http://localhost:8005."
        case .unreachable: "Start the hub with `orra serve`, or check the address."
        case .unexpectedAnswer: "Check that the address and port are those of `orra serve`."
        case .refused: nil
        }
    }
}
