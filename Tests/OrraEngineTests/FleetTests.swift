import OrraModel
import Testing

@testable import OrraEngine

@Suite("Fleet: which connection gets which task")
struct FleetTests {
    let alpha = ServiceID.named("alpha")

    func reference(_ number: Int) -> TaskReference { TaskReference(OrchestrationID("o_1"), TaskID(number)) }

    func connection(
        _ number: UInt64, credit: Int = 16, instance: String? = nil, awaitsHello: Bool = false
    ) -> Connection {
        var connection = Connection(
            id: ConnectionID(number), service: alpha, connectedAt: .at(0), credit: credit, awaitsHello: awaitsHello)
        connection.instance = instance
        return connection
    }

    func fleet(_ connections: Connection..., tasks: ClosedRange<Int>? = nil) -> Fleet {
        var fleet = Fleet(openedAt: .at(0))
        for connection in connections { fleet.connected(connection) }
        for number in tasks.map(Array.init) ?? [] { fleet.enqueue(reference(number), service: alpha, lease: nil) }
        return fleet
    }

    /// Pairs of task and connection.
    func assign(_ fleet: inout Fleet, at seconds: Int64 = 1) -> [[Int]] {
        fleet.assign(alpha, at: .at(seconds)).map { [$0.reference.task.number, Int($0.connection.number)] }
    }

    @Test("tasks go out in order, each to the connection with the fewest in flight, within its credit")
    func order() {
        var fleet = fleet(connection(1, credit: 1), connection(2, credit: 3), tasks: 1...6)
        #expect(assign(&fleet) == [[1, 1], [2, 2], [3, 2], [4, 2]])
        #expect(fleet.waiting(for: alpha) == 2)
        #expect(assign(&fleet) == [])
        fleet.release(reference(1), ConnectionID(1), succeeded: true)
        fleet.release(reference(3), ConnectionID(2), succeeded: false)
        #expect(assign(&fleet) == [[5, 1], [6, 2]])
        #expect(fleet[ConnectionID(2)]?.delivered == 4)
        #expect(fleet[ConnectionID(2)]?.failed == 1)
    }

    @Test("a fairer share: the connection with less to do comes first")
    func fewestInFlight() {
        var fleet = fleet(connection(1), connection(2), connection(3), tasks: 1...7)
        #expect(assign(&fleet) == [[1, 1], [2, 2], [3, 3], [4, 1], [5, 2], [6, 3], [7, 1]])
    }

    @Test("a leased task goes to its instance only, and does not hold up those behind it")
    func lease() {
        var fleet = fleet(connection(1, instance: "j"))
        fleet.enqueue(reference(1), service: alpha, lease: .init(instance: "i", until: .at(30)))
        fleet.enqueue(reference(2), service: alpha, lease: nil)
        #expect(assign(&fleet) == [[2, 1]])
        #expect(fleet.nextLeaseEnd(of: alpha, after: .at(1)) == .at(30))
        #expect(fleet.waiting(for: alpha) == 1)
        fleet.connected(connection(2, instance: "i"))
        let assignments = fleet.assign(alpha, at: .at(2))
        #expect(assignments.map(\.connection) == [ConnectionID(2)])
        #expect(assignments.map(\.instance) == ["i"])
    }

    @Test("when the lease ends, another instance gets the task")
    func leaseEnds() {
        var fleet = fleet(connection(1, instance: "j"))
        fleet.enqueue(reference(1), service: alpha, lease: .init(instance: "i", until: .at(30)))
        #expect(assign(&fleet, at: 29) == [])
        #expect(assign(&fleet, at: 30) == [[1, 1]])
        #expect(fleet.nextLeaseEnd(of: alpha, after: .at(30)) == nil)
    }

    @Test("a draining connection takes nothing more, and one that owes its hello nothing yet")
    func drainingAndHello() {
        var fleet = fleet(connection(1), connection(2, awaitsHello: true), tasks: 1...2)
        fleet.update(ConnectionID(1)) { $0.isDraining = true }
        #expect(assign(&fleet) == [])
        #expect(fleet[ConnectionID(1)]?.health == .draining)
        #expect(fleet[ConnectionID(2)]?.health == .connecting)
        fleet.update(ConnectionID(2)) {
            $0.awaitsHello = false
            $0.credit = 1
            $0.instance = "i"
        }
        #expect(assign(&fleet) == [[1, 2]])
    }

