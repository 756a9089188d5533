import OrraEngine
import Testing

@testable import OrraTestKit

@Suite("Simulation: whoever crashes, nothing is lost (F1, F4, F5, F6, F10, F11, F12, F14)", .timeLimit(.minutes(10)))
struct SimulationTests {
    /// Chunks run side by side; each is named by its first seed.
    static let chunks = stride(from: UInt64(0), to: 300, by: 10).map { $0..<($0 + 10) }

    @Test("every promise holds in a world of faults", arguments: chunks)
    func seeds(_ chunk: Range<UInt64>) async throws {
        for seed in chunk {
            let report = try await Simulation.run(Scenario(seed: seed))
            guard report.isSound else {
                Issue.record("\(try await Shrinker.shrink(Scenario(seed: seed)).text)")
                continue
            }
            #expect(report.counts.accepted > 0 || report.counts.outcomes["completed"] == nil)
        }
    }

    @Test("the same seed gives the same run", arguments: [7, 31, 208] as [UInt64])
    func deterministic(seed: UInt64) async throws {
        let first = try await Simulation.run(Scenario(seed: seed), tracing: true)
        let second = try await Simulation.run(Scenario(seed: seed), tracing: true)
        #expect(first.journal.count > 50)
        #expect(first.journal == second.journal)
        #expect(first.trace == second.trace)
        let other = try await Simulation.run(Scenario(seed: seed + 1))
        #expect(first.journal != other.journal)
    }

    @Test("tracing changes nothing")
    func tracing() async throws {
        let silent = try await Simulation.run(Scenario(seed: 12))
        let traced = try await Simulation.run(Scenario(seed: 12), tracing: true)
        #expect(silent.journal == traced.journal)
        #expect(silent.trace.isEmpty)
        #expect(!traced.trace.isEmpty)
    }

    @Test("every kind of fault comes to pass, and every way to end")
    func faultsComeToPass() async throws {
        var counts = SimulationReport.Counts()
        for seed in UInt64(1_000)..<1_060 { counts += try await Simulation.run(Scenario(seed: seed)).counts }
        #expect(counts.restarts > 20)
        #expect(counts.failedCommits > 20)
        #expect(counts.doubtfulCommits > 0)
        #expect(counts.lostConnections > 50)
        #expect(counts.lost > 0 && counts.doubled > 0)
        #expect(counts.effects > 500 && counts.repeats > 0)
        #expect(counts.late > 0)
        #expect(counts.retries > 0 && counts.replays > 0)
        #expect(Set(counts.outcomes.keys) == ["completed", "failed", "aborted", "cancelled", "not_actionable"])
        #expect(["completed", "failed", "expired"].allSatisfy { counts.compensations[$0, default: 0] > 0 })
        #expect(counts.watched > counts.entries / 2)
        #expect(counts.held > 50 && counts.approved > 20)
        #expect(counts.rejected > 5 && counts.expiredHolds > 5 && counts.refusedVerdicts > 20)
    }

    @Test(
        "the hub may crash at every commit: before it, after it, and amid what follows",
        arguments: [Scenario.CrashPoint.beforeCommit, .afterCommit, .amidEffects(perMille: 500)])
    func everyCommitPoint(point: Scenario.CrashPoint) async throws {
        var quiet = Scenario(seed: 20)
        for fault in Scenario.Fault.allCases where ![.errors, .doomed, .aborts, .holds].contains(fault) {
            quiet = quiet.without(fault)
        }
        let undisturbed = try await Simulation.run(quiet)
        let commits = undisturbed.commits
        #expect(commits > 20)
        #expect(undisturbed.counts.approved > 0 && undisturbed.counts.rejected > 0)
        var crashes = 0
        for commit in 1...commits {
            let report = try await Simulation.run(quiet.crashing(atCommit: commit, point))
            #expect(report.isSound, "commit \(commit): \(report.fault ?? "")")
            crashes += report.counts.restarts
        }
        // The last commits come when the faults have ended.
        #expect(crashes > commits * 3 / 4)
    }
}
