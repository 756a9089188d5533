/// Why a component can't be described, or can't run on.
public struct ComponentError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// The hub's address or key is missing or malformed.
        case invalidAddress
        /// A name, description or number that the hub would refuse.
        case invalidComponent
        /// A schema can't be derived from its type, or breaks the hub's rules.
        case invalidSchema
        /// The hub refused the registration or the connection for good.
        case refused
        /// The data directory can't be used.
        case storage
        /// Progress or an abort was reported for a task that has ended.
        case taskEnded
        /// A payload can't be encoded, or is over 10 MiB.
        case invalidPayload
    }

    public let code: Code
    /// What was wrong and what to do; quotes no key and no payload.
    public let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