    @Test("a stalled connection gets nothing more until its buffer has gone; another replica takes over")
    func stalled() {
        var fleet = fleet(connection(1), connection(2), tasks: 1...2)
        #expect(assign(&fleet) == [[1, 1], [2, 2]])
        fleet.update(ConnectionID(1)) { $0.isStalled = true }
        for number in 3...4 { fleet.enqueue(reference(number), service: alpha, lease: nil) }
        #expect(assign(&fleet) == [[3, 2], [4, 2]])
        // What it has in flight stays there.
        #expect(fleet[ConnectionID(1)]?.inFlight == [reference(1)])
        fleet.update(ConnectionID(1)) { $0.isStalled = false }
        fleet.enqueue(reference(5), service: alpha, lease: nil)
        #expect(assign(&fleet) == [[5, 1]])
    }

    @Test("a task and the request to undo it are two: each waits, is withdrawn and is in flight by itself")
    func kinds() {
        var fleet = Fleet(openedAt: .at(0))
        let undo = TaskReference(OrchestrationID("o_1"), TaskID(1), .compensation)
        fleet.enqueue(reference(1), service: alpha, lease: nil)
        fleet.enqueue(undo, service: alpha, lease: nil)
        #expect(fleet.waiting(for: alpha) == 2)
        #expect(fleet.orchestrationsWaiting(for: alpha) == [OrchestrationID("o_1")])
        fleet.withdraw(reference(1), service: alpha)
        #expect(fleet.waiting(for: alpha) == 1)
        fleet.connected(connection(1))
        #expect(fleet.assign(alpha, at: .at(1)).map(\.reference) == [undo])
        fleet.enqueue(reference(1), service: alpha, lease: nil)
        #expect(fleet.assign(alpha, at: .at(1)).map(\.reference) == [reference(1)])
        fleet.release(reference(1), ConnectionID(1), succeeded: true)
        #expect(fleet[ConnectionID(1)]?.inFlight == [undo])
        #expect(reference(1) < undo)
        #expect(fleet.disconnected(ConnectionID(1), at: .at(2)) == [undo])
    }

    @Test("one that is enqueued again while it waits is delivered once, with the newer lease")
    func enqueuedTwice() {
        var fleet = fleet(connection(1, instance: "i"))
        fleet.enqueue(reference(1), service: alpha, lease: .init(instance: "j", until: .at(30)))
        fleet.enqueue(reference(1), service: alpha, lease: nil)
        #expect(fleet.waiting(for: alpha) == 1)
        #expect(assign(&fleet) == [[1, 1]])
        #expect(fleet.waiting(for: alpha) == 0)
        #expect(assign(&fleet, at: 31) == [])
    }

    @Test("withdrawn ones do not gather")
    func withdrawnAreForgotten() {
        var fleet = Fleet(openedAt: .at(0))
        for number in 1...10_000 {
            fleet.enqueue(reference(number), service: alpha, lease: nil)
            fleet.withdraw(reference(number), service: alpha)
        }
        #expect(fleet.waiting(for: alpha) == 0)
        #expect((fleet.queues[alpha]?.waiting.count ?? 0) <= 64)
    }

    @Test("tasks that were ready earlier are delivered earlier, also when they come back")
    func readyOrder() {
        var fleet = Fleet(openedAt: .at(0))
        for (number, ready) in [(1, 1), (2, 2), (3, 3)] {
            fleet.enqueue(reference(number), service: alpha, lease: nil, readyAt: .at(Int64(ready)))
        }
        fleet.enqueue(reference(4), service: alpha, lease: nil, readyAt: .at(1))
        fleet.connected(connection(1))
        #expect(assign(&fleet) == [[1, 1], [4, 1], [2, 1], [3, 1]])
    }

    @Test("an instance that comes back is told by its reconnects")
    func reconnects() {
        var fleet = Fleet(openedAt: .at(0))
        for number in UInt64(1)...3 {
            fleet.connected(connection(number, instance: "i"))
            #expect(fleet[ConnectionID(number)]?.reconnects == Int(number) - 1)
            _ = fleet.disconnected(ConnectionID(number), at: .at(Int64(number)))
        }
        fleet.connected(connection(4, awaitsHello: true))
        fleet.update(ConnectionID(4)) {
            $0.awaitsHello = false
            $0.instance = "j"
        }
        fleet.arrived(ConnectionID(4))
        #expect(fleet[ConnectionID(4)]?.reconnects == 0)
    }

