import OrraEngine
import OrraModel

/// Plans that wait for a person's yes, and what people say.
extension Scenario {
    /// What is said about a plan that waits.
    struct Verdict: Sendable {
        enum Kind: Sendable { case approve, reject, cancel }
        /// Which plan the person has seen.
        enum Seen: Sendable { case right, wrong, none }

        var kind: Kind
        var seen: Seen
        /// Milliseconds after somebody was told that the plan waits.
        var after: Int64
    }

    /// From a stream of its own: what else a seed stands for stays as it was.
    mutating func decideTerms() {
        var random = SeededGenerator(seed: seed, stream: 3)
        guard random.chance(perMille: 550) else { return }
        for index in actions.indices {
            guard case .submit(var submission) = actions[index].kind else { continue }
            let checks: [PlanningSettings.OutputCheck?] = [nil, .enforce, .warn, .off]
            submission.terms = PlanTerms(
                planner: .offline, confidence: 0.5, planHash: "hash \(submission.number)",
                outputCheck: random.element(of: checks))
            if random.chance(perMille: 600) {
                submission.terms?.hold = random.element(of: [HoldReason.confirmation, .approval])
                // Of some nobody ever says a word.
                for _ in 0..<random.pick(0...4) { submission.verdicts.append(Self.verdict(&random)) }
            }
            actions[index].kind = .submit(submission)
        }
    }

    private static func verdict(_ random: inout SeededGenerator) -> Verdict {
        let (kind, seen) = (random.pick(0...99), random.pick(0...99))
        let isSlow = random.chance(perMille: 200)
        return Verdict(
            kind: kind < 65 ? .approve : kind < 85 ? .reject : .cancel,
            seen: seen < 55 ? .right : seen < 75 ? .none : .wrong,
            after: random.time(0...(isSlow ? 60_000 : 4_000)))
    }

    /// Plans run as soon as they are made.
    mutating func removeHolds() {
        for index in actions.indices {
            guard case .submit(var submission) = actions[index].kind else { continue }
            submission.terms?.hold = nil
            submission.verdicts = []
            actions[index].kind = .submit(submission)
        }
    }

    /// How much longer a run may take: plans of which nobody says a word wait for so long, and where they take all the
    /// room, one after the other.
    var holdTime: Int64 {
        let held = actions.count { action in
            if case .submit(let submission) = action.kind { submission.terms?.hold != nil } else { false }
        }
        return Int64(held) * 7 * 24 * 3_600_000
    }
}
