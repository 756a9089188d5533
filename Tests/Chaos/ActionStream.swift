import OrraModel
import OrraProtocol
import OrraSDK
import ProcessSupport

/// Submits one action after another, as a caller does who sees all the faults.
struct ActionStream {
    let settings: ChaosSettings
    let client: OperatorClient
    let crews: [Crew]
    let webhook: String
    let ledger: Ledger
    let chronicle: Chronicle
    var generator: SeededGenerator

    /// Until the ledger is closed; the last answer is waited for.
    mutating func run() async throws {
        var number = 0
        while !ledger.isClosed {
            let pause = generator.milliseconds(settings.submissionPause)
            let isRepeated = generator.chance(50)
            number += 1
            let plan = ActionPlan.make("chaos-\(settings.seed)-\(number)", crews: crews, &generator)
            try await Task.sleep(for: pause)
            while !ledger.isClosed, ledger.accepted - chronicle.ended >= settings.actionsAtOnce {
                try await Task.sleep(for: .milliseconds(20))
            }
            ledger.add(plan, try await isRepeated ? submitUntilAnswered(plan) : submit(plan, key: nil))
        }
    }

    /// Again and again until there is an answer. The key makes all of them one submission. (Where this is not done, the
    /// hub is asked for the action later.)
    private func submitUntilAnswered(_ plan: ActionPlan) async throws -> Ledger.Answer {
        let first = try await submit(plan, key: plan.item)
        guard first == .unknown else { return first }
        while !ledger.isClosed {
            // A refusal says nothing about the submission whose answer was lost.
            if case .accepted(let id) = try await submit(plan, key: plan.item) { return .found(id) }
        }
        return .unknown
    }

    private func submit(_ plan: ActionPlan, key: String?) async throws -> Ledger.Answer {
        do {
            return .accepted(try await client.submit(plan.request(webhook: webhook), idempotencyKey: key).id)
        } catch OperatorError.refused(let status, _) where status == 429 || status == 503 {
            try await Task.sleep(for: .milliseconds(200))
            return .refused
        } catch OperatorError.unreachable {
            try await Task.sleep(for: .milliseconds(200))
            return .unknown
        } catch OperatorError.unexpectedAnswer {
            return .unknown
        }
    }

    /// Asks for every action whose answer was lost; one that the hub has counts as accepted from here on.
    static func lookUp(_ ledger: Ledger, at client: OperatorClient) async throws {
        for entry in ledger.entries where entry.answer == .unknown {
            do {
                let inspection = try await client.inspection(parameterValue: entry.plan.item)
                // Caught while it was planned: it was never accepted, and ends as cancelled.
                if inspection.status == .cancelled { continue }
                ledger.found(entry.plan.item, as: inspection.id)
            } catch OperatorError.refused(404, _) {
                continue
            }
        }
    }
}
