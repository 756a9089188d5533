/// Ends an attempt of a handler with a text for people. Any other error does that too, with its own description.
///
/// ```swift
/// throw TaskFailure("the card was declined")
/// ```
public struct TaskFailure: Error, Sendable, Hashable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}
