import OrraEngine
import OrraModel
import Testing

@testable import OrraHub

@Suite("Visits to sockets")
struct ServiceSocketsTests {
    private static let minute = ContinuousClock.Instant.now + .seconds(60)

    private static func visits(_ interval: Duration) -> ServiceSockets.Visits { .init(every: interval) }

    @Test("each is due an interval after it came, in that order")
    func order() {
        var visits = Self.visits(.seconds(30))
        #expect(visits.next == nil)
        for second: UInt64 in 1...3 { visits.add(ConnectionID(second), at: Self.minute + .seconds(Int64(second))) }
        #expect(visits.next == Self.minute + .seconds(31))
        #expect(visits.takeDue(at: Self.minute + .seconds(30)) == [])
        #expect(visits.takeDue(at: Self.minute + .seconds(32)) == [ConnectionID(1), ConnectionID(2)])
        #expect(visits.takeDue(at: Self.minute + .seconds(32)) == [])
        #expect(visits.next == Self.minute + .seconds(33))
    }

    @Test("who looks only when told to comes neither too early for all nor late by more than a fraction")
    func nextVisit() {
        var tuning = HubTuning()
        (tuning.helloTimeout, tuning.pingInterval) = (.seconds(5), .seconds(30))
        let sockets = ServiceSockets(tuning)
        let wait = sockets.nextVisit - .now
        // Nobody is there: who comes from now on is due no earlier than after the shorter of the two.
        #expect(wait > .seconds(4) && wait <= .seconds(5))
        let due = sockets.takeDue()
        #expect(due.hellos.isEmpty && due.pings.isEmpty)
    }
}
