import Foundation
import ProcessSupport
import Testing

@testable import Chaos

@Suite("Chaos", .serialized)
struct ChaosTests {
    /// `make chaos` goes on for longer.
    @Test("in half a minute of faults no action is lost and no effect is doubled")
    func shortRun() async throws {
        let seed = UInt64.random(in: 1...999_999)
        var settings = ChaosSettings(seed: seed, duration: .seconds(20), services: 6)
        settings.pause = 150...1_000
        let report = try await ChaosRun.run(settings) { _ in }
        #expect(report.isGood, "\(report.text)")
        let entries = report.ledger.filter { $0.id != nil }
        #expect(entries.count > 20, "\(report.text)")
        #expect(report.hub.kills > 0 && report.fleet.kills > 0 && report.killer.cuts > 0, "\(report.text)")
        #expect(report.verdict.effects > entries.count, "\(report.text)")
    }
}
