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

    @Test("a release of a task that it does not have counts nothing")
    func strayRelease() {
        var connection = connection()
        connection.release(first, succeeded: false)
        #expect(connection.failed == 0)
    }
}
