import Foundation
import OrraModel
import OrraProtocol
import OrraSDK
import ProcessSupport
import Testing

extension CrashTests {
    @Suite("A hub that is stopped")
    struct StoppingTests {
        @Test("ends with 0 in time, and what ran goes on at the next start", arguments: [SIGTERM, SIGINT])
        func stopped(by signal: Int32) async throws {
            try await Stage.run { stage in
                var hub = try await stage.startHub()
                let project = try await hub.makeProject()
                let crew = Crew(name: "worker", gate: "gate")
                _ = try crew.start(on: stage, for: project)
                _ = try await project.connected("worker")
                var ids: [OrchestrationID] = []
                for number in 1...5 {
                    ids.append(
                        try await project.submit(
                            ["item": .string("ITEM\(number)")], steps: [("worker", ["item": "$task0.item"])]))
                }
                _ = try await crew.records(.runs, on: stage, atLeast: 5)

                for _ in 1...2 {
                    hub.process.signal(signal)
                    // The documented limit.
                    try #require(try await hub.process.end(within: .seconds(10)) == .exited(0))
                    try #require(hub.process.output.contains("Stopped."))
                    hub = try await stage.startHub(port: hub.port)
                    try #require(hub.process.output.contains("5 orchestrations go on"))
                    _ = try await project.connected("worker")
                }
                try stage.open(gate: "gate")
                for id in ids {
                    _ = try await project.completion(of: id)
                    let journal = try await project.journal(of: id)
                    try checkJournal(journal)
                    let waits = journal.filter { $0.type == .taskWaiting }.compactMap(\.error)
                    try #require(waits.count >= 2, "the task waited over each restart")
                    try #require(!waits.contains("the connection was lost"), "a stop of the hub was charged")
                }
                try #require(crew.records(.runs, on: stage).count == 5, "the processes went on with what they had")
                try #require(crew.records(.effects, on: stage).count == 5)
            }
        }

        @Test("a second hub on the same data is refused, and the first goes on")
        func secondHub() async throws {
            try await Stage.run { stage in
                let hub = try await stage.startHub()
                let project = try await hub.makeProject()
                let second = try stage.start(
                    "orra", ["serve", "--port", "0", "--data-dir", stage.path("data")], name: "second-hub")
                try #require(try await second.end() == .exited(2))
                try #require(second.errors.contains("is in use by another hub (process \(hub.process.pid))"))
                try #require(!second.output.contains("address"))

                _ = try await project.client.services()
                try #require(hub.process.ending == nil)
                // And a killed one leaves the directory free.
                hub.process.kill()
                _ = try await stage.startHub(port: hub.port)
                _ = try await project.client.services()
            }
        }
    }
}
