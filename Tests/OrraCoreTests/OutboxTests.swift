import Foundation
import OrraCore
import OrraEngine
import OrraModel
import OrraStore
import Testing

@Suite("The outbox")
struct OutboxTests {
    private static let echo = ServiceID("s_echo")

    @Test("F5: what waits for an absent service is delivered in order as soon as it is there")
    func inOrder() async throws {
        var bench = try await Bench.make("echo")
        try await bench.submit(1...40)
        let waiting = try await bench.store.outbox(of: Sample.project.id, limit: 100)
        #expect(waiting.map(\.reference.orchestration) == (1...40).map { OrchestrationID("o_\($0)") })
        #expect(waiting.allSatisfy { $0.death == nil })
        bench.connect(1, "echo", credit: 4)
        try await bench.run()
        var delivered: [OrchestrationID] = []
        while let delivery = bench.deliveries.first {
            delivered += bench.deliveries.map(\.reference.orchestration)
            for delivery in bench.deliveries.reversed() {
                bench.report(.output(Sample.output, nil), of: delivery, on: 1)
            }
            #expect(delivery.reference.kind == .task)
            try await bench.run()
        }
        #expect(delivered == (1...40).map { OrchestrationID("o_\($0)") })
        #expect(try await bench.store.outbox(of: Sample.project.id, limit: 100).isEmpty)
        #expect(bench.core.liveCount == 0)
    }

    @Test("an entry that is not delivered within the grace period is a dead letter, with the reason")
    func deadLetter() async throws {
        var bench = try await Bench.make("echo", "other")
        bench.submit(Sample.received("o_1", gracePeriod: .seconds(60)), Sample.chain("echo"))
        bench.submit(Sample.received("o_2", gracePeriod: .seconds(600)), Sample.chain("other"))
        try await bench.run()
        bench.now = bench.now + .seconds(60)
        try await bench.run()
        let rows = try await bench.store.outbox(of: Sample.project.id, limit: 10)
        #expect(rows.map(\.reference.orchestration) == [OrchestrationID("o_2"), OrchestrationID("o_1")])
        #expect(rows[0].death == nil)
        #expect(rows[1].death?.at == bench.now)
        #expect(rows[1].death?.error.contains("task1 (echo) was away longer than the grace period") == true)
        #expect(try await bench.store.outbox().count == 1)
        #expect(try await bench.store.orchestration(OrchestrationID("o_1"))?.status == .failed)
        // It is not delivered when the service comes back after all.
        bench.connect(1, "echo")
        try await bench.run()
        #expect(bench.deliveries.isEmpty)
    }

    /// As `Bench.run`, and returns what the batches did to the outbox.
    private static func changes(_ bench: inout Bench) async throws -> [Write] {
        var changes: [Write] = []
        bench.effects = []
        while let batch = bench.core.nextBatch(at: bench.now) {
            changes += batch.writes.filter(\.isOfOutbox)
            if !batch.writes.isEmpty { try await bench.store.commit(batch.writes) }
            bench.effects += bench.core.committed()
        }
        return changes
    }

