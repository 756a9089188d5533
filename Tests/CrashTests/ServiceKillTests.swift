import Foundation
import OrraModel
import OrraProtocol
import OrraSDK
import ProcessSupport
import Testing

extension CrashTests {
    @Suite("A service that is killed")
    struct ServiceKillTests {
        /// Far longer than the test waits: a task must come back because its service is back, not because time is over.
        let timeout = Duration.seconds(600)

        private func submit(_ item: String, to project: Operator) async throws -> OrchestrationID {
            try await project.submit(
                ["item": .string(item)], steps: [("worker", ["item": "$task0.item"])], timeout: timeout)
        }

        @Test("gets its task again, with the same key and input and another execution id")
        func killedInTheMiddle() async throws {
            try await Stage.run { stage in
                let hub = try await stage.startHub()
                let project = try await hub.makeProject()
                let crew = Crew(name: "worker", gate: "gate")
                let first = try crew.start(on: stage, for: project)
                _ = try await project.connected("worker")
                let id = try await submit("ONE", to: project)
                _ = try await crew.records(.runs, on: stage, atLeast: 1)
                first.kill()
                _ = try await project.disconnected("worker")

                try stage.open(gate: "gate")
                let second = try crew.start(on: stage, for: project)
                let inspection = try await project.completion(of: id)
                try #require(inspection.results?.first?.value["result"] == "worker(ONE)")
                let runs = crew.records(.runs, on: stage)
                try #require(runs.map(\.process) == [first.pid, second.pid])
                try #require(Set(runs.map(\.key)).count == 1 && Set(runs.map(\.input)).count == 1)
                try #require(Set(runs.map(\.execution)).count == 2)
                try #require(crew.records(.effects, on: stage).count == 1)
                try #require(crew.records(.repeats, on: stage).isEmpty)
                try checkJournal(try await project.journal(of: id))
            }
        }

        @Test("between its effect and its answer repeats nothing, because it knows the key")
        func killedAfterItsEffect() async throws {
            try await Stage.run { stage in
                let hub = try await stage.startHub()
                let project = try await hub.makeProject()
                let crew = Crew(name: "worker", hold: "hold")
                let first = try crew.start(on: stage, for: project)
                _ = try await project.connected("worker")
                let id = try await submit("ONE", to: project)
                _ = try await crew.records(.effects, on: stage, atLeast: 1)
                first.kill()

                try stage.open(gate: "hold")
                let second = try crew.start(on: stage, for: project)
                let inspection = try await project.completion(of: id)
                try #require(inspection.results?.first?.value["result"] == "worker(ONE)")
                let effects = crew.records(.effects, on: stage)
                let repeats = crew.records(.repeats, on: stage)
                try #require(effects.map(\.process) == [first.pid] && repeats.map(\.process) == [second.pid])
                try #require(effects.map(\.key) == repeats.map(\.key))
                try #require(effects.map(\.input) == repeats.map(\.input))
            }
        }

        @Test("again and again under load does each effect once; only its own deaths explain a repeat")
        func killedUnderLoad() async throws {
            try await Stage.run { stage in
                let hub = try await stage.startHub()
                let project = try await hub.makeProject()
                let crew = Crew(name: "worker", delay: 120, concurrency: 4)
                var worker = try crew.start(on: stage, for: project)
                _ = try await project.connected("worker")
                var ids: [OrchestrationID] = []
                for number in 1...30 { ids.append(try await submit("ITEM\(number)", to: project)) }
                var killed: Set<Int32> = []
                for effects in [3, 12, 20] {
                    _ = try await crew.records(.effects, on: stage, atLeast: effects)
                    killed.insert(worker.pid)
                    worker.kill()
                    worker = try crew.start(on: stage, for: project)
                }
                for id in ids { try checkJournal(try await journal(of: id, project)) }

                let effects = crew.records(.effects, on: stage)
                try #require(effects.count == 30 && Set(effects.map(\.key)).count == 30)
                let doneBy = Dictionary(uniqueKeysWithValues: effects.map { ($0.key, $0) })
                for again in crew.records(.repeats, on: stage) {
                    let effect = try #require(doneBy[again.key])
                    try #require(killed.contains(effect.process) && again.process != effect.process)
                    try #require(again.input == effect.input && again.execution != effect.execution)
                }
                let runs = crew.records(.runs, on: stage)
                try #require(runs.count > effects.count, "no kill hit a running task")
                for (_, runs) in runs.byKey {
                    try #require(Set(runs.map(\.input)).count == 1)
                    try #require(runs.dropLast().allSatisfy { killed.contains($0.process) })
                    try #require(Set(runs.map(\.process)).count == runs.count, "one process ran one task twice")
                }
            }
        }

        private func journal(of id: OrchestrationID, _ project: Operator) async throws -> [ProgressFrame] {
            _ = try await project.completion(of: id)
            return try await project.journal(of: id)
        }

        @Test("that is away when an action comes finds its task when it is back, over a kill of the hub")
        func away() async throws {
            try await Stage.run { stage in
                var hub = try await stage.startHub()
                let project = try await hub.makeProject()
                let crew = Crew(name: "worker")
                let first = try crew.start(on: stage, for: project)
                _ = try await project.connected("worker")
                first.signal(SIGTERM)
                try #require(try await first.end() == .exited(0))
                _ = try await project.disconnected("worker")

                let id = try await submit("LATER", to: project)
                _ = try await project.inspection(of: id, "a pause") { $0.status == .paused }
                hub = try await stage.restart(hub)
                _ = try await project.inspection(of: id, "a pause after the kill") { $0.status == .paused }
                let service = try await project.disconnected("worker")
                try #require(service.waiting == 1)
                try #require(crew.records(.runs, on: stage).isEmpty)

                _ = try crew.start(on: stage, for: project)
                let inspection = try await project.completion(of: id)
                try #require(inspection.results?.first?.value["result"] == "worker(LATER)")
                try #require(crew.records(.effects, on: stage).count == 1)
            }
        }

        @Test("and loses its identity file is the same service by its name")
        func identityLost() async throws {
            try await Stage.run { stage in
                let hub = try await stage.startHub()
                let project = try await hub.makeProject()
                let crew = Crew(name: "worker")
                let first = try crew.start(on: stage, for: project)
                let before = try await project.connected("worker")
                first.kill()
                _ = try await project.disconnected("worker")
                let id = try await submit("WAITING", to: project)
                let identity = stage.path("sdk/worker.json")
                try #require(FileManager.default.fileExists(atPath: identity))
                try FileManager.default.removeItem(atPath: identity)

                _ = try crew.start(on: stage, for: project)
                _ = try await project.completion(of: id)
                let after = try await project.connected("worker")
                try #require(after.id == before.id && after.version == before.version + 1)
                try #require(try await project.client.services().services.count == 1)
                let saved = try #require(FileManager.default.contents(atPath: identity))
                try #require(String(decoding: saved, as: UTF8.self).contains(before.id.rawValue))
            }
        }
    }
}
