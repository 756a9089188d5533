import Foundation
import OrraModel
import OrraProtocol
import OrraSDK
import ProcessSupport
import Testing

/// Revertible services written with the Python SDK (orra-sdk 0.2.4): what they did is undone.
@Suite("The Python SDK undoes", .serialized)
struct UndoingTests {
    @Test("a completed task when a later one fails for good: its data comes back untouched, with the reason")
    func untouched() async throws {
        try await UndoScene.run { scene in
            let id = try await scene.submit("ORD1")
            let inspection = try await scene.undone(id)
            try #require(inspection.status == .failed)
            try #require(inspection.tasks.map(\.status) == [.completed, .failed])
            let task = inspection.tasks[0]
            try #require(task.compensation?.status == .completed && task.compensation?.attempt == 1)
            try #require(inspection.tasks[1].compensation == nil)
            try #require(task.output?.value["details"] == UndoScene.details)

            let asked = try scene.notes("asked", "ORD1")
            try #require(asked.count == 1)
            let request = try #require(asked[0].request)
            let input = try #require(task.input?.value)
            let output = try #require(task.output?.value)
            try #require(request["input"] == ["originalTask": input, "taskResult": output])
            try #require(request["id"] == "task1" && request["attempt"] == 1 && request["remaining"] == nil)
            let context = try #require(request["compensationContext"])
            try #require(context["orchestrationId"] == .string(id.rawValue) && context["reason"] == "failed")
            try #require(context["payload"] == nil)

            // What the handler itself sees.
            let undone = try #require(try scene.notes("undone", "ORD1").first)
            try #require(undone.held == "holding of ORD1")
            try #require(undone.context?["orchestration_id"] == .string(id.rawValue))
            try #require(undone.context?["reason"] == "failed" && undone.context?["payload"] == .null)
            try #require(try await scene.project.client.failedCompensations(all: true).isEmpty)
        }
    }

    @Test("with the payload of an abort, which arrives as an object whatever it was")
    func aborted() async throws {
        try await UndoScene.run { scene in
            let cases: [(order: String, end: String, payload: JSONValue)] = [
                ("ORD1", "gives up", ["reason": "out of stock", "left": 0]),
                ("ORD2", "gives up with a text", ["value": "out of stock"]),
                ("ORD3", "gives up without a word", .null),
            ]
            for (order, end, payload) in cases {
                let id = try await scene.submit(order, end: end)
                let inspection = try await scene.undone(id)
                try #require(inspection.status == .aborted)
                try #require(inspection.tasks.map(\.status) == [.completed, .aborted])
                try #require(inspection.tasks[0].compensation?.status == .completed)
                let context = try #require(try scene.notes("undone", order).first?.context)
                try #require(context["reason"] == "aborted" && context["payload"] == payload)
                try #require(context["orchestration_id"] == .string(id.rawValue))
            }
        }
    }

    @Test("the newest completion first, whatever the plan's order, and one at a time")
    func newestFirst() async throws {
        try await UndoScene.run { scene in
            let services = ["holding", "charging"]
            for (order, last) in [("ORD1", "holding"), ("ORD2", "charging")] {
                let first = try #require(services.first { $0 != last })
                let id = try await scene.submit(order, services, work: "waits")
                try scene.work(of: first, for: order)
                _ = try await scene.project.inspection(of: id, "the first completion") { inspection in
                    inspection.tasks.contains { $0.serviceName == first && $0.status == .completed }
                }
                try scene.work(of: last, for: order)
                let inspection = try await scene.undone(id)
                try #require(inspection.tasks.compactMap(\.compensation?.status) == [.completed, .completed])

                let notes = try scene.notes().filter { $0.order == order && $0.what != "working" }
                try #require(notes.map(\.service) == [last, last, first, first])
                try #require(notes.map(\.what) == ["asked", "undone", "asked", "undone"])
            }
        }
    }

    @Test("again after an answer that is no success: under a new key, because known keys are answered from memory")
    func triedAgain() async throws {
        try await UndoScene.run { scene in
            let cases: [(undo: String, code: FailureCode, text: String)] = [
                ("partly", .compensationPartial, "in part"), ("fails", .compensationFailed, "the shelf is locked"),
                ("expires", .compensationInvalid, "no compensation result"),
                ("raises", .compensationFailed, "the shelf is gone"),
            ]
            var ids: [OrchestrationID] = []
            // All at once: each waits 2 s for its second attempt.
            for (undo, _, _) in cases { ids.append(try await scene.submit("ORD \(undo)", undo: undo)) }
            for ((undo, code, text), id) in zip(cases, ids) {
                let task = try #require(try await scene.undone(id).tasks.first)
                try #require(task.compensation?.status == .completed && task.compensation?.attempt == 2)

                let frames = try await scene.project.journal(of: id)
                let failed = frames.filter { $0.type == .compensationAttemptFailed }
                try #require(failed.map(\.code) == [code.rawValue], "\(undo)")
                try #require(failed[0].error?.contains(text) == true && failed[0].retryAt != nil)
                try #require(frames.filter { $0.type == .compensationReady }.map(\.number) == [1, 2])
                try #require(frames.filter { $0.type == .compensationEnded }.map(\.compensationStatus) == [.completed])

                let requests = try scene.notes("asked", "ORD \(undo)").compactMap(\.request)
                try #require(requests.map { $0["attempt"] } == [1, 2])
                try #require(Set(requests.map { $0["idempotencyKey"] }).count == 2)
                try #require(requests[0]["input"] == requests[1]["input"], "\(undo)")
                try #require(requests[0]["remaining"] == nil)
                let remaining: JSONValue? = undo == "partly" ? ["label", "invoice"] : nil
                try #require(requests[1]["remaining"] == remaining)
                try #require(failed[0].partial?.remaining.value == remaining)
                try #require(try scene.notes("undone", "ORD \(undo)").count == 1)
            }
            try #require(try await scene.project.client.failedCompensations(all: true).isEmpty)
        }
    }

