/// Growing waits between tries: 1 s, 2 s, 4 s … 30 s, of which a random half is left out, so that components which lost
/// the hub at the same time do not come back at the same time.
struct Backoff: Sendable {
    var first = Duration.seconds(1)
    var longest = Duration.seconds(30)
    private var failures = 0

    init(first: Duration = .seconds(1), longest: Duration = .seconds(30)) {
        self.first = first
        self.longest = longest
    }

    /// The wait after one more failure. `fraction` in 0..<1 chooses the place between one half and the whole.
    mutating func next(fraction: Double) -> Duration {
        var wait = first
        for _ in 0..<failures where wait < longest { wait *= 2 }
        failures += 1
        return min(wait, longest) * (0.5 + fraction / 2)
    }

    mutating func reset() { failures = 0 }
}
