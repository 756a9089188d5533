/// A condition did not come about in time.
struct TimedOut: Error, CustomStringConvertible {
    let description: String
}

/// Asks again and again until there is an answer; throws ``TimedOut`` when there is none within the deadline.
func eventually<Value>(
    _ what: String, within limit: Duration = .seconds(90), _ probe: () async throws -> Value?
) async throws -> Value {
    let deadline = ContinuousClock.now + limit
    while true {
        if let value = try await probe() { return value }
        guard ContinuousClock.now < deadline else { throw TimedOut(description: "not in time: \(what)") }
        try await Task.sleep(for: .milliseconds(5))
    }
}

/// Waits until the condition holds.
func until(_ what: String, within limit: Duration = .seconds(90), _ holds: () async throws -> Bool) async throws {
    _ = try await eventually(what, within: limit) { try await holds() ? () : nil }
}