    @Test("within the time to live that the service says; what is over by then waits in the inbox for a person")
    func timeToLive() async throws {
        try await UndoScene.run { scene in
            // The SDK itself says 24 h, also to a service that asked it for a minute.
            for (order, service, hours) in [("ORD1", "holding", 1), ("ORD3", "charging", 24)] {
                let id = try await scene.submit(order, [service])
                _ = try await scene.undone(id)
                let frames = try await scene.project.journal(of: id)
                let completed = try #require(frames.first { $0.type == .taskCompleted }?.timestamp)
                let ready = try #require(frames.first { $0.type == .compensationReady })
                try #require(ready.expiresAt == completed + .seconds(hours * 3_600))
            }

            let short = try await scene.submit("ORD2", ["fleeting"])
            let task = try #require(try await scene.undone(short).tasks.first)
            try #require(task.compensation?.status == .expired && task.compensation?.attempt == 0)
            try #require(try scene.notes("asked", "ORD2").isEmpty)

            let client = scene.project.client
            let listed = try await client.failedCompensations()
            try #require(listed.map(\.orchestrationId) == [short] && listed[0].compensationData == nil)
            let entry = try await client.failedCompensation(listed[0].id)
            try #require(entry.status == .expired && entry.attemptsMade == 0 && entry.serviceName == "fleeting")
            let data = try #require(entry.compensationData)
            try #require(data.ttl == 1 && data.context?.reason == "failed")
            try #require(data.data.value["originalTask"] == task.input?.value)
            try #require(data.data.value["taskResult"] == task.output?.value)
            let resolved = try await client.resolve(entry.id, reason: "released by hand")
            try #require(resolved.resolutionState == .resolved && resolved.resolution == "released by hand")
            try #require(try await client.failedCompensations().isEmpty)
        }
    }

    @Test("when it has room: a service that is busy with a task is asked after it, on the same connection")
    func busy() async throws {
        try await UndoScene.run { scene in
            let connection = try #require(try await scene.project.connected("holding").connections.first)
            let failing = try await scene.submit("ORD1", end: "waits, fails")
            try await scene.noted("working", "ORD1")
            let other = try await scene.submit("ORD2", work: "waits", end: nil)
            try await scene.noted("working", "ORD2")
            try scene.stage.open(gate: "end-ORD1")
            let waiting = try await scene.project.inspection(of: failing, "what is to be undone") {
                $0.tasks.first?.compensation != nil
            }
            try #require(waiting.status == .failed && waiting.tasks[0].compensation?.status == .pending)
            try #require(waiting.tasks[0].compensation?.attempt == 0)
            try #require(try scene.notes("asked", "ORD1").isEmpty)

            try scene.work(of: "holding", for: "ORD2")
            try #require(try await scene.project.completion(of: other).tasks.first?.attempts == 1)
            let task = try #require(try await scene.undone(failing).tasks.first)
            try #require(task.compensation?.status == .completed && task.compensation?.attempt == 1)
            let connections = try await scene.project.connected("holding").connections
            try #require(connections.map(\.id) == [connection.id] && connections[0].failed == 0)
        }
    }

    @Test("the late work of what the operator cancelled: the SDK does not know the request to stop, and goes on")
    func cancelled() async throws {
        try await UndoScene.run { scene in
            // One result comes while it is awaited, the other after its deadline.
            let awaited = try await scene.submit("ORD1", ["holding"], work: "waits", end: nil)
            let late = try await scene.submit("ORD2", ["charging"], work: "waits", end: nil, timeout: .seconds(1))
            for order in ["ORD1", "ORD2"] { try await scene.noted("working", order) }
            for id in [awaited, late] { _ = try await scene.project.client.cancel(id) }
            let over = try await scene.project.inspection(of: late, "the end of the wait") {
                $0.tasks.map(\.status) == [.cancelled]
            }
            try #require(over.status == .cancelled)
            try #require(over.tasks[0].compensation == nil)

            try scene.work(of: "holding", for: "ORD1")
            try scene.work(of: "charging", for: "ORD2")
            for (id, order, status) in [(awaited, "ORD1", Status.completed), (late, "ORD2", .cancelled)] {
                let inspection = try await scene.undone(id)
                try #require(inspection.status == .cancelled && inspection.tasks.map(\.status) == [status])
                let task = inspection.tasks[0]
                try #require(task.compensation?.status == .completed && task.compensation?.attempt == 1)
                let undone = try scene.notes("undone", order)
                try #require(undone.map { $0.context?["reason"] } == ["cancelled"])
                try #require(try scene.notes("working", order).count == 1)
            }
            let said = scene.services.output + scene.services.errors
            try #require(said.contains("Unknown message type: cancel_request"))
            try #require(scene.services.ending == nil)
        }
    }
}
