import NIOCore

/// What a benchmark found. As JSON, its members are these.
public struct BenchResult: Sendable, Hashable, Codable {
    /// A hub on the same machine.
    public struct Hub: Sendable, Hashable, Codable {
        /// Bytes of memory when measuring began, and when it ended.
        public var residentBefore: Int
        public var residentAfter: Int
        /// Cores that it kept busy.
        public var cores: Double
        /// Of processor time; `nil` when no action completed.
        public var microsecondsPerAction: Double?
    }

    public var load: Load
    /// Seconds that were measured.
    public var seconds: Double
    /// Actions that completed meanwhile, and per second.
    public var completed: Int
    public var actionsPerSecond: Double
    public var tasksPerSecond: Double
    /// From sending an action to its 202. Microseconds, as all that follow.
    public var accepted: Latency?
    /// From sending a task's result to getting the next task of its chain.
    public var hop: Latency?
    /// From sending an action to its outcome, by each way.
    public var webhook: Latency?
    public var progress: Latency?
    /// What went wrong, and how often: refused, or ended otherwise than completed.
    public var errors: [String: Int]
    /// Results with another action's token, or one of another number of tasks.
    public var wrong: Int
    /// Accepted actions without an outcome.
    public var lost: Int
    /// Outcomes that came more than once: webhooks come at least once.
    public var repeated: Int
    /// Connections of services that the hub closed.
    public var lostConnections: Int
    public var hub: Hub?
    /// Cores that the benchmark itself kept busy.
    public var ownCores: Double

    /// Whether every action completed with its own result.
    public var isClean: Bool { errors.isEmpty && wrong == 0 && lost == 0 }

    init(
        load: Load, _ tally: Tally, measured: (completed: Int, time: TimeAmount), lostConnections: Int, usage: Usage
    ) {
        self.load = load
        let seconds = Double(measured.time.nanoseconds) / 1e9
        self.seconds = seconds
        completed = measured.completed
        actionsPerSecond = seconds > 0 ? Double(completed) / seconds : 0
        tasksPerSecond = actionsPerSecond * Double(load.tasks)
        accepted = Latency(tally.accepted)
        hop = Latency(tally.hop)
        webhook = Latency(tally.webhook)
        progress = Latency(tally.progress)
        errors = tally.errors
        wrong = tally.wrong
        lost = tally.lost
        repeated = tally.repeated
        self.lostConnections = lostConnections
        hub = usage.hub(over: seconds, actions: completed)
        ownCores = usage.ownCores(over: seconds)
    }
}

extension BenchResult {
    /// For people: a table.
    public var text: String {
        var lines = [
            "\(load.inFlight) in flight, \(load.tasks) \(load.tasks == 1 ? "task" : "tasks") an action"
                + (load.width > 1 ? " (\(load.width) chains of \(load.length))" : "")
                + (load.payload > 0 ? ", \(load.payload) bytes of payload" : "")
                + ", \(load.services) x \(load.replicas) connections, \(Self.number(seconds, 1)) s",
            "",
            "  actions/s   \(Self.number(actionsPerSecond, 0))     tasks/s   \(Self.number(tasksPerSecond, 0))",
            "",
            "  milliseconds          p50       p95       p99       max",
        ]
        for (name, latency) in [
            ("POST -> 202", accepted), ("hop", hop), ("POST -> webhook", webhook), ("POST -> progress", progress),
        ] {
            guard let latency else { continue }
            let cells = [latency.p50, latency.p95, latency.p99, latency.max].map { micros in
                let cell = Self.number(micros / 1_000, 2)
                return String(repeating: " ", count: max(0, 10 - cell.count)) + cell
            }
            lines.append("  \(name)\(String(repeating: " ", count: 17 - name.count))\(cells.joined())")
        }
        lines += ["", "  wrong \(wrong)   lost \(lost)   repeated \(repeated)   connections lost \(lostConnections)"]
        for (error, count) in errors.sorted(by: { $0.key < $1.key }) { lines.append("  \(count) x \(error)") }
        if let hub {
            let perAction = hub.microsecondsPerAction.map { ", \(Self.number($0, 0)) us of processor an action" } ?? ""
            lines.append(
                "  hub: \(Self.number(hub.cores, 2)) cores\(perAction), memory \(Self.mebibytes(hub.residentBefore)) -> "
                    + "\(Self.mebibytes(hub.residentAfter)) MiB")
        }
        lines.append("  benchmark: \(Self.number(ownCores, 2)) cores")
        return lines.joined(separator: "\n") + "\n"
    }

    private static func mebibytes(_ bytes: Int) -> String { number(Double(bytes) / 1_048_576, 0) }

    /// With a fixed number of decimals.
    static func number(_ value: Double, _ decimals: Int) -> String {
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        let scaled = Int((value * scale).rounded())
        guard decimals > 0 else { return "\(scaled)" }
        let fraction = String(scaled % Int(scale))
        return "\(scaled / Int(scale))." + String(repeating: "0", count: decimals - fraction.count) + fraction
    }
}
