import Foundation
import OrraModel
import OrraProtocol
import OrraSDK
import ProcessSupport
import Testing

/// Services written with the Python SDK that existing users run (orra-sdk 0.2.4), against the hub's own process.
@Suite("The Python SDK", .serialized)
struct PythonSDKTests {
    private func echo(_ message: String, _ project: Operator) async throws -> OrchestrationID {
        try await project.submit(
            ["message": .string(message)], steps: [("echo", ["message": "$task0.message"])])
    }

    @Test("an echo is answered, and its service is what it registered as")
    func echo() async throws {
        try await Stage.runPython("echo", services: ["echo"]) { _, _, project, _ in
            let inspection = try await project.completion(of: try await echo("hello, Orra: žluťoučký 🐎", project))
            try #require(inspection.results?.map(\.value) == [["echo": "hello, Orra: žluťoučký 🐎"]])
            let service = try await project.connected("echo")
            try #require(service.type == .service && service.version == 1 && !service.revertible)
            try #require(service.connections.first?.credit == 1)
            // What pydantic says of a schema is kept.
            try #require(service.schema.input.value["properties"]?["message"]?["type"] == "string")
        }
    }

    @Test("three steps make a chain, as a plan says it and as the planner finds it")
    func chain() async throws {
        let names = ["basket-service", "pricing-service", "invoice-agent"]
        try await Stage.runPython("chain", services: names) { _, _, project, _ in
            let planned = try await project.submit(
                action: "Find the basket of the customer, compute the total price and write an invoice",
                ["customerId": "CUST456"])
            let given = try await project.submit(
                ["customerId": "CUST456"],
                steps: [
                    ("basket-service", ["customerId": "$task0.customerId"]),
                    ("pricing-service", ["basket": "$task1.basket"]), ("invoice-agent", ["total": "$task2.total"]),
                ])
            for id in [planned, given] {
                let inspection = try await project.completion(of: id)
                try #require(inspection.tasks.map(\.serviceName) == names)
                try #require(inspection.results?.map(\.value) == [["invoiceId": "INV-37.5"]])
                let basket = inspection.tasks[0].output?.value["basket"]
                try #require(basket == [["product": "book for CUST456", "quantity": 3]])
                try #require(inspection.tasks[1].input?.value == ["basket": basket ?? .null])
            }
        }
    }

    @Test("interim results are kept in order, before the outcome, whether anybody watches or not")
    func progress() async throws {
        try await Stage.runPython("progress", services: ["progress-agent"]) { _, _, project, _ in
            // More than the frames that the hub lets lie unanswered on a busy connection.
            let id = try await project.submit(["steps": 40], steps: [("progress-agent", ["steps": "$task0.steps"])])
            let frames = try await project.journal(of: id)
            let expected = (1...40).map { step -> JSONValue in ["step": .number(.init(step)), "of": 40] }
            let told = frames.filter { $0.type == .taskInterimResult }
            try #require(told.compactMap { $0.data?.value } == expected)
            let outcome = try #require(frames.first { $0.type == .taskCompleted }?.seq)
            try #require(told.compactMap(\.seq).allSatisfy { $0 < outcome })

            let task = try #require(try await project.completion(of: id).tasks.first)
            try #require(task.interimResults?.map(\.data.value) == expected)
            try #require(task.output?.value == ["steps": 40])
        }
    }

    @Test("a handler that raises is tried again, and fails with its own message")
    func raising() async throws {
        try await Stage.runPython("faults", services: ["failing", "flaky", "aborting"]) { _, _, project, _ in
            let failing = try await project.submit(
                ["orderId": "ORD1"], steps: [("failing", ["orderId": "$task0.orderId"])])
            let flaky = try await project.submit(
                ["orderId": "ORD2"], steps: [("flaky", ["orderId": "$task0.orderId"])])
            let inspection = try await project.end(of: failing)
            try #require(inspection.status == .failed)
            try #require(inspection.error?.contains("no stock for ORD1") == true)
            try #require(inspection.tasks.first?.attempts == RetryPolicy.standard.maximumAttempts)
            let completed = try await project.completion(of: flaky)
            try #require(completed.results?.map(\.value) == [["done": "after 3 attempts"]])
            try #require(completed.tasks.first?.attempts == 3)
        }
    }

