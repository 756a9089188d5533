import Foundation
import OrraModel
import OrraProtocol
import OrraSDK
import ProcessSupport
import Testing

extension CrashTests {
    @Suite("A webhook's receiver that is away")
    struct WebhookOutageTests {
        @Test("is told once it is back, with one id in every try, over a kill of the hub")
        func away() async throws {
            try await Stage.run { stage in
                let hub = try await stage.startHub()
                let project = try await hub.makeProject()
                let crew = Crew(name: "worker")
                _ = try crew.start(on: stage, for: project)
                _ = try await project.connected("worker")
                let receiver = WebhookReceiver()
                // A port that is free: nobody listens there when the action completes.
                let port = try await receiver.listen { $0 }
                let id = try await project.submit(
                    ["item": "ONE"], steps: [("worker", ["item": "$task0.item"])],
                    webhook: "http://127.0.0.1:\(port)/outcome")
                _ = try await project.completion(of: id)
                try await until("a try in vain") { hub.process.errors.contains("a webhook was not taken") }
                _ = try await stage.restart(hub)

                try await receiver.listen(on: port) { _ in
                    receiver.answer(503)
                    try await until("a try that is refused") { !receiver.posts.isEmpty }
                    receiver.answer(200)
                    try await until("a try that is taken") { receiver.posts.contains { $0.status == 200 } }
                    // An action that follows shows that nothing more comes of the first one: tries are made in order.
                    let next = try await project.submit(
                        ["item": "TWO"], steps: [("worker", ["item": "$task0.item"])],
                        webhook: "http://127.0.0.1:\(port)/outcome")
                    try await until("the next outcome") {
                        receiver.posts.contains { String(decoding: $0.body, as: UTF8.self).contains(next.rawValue) }
                    }
                }
                try check(receiver.posts, id)
            }
        }

        private func check(_ posts: [WebhookReceiver.Post], _ id: OrchestrationID) throws {
            let bodies = try posts.map { try JSONValue(parsing: $0.body) }
            let own = zip(posts, bodies).filter { $0.1["orchestration_id"]?.string == id.rawValue }
            try #require(own.count { $0.0.status == 200 } == 1)
            try #require(own.count { $0.0.status == 503 } >= 1)
            try #require(Set(own.map(\.0.id)).count == 1 && own.first?.0.id != nil)
            try #require(Set(own.map(\.0.body)).count == 1)
            let body = try #require(own.first?.1)
            try #require(own.first?.0.event == "orchestration.completed")
            try #require(body["type"] == "orchestration.completed" && body["status"] == "completed")
            try #require(body["orchestrationId"]?.string == id.rawValue)
            try #require(body["results"] == ["result": "worker(ONE)"])
        }
    }
}
