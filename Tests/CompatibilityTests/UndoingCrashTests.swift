import Foundation
import OrraModel
import OrraProtocol
import OrraSDK
import ProcessSupport
import Testing

/// Services written with the Python SDK, and the hub, killed with `kill -9` while something is undone.
@Suite("The Python SDK undoes, and somebody is killed", .serialized)
struct UndoingCrashTests {
    private func compensation(_ inspection: Inspection) throws -> OrraProtocol.CompensationState {
        try #require(inspection.tasks.first?.compensation)
    }

    /// How often the request was handed over, and in which attempts.
    private func deliveries(of id: OrchestrationID, _ scene: UndoScene) async throws -> [[Int?]] {
        try await scene.project.journal(of: id).filter { $0.type == .compensationDispatched }
            .map { [$0.attempt, $0.delivery] }
    }

    @Test("the service, while it undoes: it is asked again when it is back, under the same key, in the same attempt")
    func serviceWhileUndoing() async throws {
        try await UndoScene.run { scene in
            // One dies before it has undone anything, the other after that and before it could say so.
            let before = try await scene.submit("ORD1", ["holding"], undo: "waits before")
            let after = try await scene.submit("ORD2", ["charging"], undo: "waits after")
            try await scene.noted("undoing", "ORD1")
            try await scene.noted("undone", "ORD2")
            scene.services.kill()
            for name in UndoScene.names { _ = try await scene.project.disconnected(name) }
            for id in [before, after] {
                let away = try await scene.project.inspection(of: id, "the wait for the service") {
                    $0.tasks.first?.compensation?.status == .pending
                }
                try #require(try compensation(away).attempt == 1)
            }
            for order in ["ORD1", "ORD2"] { try scene.stage.open(gate: "undo-\(order)") }
            let again = try scene.stage.startPython("undoing", for: scene.project)

            for (id, order, process) in [(before, "ORD1", again.pid), (after, "ORD2", scene.services.pid)] {
                let state = try compensation(try await scene.undone(id))
                try #require(state.status == .completed && state.attempt == 1, "absence costs no attempt")
                try #require(try await deliveries(of: id, scene) == [[1, 1], [1, 2]])
                let requests = try scene.notes("asked", order).compactMap(\.request)
                try #require(requests.count == 2)
                try #require(Set(requests.map { $0["idempotencyKey"] }).count == 1)
                try #require(requests.map { $0["attempt"] } == [1, 1])
                try #require(requests[0]["input"] == requests[1]["input"])
                try #require(try scene.notes("undone", order).map(\.process) == [process], "once, in effect")
            }
            try #require(try scene.notes("repeated", "ORD2").map(\.process) == [again.pid])
            try #require(try await scene.project.client.failedCompensations(all: true).isEmpty)
        }
    }

    @Test("the service, before it is asked: what it did is undone when it is back")
    func serviceBeforeUndoing() async throws {
        try await UndoScene.run { scene in
            let id = try await scene.submit("ORD1", end: "waits, fails")
            _ = try await scene.project.inspection(of: id, "the first completion") {
                $0.tasks.first?.status == .completed
            }
            scene.services.kill()
            _ = try await scene.project.disconnected("holding")
            try scene.stage.open(gate: "end-ORD1")
            let waiting = try await scene.project.inspection(of: id, "what is to be undone") {
                $0.tasks.first?.compensation != nil
            }
            // The outcome is told at once; whoever waits for it need not wait for the service.
            try #require(waiting.status == .failed)
            let away = try compensation(waiting)
            try #require(away.status == .pending && away.attempt == 0)
            let entries = try await scene.project.client.outbox().entries
            try #require(entries.map(\.kind) == [.compensation] && entries.map(\.orchestrationId) == [id])
            _ = try scene.stage.startPython("undoing", for: scene.project)
            let state = try compensation(try await scene.undone(id))
            try #require(state.status == .completed && state.attempt == 1)
            try #require(try await deliveries(of: id, scene) == [[1, 1]])
            try #require(try scene.notes("undone", "ORD1").count == 1)
        }
    }

    @Test("one of two replicas, while it undoes: the other one does it")
    func replicaWhileUndoing() async throws {
        try await UndoScene.run { scene in
            let second = try scene.stage.startPython("undoing", for: scene.project)
            let processes = [scene.services, second]
            try await until("the second replica's connection") {
                try await scene.project.connected("holding").connections.count == 2
            }
            let id = try await scene.submit("ORD1", undo: "waits before")
            try await scene.noted("undoing", "ORD1")
            let first = try #require(try scene.notes("undoing", "ORD1").first?.process)
            let other = try #require(processes.first { $0.pid != first })
            processes.first { $0.pid == first }?.kill()
            try await scene.noted("undoing", "ORD1", times: 2)
            try scene.stage.open(gate: "undo-ORD1")
            let state = try compensation(try await scene.undone(id))
            try #require(state.status == .completed && state.attempt == 1)
            try #require(try await deliveries(of: id, scene) == [[1, 1], [1, 2]])
            try #require(try scene.notes("undoing", "ORD1").map(\.process) == [first, other.pid])
            try #require(try scene.notes("undone", "ORD1").map(\.process) == [other.pid])
        }
    }

    @Test("the hub, while a service undoes: the service goes on, its answer counts, and the next is asked")
    func hubWhileUndoing() async throws {
        try await UndoScene.run { scene in
            let id = try await scene.submit("ORD1", ["holding", "charging"], undo: "waits after")
            try await scene.noted("undone", "ORD1")
            let newest = try #require(try scene.notes("undone", "ORD1").first?.service)
            _ = try await scene.stage.restart(scene.hub)
            let inspection = try await scene.project.end(of: id)
            try #require(inspection.status == .failed && inspection.tasks.last?.status == .failed)
            try #require(try scene.notes("undone", "ORD1").count == 1, "one at a time")
            try scene.stage.open(gate: "undo-ORD1")

            let states = try await scene.undone(id).tasks.compactMap(\.compensation)
            try #require(states.map(\.status) == [.completed, .completed] && states.map(\.attempt) == [1, 1])
            try #require(Set(try await deliveries(of: id, scene).map { $0[0] }) == [1])
            let undone = try scene.notes("undone", "ORD1")
            try #require(undone.count == 2 && undone[0].service == newest && undone[1].service != newest)
            let keys = try scene.notes("asked", "ORD1").map { [$0.service: $0.request?["idempotencyKey"]] }
            try #require(Set(keys).count == 2)
            try #require(try scene.notes("repeated", "ORD1").isEmpty, "asked again, the SDK answers from memory")
            try #require(scene.services.ending == nil)
            try #require(try await scene.project.client.failedCompensations(all: true).isEmpty)
        }
    }
}
