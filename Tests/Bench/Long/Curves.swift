import OrraBench
import OrraModel

extension LongRun {
    /// Throughput and latency against one thing that grows, all else alike.
    func playCurves(_ findings: inout Findings) async throws {
        try await grow("Services, each with one connection; chains of 3, 200 in flight", "services", &findings) {
            [1, 10, 100, 1_000].map { count in
                point(Text.grouped(count)) { ($0.services, $0.length, $0.inFlight) = (count, 3, 200) }
            }
        }
        try await grow("Payload of each task; chains of 3, 10 in flight", "bytes", &findings) {
            [100, 1_000, 10_000, 100_000, 1_000_000].map { bytes in
                point(Text.grouped(bytes)) {
                    ($0.payload, $0.length, $0.inFlight) = (bytes, 3, 10)
                    // No more than the disk should have to take, and some hundred of the largest.
                    $0.actions = max(100, 300_000_000 / bytes)
                    if bytes == 1_000_000 { $0.seconds *= 4 }
                }
            }
        }
        try await grow("Length of the chain; 20 in flight", "tasks", &findings) {
            [1, 3, 10, 30, 100].map { length in point("\(length)") { ($0.length, $0.inFlight) = (length, 20) } }
        }
        try await grow("Tasks side by side; 20 in flight", "tasks", &findings) {
            [1, 3, 10, 30, 100].map { width in point("\(width)") { ($0.width, $0.inFlight) = (width, 20) } }
        }
        try await grow("Actions in flight; chains of 3", "in flight", &findings) {
            [1, 10, 100, 1_000, 10_000].map { count in
                point(Text.grouped(count)) {
                    ($0.inFlight, $0.length) = (count, 3)
                    // So that those of the beginning have ended, and new ones are under way.
                    if count == 10_000 { ($0.warmUpSeconds, $0.seconds) = (10, 4 * $0.seconds) }
                }
            }
        }
        try await grow("Live orchestrations that wait for a service; chains of 3, 200 in flight", "live", &findings) {
            [0, 1_000, 10_000, 100_000].map { waiting in
                let count = waiting == 0 ? 0 : scaled(waiting)
                var point = point(Text.grouped(count)) { ($0.length, $0.inFlight) = (3, 200) }
                point.waiting = count
                return point
            }
        }
        try await grow("Finished orchestrations; chains of 3, 200 in flight", "finished", &findings) {
            [0, 100_000, 1_000_000].map { ended in
                let count = ended == 0 ? 0 : scaled(ended)
                var point = point(Text.grouped(count)) { ($0.length, $0.inFlight) = (3, 200) }
                point.ended = count
                return point
            }
        }
    }

    private struct Point {
        var label: String
        var load: Load
        /// In the store before.
        var ended = 0
        var waiting = 0
    }

    private func point(_ label: String, _ change: (inout Load) -> Void) -> Point {
        var load = Load()
        (load.seconds, load.warmUpSeconds) = (settings.seconds, min(1, settings.seconds / 2))
        change(&load)
        return Point(label: label, load: load)
    }

    private func grow(
        _ title: String, _ what: String, _ findings: inout Findings, _ points: () -> [Point]
    ) async throws {
        say(title)
        var rows: [[String]] = []
        for point in points() {
            let folder = try settings.freshFolder("curve")
            if point.ended + point.waiting > 0 {
                try await History.fill(folder, ended: point.ended, waiting: point.waiting)
            }
            let result = try await withHub(on: folder) { _, place in
                try await measure(point.load, place, "\(title), \(point.label)", &findings)
            }
            settings.remove(folder)
            let row = [
                point.label, Text.rate(result.actionsPerSecond), Text.rate(result.tasksPerSecond),
                Text.time(result.hop?.p50), Text.time(result.webhook?.p50), Text.time(result.webhook?.p99),
                Text.time(result.hub?.microsecondsPerAction.map { $0 / Double(point.load.tasks) }),
            ]
            say(row.joined(separator: "  "))
            rows.append(row)
        }
        findings.add(
            LongResult.Table(
                title: title,
                header: [
                    what, "actions", "tasks", "hop, p50", "POST → webhook, p50", "p99", "the hub's processor per task",
                ], rows: rows))
    }
}
