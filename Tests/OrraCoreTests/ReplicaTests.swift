import OrraCore
import OrraEngine
import OrraModel
import OrraStore
import Testing

@Suite("Replicas")
struct ReplicaTests {
    @Test("a task goes to the connection with the fewest in flight, within its credit")
    func fewest() async throws {
        var bench = try await Bench.make("echo")
        bench.connect(1, "echo", credit: 1)
        bench.connect(2, "echo", credit: 3)
        bench.connect(3, "echo", credit: 2)
        try await bench.submit(1...7)
        #expect(bench.deliveredTo == [1, 2, 3, 2, 3, 2])
        #expect(bench.core.fleet.waiting(for: ServiceID("s_echo")) == 1)
        let second = try #require(bench.deliveries.dropFirst(1).first)
        bench.report(.output(Sample.output, nil), of: second, on: 2)
        try await bench.run()
        #expect(bench.deliveredTo == [2])
    }

    @Test("a stalled connection gets no more; its task moves to another replica only after the deadline, same key")
    func stalled() async throws {
        var bench = try await Bench.make("echo")
        bench.connect(1, "echo", credit: 4, instance: "a")
        bench.submit(Sample.received("o_1", timeout: .seconds(10)), Sample.chain("echo"))
        try await bench.run()
        let first = try #require(bench.deliveries.first)
        bench.connect(2, "echo", credit: 4, instance: "b")
        bench.core.enqueue(.stalled(ConnectionID(1), true))
        try await bench.run()
        for number in 2...4 { bench.submit(Sample.received("o_\(number)"), Sample.chain("echo")) }
        try await bench.run()
        #expect(bench.deliveredTo == [2, 2, 2])
        bench.now = bench.now + .milliseconds(9_999)
        try await bench.run()
        #expect(bench.deliveries.isEmpty)
        while bench.deliveries.isEmpty {
            bench.now = max(bench.now, try #require(bench.core.nextWakeup))
            try await bench.run()
        }
        #expect(bench.now >= Sample.start + .seconds(10))
        #expect(bench.deliveredTo == [2])
        let second = try #require(bench.deliveries.first)
        #expect(second.key == first.key)
        #expect(second.execution != first.execution)
        // It reads again: it is one among others.
        bench.core.enqueue(.stalled(ConnectionID(1), false))
        try await bench.submit(5...5)
        #expect(bench.deliveredTo == [1])
    }

    @Test("with nobody but a stalled connection tasks wait, and are delivered when it reads again")
    func onlyStalled() async throws {
        var bench = try await Bench.make("echo")
        bench.connect(1, "echo")
        bench.core.enqueue(.stalled(ConnectionID(1), true))
        try await bench.submit(1...2)
        #expect(bench.deliveries.isEmpty)
        bench.core.enqueue(.stalled(ConnectionID(1), false))
        try await bench.run()
        #expect(bench.deliveredTo == [1, 1])
    }

    @Test("a lost task goes back to its instance at once, whoever else has room")
    func lease() async throws {
        var bench = try await Bench.make("echo")
        bench.connect(1, "echo", instance: "a")
        bench.submit(Sample.received("o_1", timeout: .seconds(10)), Sample.chain("echo"))
        try await bench.run()
        let first = try #require(bench.deliveries.first)
        bench.connect(2, "echo", instance: "b")
        bench.core.enqueue(.disconnected(ConnectionID(1)))
        try await bench.run()
        #expect(bench.deliveries.isEmpty)
        bench.connect(3, "echo", instance: "a")
        try await bench.run()
        #expect(bench.deliveredTo == [3])
        #expect(bench.deliveries.first?.key == first.key)
        #expect(bench.now == Sample.start)
    }

    @Test("a draining connection finishes what it has; what waits goes to others")
    func drain() async throws {
        var bench = try await Bench.make("echo")
        bench.connect(1, "echo", credit: 1)
        try await bench.submit(1...2)
        let first = try #require(bench.deliveries.first)
        bench.core.enqueue(.drain(ConnectionID(1)))
        bench.report(.output(Sample.output, nil), of: first, on: 1)
        try await bench.run()
        #expect(bench.acknowledged == ["m"])
        #expect(bench.deliveries.isEmpty)
        #expect(bench.core.liveCount == 1)
        bench.connect(2, "echo")
        try await bench.run()
        #expect(bench.deliveredTo == [2])
    }

    @Test("silence ends no connection with a task in flight: pongs change its health, and its task stays there")
    func silence() async throws {
        var bench = try await Bench.make("echo")
        bench.connect(1, "echo", credit: 1)
        bench.connect(2, "echo")
        try await bench.submit(1...1)
        #expect(bench.deliveredTo == [1])
        for count in 1...5 { bench.core.enqueue(.missedPong(ConnectionID(1), count: count)) }
        try await bench.run()
        #expect(bench.deliveries.isEmpty)
        #expect(!bench.effects.contains(.reset(ConnectionID(1))))
        #expect(bench.core.fleet[ConnectionID(1)]?.inFlight.count == 1)
        #expect(bench.core.fleet[ConnectionID(1)]?.health == .unhealthy)
    }

    @Test("an unhealthy or slow connection gets a task only when no healthy one has room")
    func healthyFirst() async throws {
        var bench = try await Bench.make("echo")
        bench.connect(1, "echo", credit: 2)
        bench.connect(2, "echo", credit: 1)
        bench.core.enqueue(.missedPong(ConnectionID(1), count: 2))
        try await bench.submit(1...2)
        #expect(bench.deliveredTo == [2, 1])
    }
}