    @Test("a handler that gives up ends the action, with its reasons")
    func aborting() async throws {
        try await Stage.runPython("faults", services: ["failing", "flaky", "aborting"]) { _, _, project, _ in
            let id = try await project.submit(
                ["orderId": "ORD1"],
                steps: [("aborting", ["orderId": "$task0.orderId"]), ("flaky", ["orderId": "$task1.done"])])
            let inspection = try await project.end(of: id)
            try #require(inspection.status == .aborted)
            try #require(inspection.abortInfo?.serviceName == "aborting")
            try #require(inspection.abortInfo?.payload?.value == ["reason": "out of stock", "orderId": "ORD1"])
            try #require(inspection.tasks.map(\.status) == [.aborted, .cancelled])
        }
    }

    @Test("a revertible service's data for undoing is accepted")
    func revertible() async throws {
        try await Stage.runPython("revertible", services: ["reserving"]) { _, _, project, _ in
            try #require(try await project.connected("reserving").revertible)
            let id = try await project.submit(
                ["orderId": "ORD1"], steps: [("reserving", ["orderId": "$task0.orderId"])])
            let inspection = try await project.completion(of: id)
            try #require(inspection.results?.map(\.value) == [["reservationId": "RES-ORD1"]])
            try #require(inspection.tasks.first?.isRevertible == true)
        }
    }

    @Test("payloads of 5 MiB pass in both directions")
    func large() async throws {
        try await Stage.runPython("echo", services: ["echo"]) { _, _, project, _ in
            let message = String(repeating: "Orra 5 MiB. ", count: 5 * 1024 * 1024 / 12)
            let inspection = try await project.completion(of: try await echo(message, project))
            try #require(inspection.tasks.first?.input?.value["message"]?.string == message)
            try #require(inspection.results?.first?.value["echo"]?.string == message)
        }
    }

    @Test("a service comes back by itself when the hub is stopped or killed, and goes on")
    func hubRestarts() async throws {
        try await Stage.runPython("echo", services: ["echo"]) { stage, hub, project, process in
            var hub = hub
            _ = try await project.completion(of: try await echo("before", project))
            hub.process.signal(SIGTERM)
            try #require(try await hub.process.end(within: .seconds(10)) == .exited(0))
            hub = try await stage.startHub(port: hub.port)
            let waiting = try await echo("after a stop", project)
            _ = try await project.completion(of: waiting)

            hub = try await stage.restart(hub)
            let killed = try await project.completion(of: try await echo("after a kill", project))
            try #require(killed.results?.map(\.value) == [["echo": "after a kill"]])
            try #require(process.ending == nil)
            try #require(try await project.connected("echo").version == 1, "it came back without registering again")
        }
    }

    @Test("a service that starts again is the same one: its identity file names it, and it gets what waits")
    func startsAgain() async throws {
        try await Stage.runPython("echo", services: ["echo"]) { stage, _, project, process in
            let before = try await project.connected("echo")
            process.kill()
            _ = try await project.disconnected("echo")
            let id = try await echo("waiting", project)
            let identity = stage.path(".orra-data/echo-orra-service-key.json")
            let saved = try #require(FileManager.default.contents(atPath: identity))
            try #require(String(decoding: saved, as: UTF8.self).contains(before.id.rawValue))

            _ = try stage.startPython("echo", for: project)
            _ = try await project.completion(of: id)
            let after = try await project.connected("echo")
            try #require(after.id == before.id && after.version == 2)
        }
    }
}

