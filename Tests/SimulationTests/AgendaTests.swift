import Testing

@testable import OrraTestKit

@Suite("Agenda and seeded numbers")
struct AgendaTests {
    @Test("the earliest comes first, and of those at one time the one that was added first")
    func order() {
        var agenda = Agenda<String>()
        agenda.add("late", at: 30)
        agenda.add("first", at: 10)
        agenda.add("second", at: 10)
        agenda.add("earliest", at: 0)
        var told: [String] = []
        while let next = agenda.next() { told.append("\(next.at) \(next.event)") }
        #expect(told == ["0 earliest", "10 first", "10 second", "30 late"])
    }

    @Test("a seed's streams differ from each other and are the same each time")
    func streams() {
        func draw(_ stream: UInt64) -> [UInt64] {
            var generator = SeededGenerator(seed: 1, stream: stream)
            return (0..<4).map { _ in generator.next() }
        }
        #expect(draw(1) == draw(1))
        #expect(draw(1) != draw(2))
        var generator = SeededGenerator(seed: 5)
        let throwsOfDice = (0..<600).map { _ in generator.pick(1...6) }
        #expect(Set(throwsOfDice) == Set(1...6))
    }

    @Test("a scenario is made of its seed alone")
    func scenario() {
        #expect("\(Scenario(seed: 9))" == "\(Scenario(seed: 9))")
        #expect("\(Scenario(seed: 9))" != "\(Scenario(seed: 10))")
    }

    @Test("a kind of fault can be taken out of a scenario", arguments: Scenario.Fault.allCases)
    func without(fault: Scenario.Fault) {
        let scenario = Scenario(seed: 11).without(fault)
        #expect(!scenario.actions.contains { $0.kind.fault == fault })
        switch fault {
        case .dropped: #expect(scenario.network.dropped == 0)
        case .duplicated: #expect(scenario.network.duplicated == 0)
        case .reordered: #expect(scenario.network.reordered == 0)
        case .doomed: #expect(scenario.handlers.doomed == 0)
        default: break
        }
    }
}
