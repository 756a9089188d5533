import OrraModel
import Testing

@testable import OrraEngine

@Suite("Random runs")
struct RandomRunTests {
    static let seeds: Range<UInt64> = 1..<401

    @Test("a journal folds to the live value after every step")
    func replay() throws {
        for seed in Self.seeds {
            var random = RandomRun(seed: seed)
            try random.play { run in
                let folded = try Orchestration(replaying: run.journal)
                try #require(folded == run.live, "seed \(seed)")
            }
        }
    }

    @Test("a journal folds to the live value from its form on disk")
    func replayFromDisk() throws {
        for seed in Self.seeds {
            var random = RandomRun(seed: seed)
            random.play { _ in }
            let entries = try random.run.journal.map { entry in
                var entry = entry
                entry.event = try WireDecoder().decode(Event.self, from: WireEncoder().encode(entry.event))
                return entry
            }
            try #require(entries == random.run.journal, "seed \(seed)")
            try #require(try Orchestration(replaying: entries) == random.run.live, "seed \(seed)")
        }
    }

    @Test("compensations run one at a time, the newest first, within their limits, and each ends once")
    func compensations() throws {
        var requests = 0
        for seed in Self.seeds {
            var random = RandomRun(seed: seed)
            random.play { _ in }
            #expect(throws: Never.self, "seed \(seed)") { try UndoModel.check(random.run) }
            requests += random.run.journal.count { $0.event.kind == .compensationReady }
        }
        #expect(requests > 200, "the runs undo too little to show anything")
    }

    @Test("nothing of a plan that waits for a yes runs before it, and nothing of one that never got it")
    func holds() throws {
        var (held, approved, ended) = (0, 0, Set<FailureCode>())
        for seed in Self.seeds {
            var random = RandomRun(seed: seed)
            random.play { _ in }
            var waits = false
            for entry in random.run.journal {
                switch entry.event {
                case .planned(let planned):
                    waits = planned.holdUntil != nil
                    held += waits ? 1 : 0
                    try #require((planned.terms?.hold == nil) == (planned.holdUntil == nil), "seed \(seed)")
                case .approved:
                    try #require(waits, "seed \(seed)")
                    waits = false
                    approved += 1
                case .ended(let end) where waits:
                    try #require(end.status == .cancelled, "seed \(seed)")
                    end.failure.map { _ = ended.insert($0.code) }
                    waits = false
                case .taskKept, .taskCancelled, .messageRejected: break
                case .received, .planningStage: try #require(!waits, "seed \(seed)")
                default: try #require(!waits, "seed \(seed): \(entry.event.kind) while the plan waits")
                }
            }
        }
        #expect(held > 50 && approved > 20)
        #expect(ended == [.planRejected, .approvalExpired, .cancelled])
    }

    @Test("the clock has something to do when it was said, and nothing before")
    func wakeups() throws {
        for seed in Self.seeds.prefix(100) {
            var random = RandomRun(seed: seed)
            try random.play { run in
                func decision(at now: Timestamp) -> Decision {
                    var live = run.live
                    return live.handle(.clock, at: now, in: run.world)
                }
                guard let wakeup = run.live.nextWakeup(in: run.world) else {
                    try #require(decision(at: run.now + .seconds(1_000_000_000)) == Decision(), "seed \(seed)")
                    return
                }
                let early = Timestamp(milliseconds: wakeup.milliseconds - 1)
                if early >= run.now { try #require(decision(at: early) == Decision(), "seed \(seed)") }
                try #require(decision(at: max(wakeup, run.now)) != Decision(), "seed \(seed)")
            }
        }
    }

    @Test("the same seed decides the same")
    func determinism() {
        for seed in Self.seeds.prefix(50) {
            var first = RandomRun(seed: seed)
            var second = RandomRun(seed: seed)
            first.play { _ in }
            second.play { _ in }
            #expect(first.run.journal == second.run.journal, "seed \(seed)")
        }
    }

    @Test("when everything works again, every orchestration ends")
    func liveness() {
        var statuses: Set<Status> = []
        for seed in Self.seeds {
            var random = RandomRun(seed: seed)
            random.play { _ in }
            #expect(random.run.live.phase.kind == .ended, "seed \(seed) stays \(random.run.live.phase.kind)")
            #expect(!random.run.live.isUnsettled, "seed \(seed) is undone for ever")
            statuses.insert(random.run.live.status)
        }
        #expect(statuses == [.completed, .failed, .aborted, .cancelled, .notActionable])
    }

    @Test("every transition that is declared happens, and no other")
    func transitionCoverage() {
        var seen: Set<Run.Transition> = []
        for seed in Self.seeds {
            var random = RandomRun(seed: seed)
            random.play { _ in }
            seen.formUnion(random.run.transitions)
        }
        var declared: Set<Run.Transition> = []
        for from in TaskPhase.Kind.allCases {
            for to in TaskPhase.successors(of: from) {
                declared.insert(.init(of: "task", from: from.rawValue, to: to.rawValue))
            }
        }
        for from in CompensationPhase.Kind.allCases {
            for to in CompensationPhase.successors(of: from) {
                declared.insert(.init(of: "compensation", from: from.rawValue, to: to.rawValue))
            }
        }
        for from in OrchestrationPhase.Kind.allCases {
            for to in OrchestrationPhase.successors(of: from) {
                declared.insert(.init(of: "orchestration", from: from.rawValue, to: to.rawValue))
            }
        }
        #expect(declared.subtracting(seen).sorted() == [], "declared, but no run does it")
        #expect(seen.subtracting(declared).sorted() == [], "done, but not declared")
    }
}