    @Test("what is handed out at once leaves no trace; what waits is there until it is handed out, and again")
    func traces() async throws {
        var bench = try await Bench.make("echo")
        bench.connect(1, "echo")
        bench.submit(Sample.received("o_1"), Sample.chain("echo", "echo"))
        #expect(try await Self.changes(&bench).isEmpty)
        var delivery = try #require(bench.deliveries.first)
        bench.report(.output(Sample.output, nil), of: delivery, on: 1)
        #expect(try await Self.changes(&bench).isEmpty)
        delivery = try #require(bench.deliveries.first)
        let (key, readyAt) = (delivery.key, bench.now)

        // Its connection is lost: it waits, at its old place.
        bench.now = bench.now + .seconds(1)
        bench.core.enqueue(.disconnected(ConnectionID(1)))
        let lost = try await Self.changes(&bench)
        guard lost.count == 1, case .outboxInsert(let row)? = lost.first else {
            Issue.record("\(lost)")
            return
        }
        #expect(row.key == key)
        #expect(row.readyAt == readyAt)
        #expect(row.reference == TaskReference(OrchestrationID("o_1"), TaskID(2)))
        bench.connect(2, "echo")
        #expect(try await Self.changes(&bench) == [.outboxDelete(key)])

        // It fails, and waits for its next attempt: not for a connection. Then it is handed out at once.
        bench.report(.error("not now"), of: try #require(bench.deliveries.first), on: 2)
        #expect(try await Self.changes(&bench).isEmpty)
        bench.now = try #require(bench.core.nextWakeup)
        #expect(try await Self.changes(&bench).isEmpty)
        bench.report(.output(Sample.output, nil), of: try #require(bench.deliveries.first), on: 2)
        #expect(try await Self.changes(&bench).isEmpty)
        #expect(bench.core.liveCount == 0)
        #expect(try await bench.store.outbox(of: Sample.project.id, limit: 9).isEmpty)
    }

    @Test("a task that a restart finds with a connection waits; the row that an older hub left of it does no harm")
    func olderHub() async throws {
        for isOlder in [false, true] {
            var bench = try await Bench.make("echo")
            bench.connect(1, "echo")
            bench.submit(Sample.received("o_1"), Sample.chain("echo"))
            try await bench.run()
            let delivery = try #require(bench.deliveries.first)
            let row = OutboxRow(
                key: delivery.key, reference: delivery.reference, project: Sample.project.id, service: delivery.service,
                readyAt: bench.now)
            if isOlder { try await bench.store.commit([.outboxInsert(row)]) }
            bench = try await bench.restarted()
            try await bench.run()
            #expect(try await bench.store.outbox() == [row])
            bench.connect(2, "echo")
            try await bench.run()
            #expect(try await bench.store.outbox().isEmpty)
            bench.report(.output(Sample.output, nil), of: try #require(bench.deliveries.first), on: 2)
            try await bench.run()
            #expect(bench.core.liveCount == 0)
        }
    }

    @Test("an answer that comes while a task waits takes its row away")
    func answered() async throws {
        var bench = try await Bench.make("echo")
        bench.connect(1, "echo")
        bench.submit(Sample.received("o_1"), Sample.chain("echo"))
        try await bench.run()
        let delivery = try #require(bench.deliveries.first)
        bench.core.enqueue(.disconnected(ConnectionID(1)))
        try await bench.run()
        #expect(try await bench.store.outbox().count == 1)
        // What its client kept while it was away comes before the task is handed out again.
        bench.connect(2, "echo", credit: 0)
        bench.report(.output(Sample.output, nil), of: delivery, on: 2)
        #expect(try await Self.changes(&bench) == [.outboxDelete(delivery.key)])
        #expect(bench.core.liveCount == 0)
    }

    @Test("a batch that fails leaves nothing of what it did to the outbox")
    func failedBatch() async throws {
        var bench = try await Bench.make("echo")
        bench.store.failNextCommits(with: StoreError(.unavailable, "full"))
        bench.submit(Sample.received("o_1"), Sample.chain("echo"))
        try await bench.run()
        #expect(try await Self.changes(&bench).isEmpty)
        try await bench.submit(2...2)
        #expect(try await bench.store.outbox().map(\.reference.orchestration) == [OrchestrationID("o_2")])
    }

    @Test("a crowd that waits comes and goes in bounded steps, and all of it is delivered")
    func crowd() async throws { try await Self.wait(3_000, cycles: 3) }

    /// Submits so many actions to a service that is away, lets it come and go, and then work.
    @discardableResult
    private static func wait(_ count: Int, cycles: UInt64) async throws -> [(String, Duration)] {
        var bench = try await Bench.make("echo")
        var times: [(String, Duration)] = []
        let clock = ContinuousClock()
        var largest = 0
        func measure(_ what: String, _ body: () async throws -> Void) async rethrows {
            times.append((what, try await clock.measure(body)))
        }
        /// As `run`, and watches the size of batches.
        func run() async throws {
            bench.effects = []
            while let batch = bench.core.nextBatch(at: bench.now) {
                largest = max(largest, batch.writes.count)
                if !batch.writes.isEmpty { try await bench.store.commit(batch.writes) }
                bench.effects += bench.core.committed()
            }
        }
        try await measure("submit") {
            for start in stride(from: 1, through: count, by: 100) {
                for number in start..<min(start + 100, count + 1) {
                    bench.submit(Sample.received("o_\(number)"), Sample.chain("echo"))
                }
                try await run()
            }
        }
        #expect(bench.core.fleet.waiting(for: echo) == count)
        largest = 0
        for number in 1...cycles {
            // A replica that takes nothing: everything that waits hears that it came and went.
            try await measure("come \(number)") {
                bench.connect(number, "echo")
                bench.core.enqueue(.stalled(ConnectionID(number), true))
                try await run()
            }
            try await measure("go \(number)") {
                bench.core.enqueue(.disconnected(ConnectionID(number)))
                try await run()
            }
        }
        // At most so many inputs and so many wakeups make a batch, each with a few writes.
        #expect(largest <= 8 * Limits.batchInputs)
        try await measure("deliver") {
            bench.connect(1_000, "echo", credit: 16)
            try await run()
            var done = 0
            while !bench.deliveries.isEmpty {
                let deliveries = bench.deliveries
                done += deliveries.count
                for delivery in deliveries { bench.report(.output(Sample.output, nil), of: delivery, on: 1_000) }
                try await run()
            }
            #expect(done == count)
        }
        #expect(largest <= 8 * Limits.batchInputs)
        #expect(bench.core.liveCount == 0)
        #expect(try await bench.store.outbox().isEmpty)
        return times
    }

    /// Figures for `docs/reliability.md`: `ORRA_MEASURE=100000 swift test --filter OutboxTests`.
    @Test(
        "time and memory of a hundred thousand entries",
        .enabled(if: ProcessInfo.processInfo.environment["ORRA_MEASURE"] != nil))
    func measure() async throws {
        let count = Int(ProcessInfo.processInfo.environment["ORRA_MEASURE"] ?? "") ?? Limits.outboxEntriesPerService
        let before = Self.residentKilobytes
        let times = try await Self.wait(count, cycles: 2)
        let lines =
            times.map { "\($0.0): \($0.1)" }
            + ["resident before: \(before) kB", "peak: \(Self.status("VmHWM")) kB"]
        try Data(lines.joined(separator: "\n").utf8)
            .write(to: FileManager.default.temporaryDirectory.appending(path: "orra-outbox.txt"))
    }

    private static var residentKilobytes: Int { status("VmRSS") }

    private static func status(_ name: String) -> Int {
        let text = (try? String(contentsOf: URL(filePath: "/proc/self/status"), encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix(name) } ?? ""
        return Int(line.filter(\.isNumber)) ?? 0
    }
}

extension Write {
    var isOfOutbox: Bool {
        switch self {
        case .outboxInsert, .outboxDelete, .outboxDead: true
        default: false
        }
    }
}
