import Foundation
import OrraModel
import OrraProtocol
import OrraSDK
import ProcessSupport
import Testing

extension CrashTests {
    @Suite("A hub that is killed")
    struct HubKillTests {
        let inventory = Crew(
            name: "inventory", description: "Checks the stock of an order in the inventory.", takes: ["orderId"],
            gives: ["stock"], delay: 40)
        let pricing = Crew(
            name: "pricing", description: "Computes the price from the stock.", takes: ["stock"], gives: ["price"],
            delay: 25)
        let carrier = Crew(
            name: "carrier", description: "Plans the delivery route for the stock.", takes: ["stock"],
            gives: ["route"], delay: 60)
        var crews: [Crew] { [inventory, pricing, carrier] }

        @Test("loses no accepted action, does no effect twice, and asks for no acknowledged result again")
        func killedAgainAndAgain() async throws {
            try await Stage.run { stage in
                var hub = try await stage.startHub()
                let project = try await hub.makeProject()
                for crew in crews { _ = try crew.start(on: stage, for: project) }
                let witness = try await WireWitness(
                    "archive", takes: ["price", "route"], gives: "receipt", for: project)
                let watcher = ProjectWatcher()
                let accepted = try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { await witness.serve() }
                    group.addTask { try await watcher.watch(project) }
                    defer { group.cancelAll() }
                    for name in crews.map(\.name) + ["archive"] { _ = try await project.connected(name) }

                    async let submitted = submitAll(to: project)
                    // While actions come in, in the thick of it, and when few are left.
                    for completed in [1, 10, 25, 40, 60, 80, 100, 118] {
                        try await until("\(completed) tasks completed") { watcher.count(.taskCompleted) >= completed }
                        hub = try await stage.restart(hub)
                    }
                    let accepted = try await submitted
                    for (id, order) in accepted { try await checkCompletion(of: id, order, project) }
                    try await until("every end is seen") {
                        Set(watcher.frames.filter { $0.type == .ended }.compactMap(\.orchestrationId))
                            .isSuperset(of: accepted.map(\.id))
                    }
                    return accepted
                }
                try await checkNothingIsLeft(accepted, project)
                try await checkJournals(accepted, watcher, project)
                try #require(
                    watcher.frames.contains { $0.type == .taskWaiting && $0.error == "the hub restarted" },
                    "no kill hit a running task")
                try checkEffects(of: watcher, on: stage)
                try check(witness)
            }
        }

        /// Forty actions, one after another; one that gets no answer was not accepted.
        private func submitAll(to project: Operator) async throws -> [(id: OrchestrationID, order: String)] {
            var accepted: [(id: OrchestrationID, order: String)] = []
            var number = 0
            while accepted.count < 40 {
                number += 1
                let order = "ORD\(number)"
                do {
                    let id =
                        number.isMultiple(of: 4)
                        ? try await project.submit(
                            action: "Check the stock in the inventory, compute the price and plan the delivery route",
                            ["orderId": .string(order)])
                        : try await project.submit(["orderId": .string(order)], steps: diamond)
                    accepted.append((id, order))
                } catch OperatorError.unreachable {
                    try await Task.sleep(for: .milliseconds(50))
                } catch OperatorError.refused(503, _) {
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
            return accepted
        }

        private var diamond: [(service: String, input: JSONObject)] {
            [
                ("inventory", ["orderId": "$task0.orderId"]), ("pricing", ["stock": "$task1.stock"]),
                ("carrier", ["stock": "$task1.stock"]),
                ("archive", ["price": "$task2.price", "route": "$task3.route"]),
            ]
        }

        private func checkCompletion(of id: OrchestrationID, _ order: String, _ project: Operator) async throws {
            let inspection = try await project.completion(of: id, within: .seconds(180))
            try #require(inspection.tasks.count >= 3)
            let results = inspection.results?.map(\.text).joined() ?? ""
            try #require(results.contains("inventory(\(order))"), "\(id) has another action's result: \(results)")
        }

        private func checkNothingIsLeft(
            _ accepted: [(id: OrchestrationID, order: String)], _ project: Operator
        ) async throws {
            let list = try await project.client.orchestrations()
            try #require(list.pending == nil && list.processing == nil && list.paused == nil && list.failed == nil)
            // What ended in the middle of its planning had never been accepted.
            let cancelled = Set((list.cancelled ?? []).map(\.id))
            try #require(cancelled.isDisjoint(with: accepted.map(\.id)))
            let services = try await project.client.services().services
            try #require(services.allSatisfy { $0.waiting == 0 })
        }

        private func checkJournals(
            _ accepted: [(id: OrchestrationID, order: String)], _ watcher: ProjectWatcher, _ project: Operator
        ) async throws {
            let seen = Dictionary(grouping: watcher.frames) { $0.orchestrationId }
            let positions = watcher.frames.compactMap(\.position)
            try #require(positions == positions.sorted() && Set(positions).count == positions.count)
            for (id, _) in accepted {
                let journal = try await project.journal(of: id)
                try checkJournal(journal)
                // What the watcher saw over all the kills is the journal, without a gap and without a duplicate.
                try #require(seen[id]?.compactMap(\.seq) == journal.compactMap(\.seq))
                try #require(seen[id]?.map(\.type) == journal.map(\.type))
            }
        }

        private func checkEffects(of watcher: ProjectWatcher, on stage: Stage) throws {
            for crew in crews {
                let effects = crew.records(.effects, on: stage)
                let runs = crew.records(.runs, on: stage)
                try #require(effects.byKey.values.allSatisfy { $0.count == 1 })
                // No process of a service was killed, so no handler has a reason to run twice.
                try #require(runs.byKey.values.allSatisfy { $0.count == 1 }, "\(crew.name) ran a task twice")
                try #require(crew.records(.repeats, on: stage).isEmpty)
                let completed = watcher.frames.count { $0.type == .taskCompleted && $0.serviceName == crew.name }
                try #require(completed == effects.count)
            }
        }

        private func check(_ witness: WireWitness) throws {
            // A kill may hit while it is still on its way back from the last one, so not every kill counts. The faster the
            // hub, the fewer do.
            try #require(witness.connections > 2, "the witness was connected over the kills")
            try #require(witness.acknowledged.count >= 30)
            try #require(witness.askedAgain.isEmpty, "an acknowledged result was asked for again")
            for (_, requests) in Dictionary(grouping: witness.requests, by: \.idempotencyKey) {
                try #require(Set(requests.map(\.input)).count == 1, "a redelivery had another input")
                try #require(Set(requests.map(\.execution)).count == requests.count)
            }
        }
    }
}

/// Tests that start real processes and kill them, one after another: the machine has other tests to run as well.
@Suite("Crashes", .serialized)
struct CrashTests {}