/// Beside the others, because it mostly waits.
@Suite("The Python SDK, blocked")
struct BlockedPythonTests {
    @Test("forty tasks wait for a handler that blocks: the connection stays, and all complete")
    func blocking() async throws {
        try await Stage.runPython("blocking", services: ["blocking"]) { _, _, project, process in
            let connection = try #require(try await project.connected("blocking").connections.first)
            // Together longer than the 40 s after which the client's library gives a silent connection up.
            let seconds = [3.0, 3.0] + Array(repeating: 1.1, count: 38)
            var ids: [OrchestrationID] = []
            for (number, seconds) in seconds.enumerated() {
                ids.append(
                    try await project.submit(
                        ["number": .number(.init(number)), "seconds": .init(floatLiteral: seconds)],
                        steps: [("blocking", ["number": "$task0.number", "seconds": "$task0.seconds"])]))
            }
            for (number, id) in ids.enumerated() {
                let inspection = try await project.completion(of: id, within: .seconds(180))
                try #require(inspection.results?.map(\.value) == [["number": .number(.init(number))]])
                try #require(inspection.tasks.first?.attempts == 1)
            }
            let connections = try await project.connected("blocking").connections
            try #require(connections.map(\.id) == [connection.id], "it is the same connection as at the start")
            try #require(connections.first?.delivered == 40 && connections.first?.failed == 0)
            try #require(process.ending == nil)
        }
    }

    /// Longer than any keepalive waits; the one above takes as long.
    @Test("a handler that blocks for 46 s is not judged dead, and what its service is to undo waits for it")
    func blockingBeforeUndoing() async throws {
        try await UndoScene.run { scene in
            let connection = try #require(try await scene.project.connected("holding").connections.first)
            let failing = try await scene.submit("ORD1", end: "waits, fails")
            _ = try await scene.project.inspection(of: failing, "the first completion") {
                $0.tasks.first?.status == .completed
            }
            let blocking = try await scene.submit(
                "ORD2", work: "blocks", seconds: 46, end: nil, timeout: .seconds(120))
            try await scene.noted("working", "ORD2")
            try scene.stage.open(gate: "end-ORD1")
            try #require(try await scene.project.end(of: failing).status == .failed)

            let blocked = try await scene.project.completion(of: blocking, within: .seconds(180))
            try #require(blocked.tasks.first?.attempts == 1)
            let task = try #require(try await scene.undone(failing).tasks.first)
            try #require(task.compensation?.status == .completed && task.compensation?.attempt == 1)
            try #require(try scene.notes("asked", "ORD1").count == 1)
            let connections = try await scene.project.connected("holding").connections
            try #require(connections.map(\.id) == [connection.id], "it is the same connection as at the start")
            try #require(connections[0].delivered == 3 && connections[0].failed == 0)
        }
    }

    @Test("a handler that undoes for longer than an attempt lasts: its answer counts when it comes, and it runs once")
    func slowUndoing() async throws {
        try await UndoScene.run { scene in
            let id = try await scene.submit("ORD1", undo: "waits after")
            _ = try await scene.project.inspection(of: id, "the second attempt") {
                $0.tasks.first?.compensation?.attempt == 2
            }
            try scene.stage.open(gate: "undo-ORD1")
            let task = try #require(try await scene.undone(id).tasks.first)
            try #require(task.compensation?.status == .completed && task.compensation?.attempt == 2)
            let failed = try await scene.project.journal(of: id).filter { $0.type == .compensationAttemptFailed }
            try #require(failed.map(\.code) == [FailureCode.compensationTimedOut.rawValue])
            // The second request was read after that, and answered from memory.
            try await scene.noted("asked", "ORD1", times: 2)
            let keys = try scene.notes("asked", "ORD1").map { $0.request?["idempotencyKey"] }
            try #require(keys.count == 2 && keys[0] == keys[1])
            try #require(try scene.notes("undone", "ORD1").count == 1 && scene.notes("repeated", "ORD1").isEmpty)
            let next = try await scene.submit("ORD2", end: nil)
            try #require(try await scene.project.completion(of: next).tasks.first?.attempts == 1)
        }
    }
}
