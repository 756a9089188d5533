import OrraCore
import OrraEngine
import OrraModel
import OrraStore
import Testing

@Suite("What the journal tells of connections")
struct ServiceEventTests {
    private static func tell(_ event: ServiceEvent) -> String {
        [
            event.kind.rawValue, "\(event.connection.number)", event.instance, event.health?.rawValue, event.reason,
        ].compactMap(\.self).joined(separator: " ")
    }

    @Test("coming, each change of health, and leaving are told once, with what is wrong")
    func life() async throws {
        var bench = try await Bench.make("echo")
        var connection = Connection(
            id: ConnectionID(1), service: ServiceID("s_echo"), connectedAt: bench.now, awaitsHello: true)
        connection.instance = nil
        let inputs: [Input] = [
            .connected(connection), .hello(ConnectionID(1), credit: 2, instance: "a"),
            .missedPong(ConnectionID(1), count: 1), .missedPong(ConnectionID(1), count: 2),
            .heard(ConnectionID(1), roundTrip: .milliseconds(20)),
            .heard(ConnectionID(1), roundTrip: .milliseconds(30)),
            .heard(ConnectionID(1), roundTrip: .seconds(2)), .heard(ConnectionID(1), roundTrip: .milliseconds(20)),
            .stalled(ConnectionID(1), true), .stalled(ConnectionID(1), true), .stalled(ConnectionID(1), false),
            .drain(ConnectionID(1)), .disconnected(ConnectionID(1)), .disconnected(ConnectionID(1)),
            .missedPong(ConnectionID(1), count: 1),
        ]
        for input in inputs {
            bench.core.enqueue(input)
            try await bench.run()
        }
        #expect(
            try await bench.serviceEvents().map(Self.tell) == [
                "connected 1 connecting awaits its hello", "health 1 a healthy", "health 1 a degraded missed a pong",
                "health 1 a unhealthy missed 2 pongs", "health 1 a healthy", "health 1 a degraded answers slowly",
                "health 1 a healthy", "health 1 a stalled does not read what is sent", "health 1 a healthy",
                "health 1 a draining takes no more tasks", "disconnected 1 a",
            ])
    }

    @Test("service events and orchestrations share the project's positions, without a gap")
    func positions() async throws {
        var bench = try await Bench.make("echo")
        bench.connect(1, "echo")
        try await bench.submit(1...3)
        let deliveries = bench.deliveries
        bench.core.enqueue(.disconnected(ConnectionID(1)))
        bench.connect(2, "echo")
        try await bench.run()
        for delivery in deliveries { bench.report(.output(Sample.output, nil), of: delivery, on: 2) }
        try await bench.run()
        bench = try await bench.restarted()
        bench.connect(3, "echo")
        try await bench.run()
        let entries = try await bench.store.progress(of: Sample.project.id, afterPosition: 0, limit: .max)
        #expect(entries.map(\.position) == Array(1...Int64(entries.count)))
        guard case .service(let last)? = entries.last else {
            Issue.record("the last one is no service event")
            return
        }
        #expect(last.event.connection == ConnectionID(3))
    }

    @Test("an event whose commit failed is told with the next one, once")
    func failed() async throws {
        var bench = try await Bench.make("echo")
        bench.connect(1, "echo")
        try await bench.run()
        bench.store.failNextCommits(2, with: CoreTests.fullDisk)
        bench.core.enqueue(.stalled(ConnectionID(1), true))
        try await bench.run()
        #expect(try await bench.serviceEvents().map(Self.tell).last == "health 1 stalled does not read what is sent")
        #expect(try await bench.serviceEvents().count == 2)
    }

    @Test("an instance that comes back counts its returns; a second hello of the same connection is none")
    func reconnects() async throws {
        var bench = try await Bench.make("echo")
        func come(_ number: UInt64, _ instance: String) async throws -> Int? {
            bench.core.enqueue(
                .connected(
                    Connection(
                        id: ConnectionID(number), service: ServiceID("s_echo"), connectedAt: bench.now,
                        awaitsHello: true)))
            bench.core.enqueue(.hello(ConnectionID(number), credit: nil, instance: instance))
            bench.core.enqueue(.hello(ConnectionID(number), credit: 3, instance: instance))
            try await bench.run()
            return bench.core.fleet[ConnectionID(number)]?.reconnects
        }
        #expect(try await come(1, "a") == 0)
        #expect(try await come(2, "b") == 0)
        bench.core.enqueue(.disconnected(ConnectionID(1)))
        #expect(try await come(3, "a") == 1)
        bench.core.enqueue(.disconnected(ConnectionID(3)))
        #expect(try await come(4, "a") == 2)
        #expect(bench.core.fleet[ConnectionID(2)]?.reconnects == 0)
    }
}
