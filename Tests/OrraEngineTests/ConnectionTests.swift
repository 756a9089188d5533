import OrraModel
import Testing

@testable import OrraEngine

@Suite("Connection: health, and how much it is sent")
struct ConnectionTests {
    func connection() -> Connection {
        Connection(id: ConnectionID(1), service: .named("alpha"), connectedAt: .at(0))
    }

    let first = TaskReference(OrchestrationID("o_1"), TaskID(1))
    let second = TaskReference(OrchestrationID("o_1"), TaskID(2))

    @Test("health follows pongs and the round trip, never silence alone")
    func health() {
        var connection = connection()
        #expect(connection.health == .healthy)
        connection.roundTrip = .milliseconds(1_001)
        #expect(connection.health == .degraded)
        connection.roundTrip = .seconds(1)
        connection.missedPongs = 1
        #expect(connection.health == .degraded)
        connection.missedPongs = 2
        #expect(connection.health == .unhealthy)
        connection.isDraining = true
        #expect(connection.health == .draining)
    }

    @Test("health in words: one for each state, and why it is not healthy")
    func words() {
        var connection = connection()
        func words() -> [String?] { [connection.health.rawValue, connection.complaint] }
        #expect(words() == ["healthy", nil])
        connection.roundTrip = .seconds(2)
        #expect(words() == ["degraded", "answers slowly"])
        connection.missedPongs = 1
        #expect(words() == ["degraded", "missed a pong"])
        connection.missedPongs = 2
        #expect(words() == ["unhealthy", "missed 2 pongs"])
        connection.isStalled = true
        #expect(words() == ["stalled", "does not read what is sent"])
        connection.isDraining = true
        #expect(words() == ["draining", "takes no more tasks"])
        connection.awaitsHello = true
        #expect(words() == ["connecting", "awaits its hello"])
        #expect(Connection.Health.allCases.count == 6)
    }

    @Test("one that is connecting, draining or stalled has no room")
    func room() {
        var connection = connection()
        connection.credit = 1
        #expect(connection.hasRoom)
        for change: (inout Connection, Bool) -> Void in [
            { $0.isDraining = $1 }, { $0.isStalled = $1 }, { $0.awaitsHello = $1 },
        ] {
            change(&connection, true)
            #expect(!connection.hasRoom)
            change(&connection, false)
        }
        connection.dispatch(first)
        #expect(!connection.hasRoom)
    }

    @Test("an idle connection gets every acknowledgement at once")
    func idle() {
        var connection = connection()
        for number in 0..<100 {
            #expect(connection.acknowledge("m\(number)", isOutcome: false) == ["m\(number)"])
        }
    }

    @Test("a busy connection gets at most 16 frames; the outcome is acknowledged first, then the rest in order")
    func busy() {
        var connection = connection()
        connection.dispatch(first)
        var sent = 1
        for number in 1...20 { sent += connection.acknowledge("m\(number)", isOutcome: false).count }
        #expect(sent == Limits.unansweredFrames)
        connection.release(first, succeeded: true)
        #expect(
            connection.acknowledge("outcome", isOutcome: true) == ["outcome", "m16", "m17", "m18", "m19", "m20"])
        connection.dispatch(first)
        #expect(connection.acknowledge("n1", isOutcome: false) == ["n1"])
    }

    @Test("held acknowledgements are bounded: the oldest are given up")
    func boundedHolding() {
        var connection = connection()
        connection.dispatch(first)
        for number in 1...2_000 { _ = connection.acknowledge("m\(number)", isOutcome: false) }
        connection.release(first, succeeded: true)
        let released = connection.acknowledge("outcome", isOutcome: true)
        #expect(released.count == Limits.heldAcknowledgements + 1)
        #expect(released.first == "outcome" && released.last == "m2000")
    }

    @Test("an outcome proves that it reads, but not that it has read the tasks behind it")
    func queuedTasks() {
        var connection = connection()
        connection.dispatch(first)
        connection.dispatch(second)
        for number in 1...20 { _ = connection.acknowledge("m\(number)", isOutcome: false) }
        connection.release(first, succeeded: true)
        _ = connection.acknowledge("outcome", isOutcome: true)
        let sent = (1...20).flatMap { connection.acknowledge("n\($0)", isOutcome: false) }
        #expect(sent.count == Limits.unansweredFrames - 1)
    }

    @Test("a client whose outcomes have no id goes on getting tasks, and what was held for it")
    func bareOutcomes() {
        var connection = connection()
        for number in 1...40 {
            let task = TaskReference(OrchestrationID("o_\(number)"), TaskID(1))
            #expect(connection.hasRoom)
            connection.dispatch(task)
            connection.release(task, succeeded: true)
            #expect(connection.acknowledge(nil, isOutcome: true).isEmpty)
        }
        connection.dispatch(first)
        for number in 1...20 { _ = connection.acknowledge("m\(number)", isOutcome: false) }
        connection.release(first, succeeded: true)
        #expect(connection.acknowledge(nil, isOutcome: true) == ["m16", "m17", "m18", "m19", "m20"])
        #expect(connection.acknowledge(nil, isOutcome: false).isEmpty)
    }

    @Test("a release of a task that it does not have counts nothing")
    func strayRelease() {
        var connection = connection()
        connection.release(first, succeeded: false)
        #expect(connection.failed == 0)
    }

    @Test("after a timeout a client may still sit in its handler: what is held waits for an outcome or a pong")
    func timedOut() {
        var connection = Connection(id: ConnectionID(1), service: .named("alpha"), connectedAt: .at(0), credit: 1)
        let task = TaskReference(OrchestrationID("o_1"), TaskID(1))
        connection.dispatch(task)
        var sent = 0
        for number in 0..<40 { sent += connection.acknowledge("m\(number)", isOutcome: false).count }
        #expect(sent == Limits.unansweredFrames - 1)
        connection.release(task, succeeded: false)
        #expect(connection.takeHeldAcknowledgements().isEmpty)
        #expect(connection.acknowledge("m40", isOutcome: false).isEmpty)
        #expect(!connection.hasRoom)
        #expect(connection.provesReading().count == 40 - sent + 1)
        #expect(connection.hasRoom)
    }

    @Test("an outcome that comes while the next task is there frees no more than a client of one task leaves unread")
    func outcomeBehindTheNextTask() {
        var connection = Connection(id: ConnectionID(1), service: .named("alpha"), connectedAt: .at(0), credit: 1)
        let (first, second) = (
            TaskReference(OrchestrationID("o_1"), TaskID(1)), TaskReference(OrchestrationID("o_1"), TaskID(2))
        )
        connection.dispatch(first)
        for number in 0..<100 { _ = connection.acknowledge("m\(number)", isOutcome: false) }
        connection.release(first, succeeded: false)
        connection.dispatch(second)
        let due = connection.acknowledge("outcome of the first", isOutcome: true)
        #expect(due.first == "outcome of the first")
        #expect(due.count + 1 <= Limits.unansweredFrames)
        connection.release(second, succeeded: true)
        let rest = connection.acknowledge("outcome of the second", isOutcome: true)
        #expect(rest.count == 1 + 100 - (Limits.unansweredFrames - 1) - (due.count - 1))
    }
}