    @Test("an old socket's close does not unregister the new one (F6)")
    func oldSocketCloses() {
        var fleet = fleet(connection(1), tasks: 1...1)
        #expect(assign(&fleet) == [[1, 1]])
        fleet.connected(connection(2))
        #expect(fleet.disconnected(ConnectionID(1), at: .at(5)) == [reference(1)])
        #expect(fleet.awaySince(alpha) == nil)
        #expect(fleet.connections(of: alpha).map(\.id) == [ConnectionID(2)])
        fleet.enqueue(reference(1), service: alpha, lease: nil)
        #expect(assign(&fleet) == [[1, 2]])
        #expect(fleet.disconnected(ConnectionID(1), at: .at(6)) == [])
        #expect(fleet.service(of: ConnectionID(1)) == nil)
    }

    @Test("a lost connection hands back its tasks in order: task9 before task10")
    func lostTasks() {
        var fleet = fleet(connection(1), tasks: 1...12)
        _ = assign(&fleet)
        #expect(fleet.disconnected(ConnectionID(1), at: .at(5)) == (1...12).map(reference))
        #expect(fleet[ConnectionID(1)] == nil)
    }

    @Test("a service is away since the hub's start or its last connection's end")
    func away() {
        var fleet = Fleet(openedAt: .at(3))
        #expect(fleet.awaySince(alpha) == .at(3))
        fleet.enqueue(reference(1), service: alpha, lease: nil)
        #expect(fleet.awaySince(alpha) == .at(3))
        fleet.connected(connection(1))
        #expect(fleet.awaySince(alpha) == nil)
        _ = fleet.disconnected(ConnectionID(1), at: .at(9))
        #expect(fleet.awaySince(alpha) == .at(9))
    }

    @Test("a withdrawn task is not assigned")
    func withdraw() {
        var fleet = fleet(connection(1), tasks: 1...3)
        fleet.withdraw(reference(2), service: alpha)
        #expect(fleet.orchestrationsWaiting(for: alpha) == [OrchestrationID("o_1")])
        #expect(assign(&fleet) == [[1, 1], [3, 1]])
        #expect(fleet.orchestrationsWaiting(for: alpha) == [])
    }

    @Test("a rollback takes back what happened to connections since the last commit, and nothing else")
    func rollback() {
        var fleet = fleet(connection(1, instance: "i"), connection(2))
        _ = fleet.disconnected(ConnectionID(2), at: .at(2))
        fleet.connected(connection(3, awaitsHello: true))
        fleet.commit()
        let before = fleet.connections(of: alpha)
        fleet.update(ConnectionID(3)) { ($0.awaitsHello, $0.instance, $0.lastSeen) = (false, "i", .at(9)) }
        fleet.arrived(ConnectionID(3))
        fleet.connected(connection(4, instance: "i"))
        fleet.enqueue(reference(1), service: alpha, lease: nil)
        #expect(assign(&fleet).count == 1)
        for number: UInt64 in [1, 3, 4] { _ = fleet.disconnected(ConnectionID(number), at: .at(10)) }
        #expect(fleet.awaySince(alpha) == .at(10))
        var other = connection(5)
        other = Connection(id: other.id, service: .named("beta"), connectedAt: .at(10))
        fleet.connected(other)
        fleet.rollback(waiting: [.init(reference(1), service: alpha, lease: nil, readyAt: nil)])
        #expect(fleet.connections(of: alpha) == before)
        #expect(fleet.awaySince(alpha) == nil)
        #expect(fleet.awaySince(.named("beta")) == .at(0))
        #expect(fleet.service(of: ConnectionID(4)) == nil)
        #expect(fleet.service(of: ConnectionID(1)) == alpha)
        #expect(fleet.waiting(for: alpha) == 1)
        // Its instance has come once, not twice.
        fleet.connected(connection(6, instance: "i"))
        #expect(fleet[ConnectionID(6)]?.reconnects == 1)
    }
}
