/// What a process did, or did not do, that makes a test pointless.
public struct ProcessFault: Error, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}

/// Asks again and again until there is an answer.
///
/// - Parameters:
///   - what: named in the error.
///   - limit: generous: it is reached only when something is wrong.
public func eventually<Value>(
    _ what: String, within limit: Duration = .seconds(90), _ probe: () async throws -> Value?
) async throws -> Value {
    let deadline = ContinuousClock.now + limit
    while true {
        if let value = try await probe() { return value }
        guard ContinuousClock.now < deadline else { throw ProcessFault("not within \(limit): \(what)") }
        try await Task.sleep(for: .milliseconds(20))
    }
}

/// Waits until the condition holds.
public func until(
    _ what: String, within limit: Duration = .seconds(90), _ holds: () async throws -> Bool
) async throws {
    _ = try await eventually(what, within: limit) { try await holds() ? () : nil }
}
