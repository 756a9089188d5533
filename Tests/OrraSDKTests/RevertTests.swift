import NIOConcurrencyHelpers
import NIOWebSocket
import OrraModel
import OrraProtocol
import Testing

@testable import OrraSDK

@Suite("A component that can undo its tasks", .timeLimit(.minutes(2)))
struct RevertTests {
    private struct TooLate: Error, CustomStringConvertible { let description = "the parcel is gone" }

    private let paid: @Sendable (Order, TaskContext) async throws -> Payment = { _, _ in
        Payment(paymentStatus: "paid")
    }

    @Test("registers as revertible exactly when it has a revert handler")
    func registration() async throws {
        try await FakeHub.run { hub in
            let rig = try ComponentRig(hub)
            for isRevertible in [true, false] {
                let service = isRevertible ? try rig.service(paid) { _, _, _ in } : try rig.service(paid)
                try await service.running {
                    let call = try await hub.registrations.next()
                    let registration = try WireDecoder().decode(RegistrationRequest.self, from: call.body)
                    #expect(registration.revertible == isRevertible)
                    _ = try await hub.connected()
                }
            }
        }
    }

    @Test("hands over what the task took, as it came, and what it gave; also when it answers from its cache")
    func data() async throws {
        try await FakeHub.run { hub in
            var rig = try ComponentRig(hub)
            rig.revertTTL = .seconds(90)
            for execution in ["e_1", "e_2"] {
                try await rig.service(paid) { _, _, _ in }.running {
                    let socket = try await hub.connected()
                    try await socket.sendTask(
                        execution: execution, input: ["amount": 2, "orderId": "ORD1", "unread": [1, nil]])
                    let compensation = try await socket.nextAcknowledged().compensation()
                    #expect(
                        compensation.data.text
                            == #"{"originalTask":{"amount":2,"orderId":"ORD1","unread":[1,null]},"taskResult":{"paymentStatus":"paid"}}"#
                    )
                    #expect(compensation.ttlMilliseconds == 90_000)
                }
            }
        }
    }

    @Test("leaves the time to live to the hub if it has none of its own, and refuses one that the hub can't count")
    func timeToLive() async throws {
        try await FakeHub.run { hub in
            var rig = try ComponentRig(hub)
            try await rig.service(paid) { _, _, _ in }.running {
                let socket = try await hub.connected()
                try await socket.sendTask()
                #expect(try await socket.nextAcknowledged().compensation().ttlMilliseconds == nil)
            }
            for ttl in [Duration.zero, .seconds(-1), .seconds(366 * 86_400)] {
                rig.revertTTL = ttl
                let error = #expect(throws: ComponentError.self) { try rig.service(paid) }
                #expect(error?.message == "revertTTL must be 1 ms to 365 days")
            }
        }
    }

    @Test("runs the handler with the task's input and output and the reason, and says that it is done")
    func completed() async throws {
        try await FakeHub.run { hub in
            let rig = try ComponentRig(hub)
            try await rig.service(paid) { order, payment, revert in
                #expect(order == Order(orderId: "ORD1", amount: 2))
                #expect(payment == Payment(paymentStatus: "paid"))
                #expect(revert.id == "task1" && revert.orchestrationID == "o_1" && revert.reason == .aborted)
                #expect(revert.idempotencyKey == "undo-1" && revert.executionID == "e_u1" && revert.attempt == 1)
                let payload = try revert.payload(as: [String: String].self)
                let remaining = try revert.remaining()
                #expect(payload == ["reason": "no stock"] && remaining == nil)
            }.running {
                let socket = try await hub.connected()
                try await socket.sendRevert(reason: .aborted, payload: ["reason": "no stock"])
                #expect(try await socket.nextAcknowledged().reverted("e_u1") == .completed)
            }
        }
    }

    @Test(
        "tells the reason, and a payload that is none or was no object",
        arguments: [
            (HubMessage.CompensationContext.Reason.failed, RevertContext.Reason.failed, nil, nil),
            (.cancelled, .cancelled, nil, nil), (.aborted, .aborted, "no stock", ["value": "no stock"]),
        ] as [(HubMessage.CompensationContext.Reason, RevertContext.Reason, JSONValue?, [String: String]?)])
    func reasons(
        sent: HubMessage.CompensationContext.Reason, told: RevertContext.Reason, payload: JSONValue?,
        expected: [String: String]?
    ) async throws {
        try await FakeHub.run { hub in
            let rig = try ComponentRig(hub)
            try await rig.service(paid) { _, _, revert in
                #expect(revert.reason == told)
                let payload = try revert.payload(as: [String: String].self)
                #expect(payload == expected)
            }.running {
                let socket = try await hub.connected()
                try await socket.sendRevert(reason: sent, payload: payload)
                #expect(try await socket.nextAcknowledged().reverted("e_u1") == .completed)
            }
        }
    }

    @Test("that did a part tells what is done and what remains, and is told that at the next attempt")
    func partial() async throws {
        try await FakeHub.run { hub in
            struct Seat: Codable, Equatable { var row: Int }
            let rig = try ComponentRig(hub)
            try await rig.service(paid) { _, _, revert in
                if let remaining = try revert.remaining(as: Seat.self) {
                    #expect(remaining == [Seat(row: 7)] && revert.attempt == 2)
                } else {
                    throw PartlyReverted(completed: ["room"], remaining: [Seat(row: 7)])
                }
            }.running {
                let socket = try await hub.connected()
                try await socket.sendRevert()
                let outcome = try await socket.nextAcknowledged().reverted("e_u1")
                #expect(outcome == .partial(completed: RawJSON(["room"]), remaining: RawJSON([["row": 7]])))
                try await socket.sendRevert(
                    key: "undo-2", execution: "e_u2", attempt: 2, remaining: [["row": 7]])
                #expect(try await socket.nextAcknowledged().reverted("e_u2") == .completed)
            }
        }
    }

    @Test("that throws has failed, with its text")
    func failed() async throws {
        try await FakeHub.run { hub in
            let rig = try ComponentRig(hub)
            try await rig.service(paid) { _, _, revert in
                if revert.attempt == 1 { throw TooLate() }
                throw TaskFailure(String(repeating: "x", count: 5_000))
            }.running {
                let socket = try await hub.connected()
                try await socket.sendRevert()
                #expect(try await socket.nextAcknowledged().reverted("e_u1") == .failed("the parcel is gone"))
                try await socket.sendRevert(key: "undo-2", execution: "e_u2", attempt: 2)
                #expect(
                    try await socket.nextAcknowledged().reverted("e_u2")
                        == .failed(String(repeating: "x", count: 4_096)))
            }
        }
    }

    @Test(
        "says which place of what came back does not fit, and not its value",
        arguments: [
            (
                ["originalTask": ["amount": 2], "taskResult": ["paymentStatus": "paid"]],
                "the task's input does not fit: orderId is missing"
            ),
            (
                ["originalTask": ["orderId": "ORD1", "amount": 2], "taskResult": ["paymentStatus": 7]],
                "the task's output does not fit: paymentStatus must be a string"
            ),
            (["taskResult": ["paymentStatus": "paid"]], "the request to revert has no originalTask and taskResult"),
            ("secret", "the request to revert has no originalTask and taskResult"),
        ] as [(JSONValue, String)])
    func misfit(data: JSONValue, reason: String) async throws {
        try await FakeHub.run { hub in
            let rig = try ComponentRig(hub)
            try await rig.service(paid) { _, _, _ in }.running {
                let socket = try await hub.connected()
                try await socket.sendRevert(data: data)
                #expect(try await socket.nextAcknowledged().reverted("e_u1") == .failed(reason))
            }
        }
    }

    @Test("answers a redelivered request from its cache, also after a restart; a new key runs the handler again")
    func cached() async throws {
        try await FakeHub.run { hub in
            let rig = try ComponentRig(hub)
            let runs = NIOLockedValueBox<[String]>([])
            let expected: [(String, CompensationOutcome)] = [
                ("done", .completed), ("failed", .failed("the parcel is gone")),
                ("partial", .partial(completed: RawJSON(["a"]), remaining: RawJSON(["b"]))),
            ]
            for execution in ["e_1", "e_2"] {
                try await rig.service(paid) { _, _, revert in
                    runs.withLockedValue { $0.append(revert.idempotencyKey) }
                    if revert.idempotencyKey == "failed" { throw TooLate() }
                    if revert.idempotencyKey == "partial" { throw PartlyReverted(completed: ["a"], remaining: ["b"]) }
                }.running {
                    let socket = try await hub.connected()
                    for (key, outcome) in expected {
                        for delivery in ["a", "b"] {
                            try await socket.sendRevert(key: key, execution: execution + delivery)
                            #expect(try await socket.nextAcknowledged().reverted(execution + delivery) == outcome)
                        }
                    }
                }
            }
            #expect(runs.withLockedValue { $0 } == ["done", "failed", "partial"])
        }
    }

    @Test("sends its answer again after a lost connection, until it is acknowledged")
    func resends() async throws {
        try await FakeHub.run { hub in
            let rig = try ComponentRig(hub)
            try await rig.service(paid) { _, _, _ in }.running {
                let first = try await hub.connected()
                try await first.sendRevert()
                let answer = try await first.next()
                #expect(try answer.reverted("e_u1") == .completed)
                try await first.drop()
                let second = try await hub.connected()
                #expect(try await second.nextAcknowledged() == answer)
                try await second.settled()
                try await second.drop()
                try await hub.connected().settled()
            }
        }
    }

    @Test("undoes while a task of it runs, and tells a redelivery that it is at it")
    func besideTasks() async throws {
        try await FakeHub.run { hub in
            let rig = try ComponentRig(hub)
            let (task, undo, begun) = (Gate(), Gate(), Mailbox<String>())
            try await rig.service { _, _ in
                await begun.put("task")
                try await task.pass()
                return Payment(paymentStatus: "paid")
            } onRevert: { _, _, _ in
                await begun.put("revert")
                try await undo.pass()
            }.running {
                let socket = try await hub.connected()
                try await socket.sendTask()
                #expect(try await begun.next() == "task")
                try await socket.sendRevert()
                #expect(try await begun.next() == "revert")
                try await socket.sendRevert(execution: "e_u2")
                let status = try await socket.next()
                guard case .inProgress(let report) = status.payload else { throw Unexpected(status) }
                #expect(report.idempotencyKey.rawValue == "undo-1" && report.execution == "e_u2")
                undo.open()
                #expect(try await socket.nextAcknowledged().reverted("e_u2") == .completed)
                task.open()
                _ = try await socket.nextAcknowledged().compensation()
            }
        }
    }

    @Test("counts what it undoes within its concurrency")
    func concurrency() async throws {
        try await FakeHub.run { hub in
            var rig = try ComponentRig(hub)
            rig.concurrency = 1
            let (gate, begun) = (Gate(), Mailbox<String>())
            try await rig.service { _, _ in
                await begun.put("task")
                try await gate.pass()
                return Payment(paymentStatus: "paid")
            } onRevert: { _, _, _ in
                await begun.put("revert")
            }.running {
                let socket = try await hub.connected()
                try await socket.sendTask()
                #expect(try await begun.next() == "task")
                try await socket.sendRevert()
                try await socket.settled()
                #expect(await begun.isEmpty)
                gate.open()
                _ = try await socket.nextAcknowledged().compensation()
                #expect(try await socket.nextAcknowledged().reverted("e_u1") == .completed)
            }
        }
    }

    @Test("that is interrupted by a stop says nothing: the next process is asked again, and runs the handler")
    func interrupted() async throws {
        try await FakeHub.run { hub in
            var rig = try ComponentRig(hub)
            rig.drainTimeout = .milliseconds(20)
            let begun = Mailbox<Bool>()
            try await rig.service(paid) { _, _, _ in
                await begun.put(true)
                try await Gate().pass()
            }.running { stop in
                let socket = try await hub.connected()
                try await socket.sendRevert()
                _ = try await begun.next()
                stop()
                #expect(try await socket.next().payload == .drain)
                #expect(try await socket.closes.next() == .normalClosure)
                #expect(await socket.messages.isEmpty)
            }
            try await rig.service(paid) { _, _, _ in }.running {
                let socket = try await hub.connected()
                try await socket.sendRevert(execution: "e_u2")
                #expect(try await socket.nextAcknowledged().reverted("e_u2") == .completed)
            }
        }
    }

    @Test("an output that could not be handed over with its input is an error with size and limit")
    func largeData() async throws {
        try await FakeHub.run { hub in
            let rig = try ComponentRig(hub)
            let half = String(repeating: "x", count: Limits.payloadBytes / 2)
            try await rig.service({ _, _ in Payment(paymentStatus: half) }, onRevert: { _, _, _ in }).running {
                let socket = try await hub.connected()
                try await socket.sendTask(input: ["orderId": .string(half), "amount": 1])
                #expect(
                    try await socket.nextAcknowledged().error("e_1")
                        == "the output can't be sent: with the input, to revert the task, it has 10485836 bytes as JSON, "
                        + "but may have at most \(Limits.undoBytes)")
            }
        }
    }

    @Test("what was done in part, and can't be told, is a failure that says why")
    func largePartial() async throws {
        try await FakeHub.run { hub in
            let rig = try ComponentRig(hub)
            try await rig.service(paid) { _, _, revert in
                let steps = Array(repeating: "x", count: 1_001)
                if revert.attempt == 1 { throw PartlyReverted(completed: [], remaining: steps) }
                throw PartlyReverted(completed: [], remaining: [Double.nan])
            }.running {
                let socket = try await hub.connected()
                try await socket.sendRevert()
                #expect(
                    try await socket.nextAcknowledged().reverted("e_u1")
                        == .failed(
                            "what was reverted in part can't be told: partial.remaining has at most 1000 elements"))
                try await socket.sendRevert(key: "undo-2", execution: "e_u2", attempt: 2)
                #expect(
                    try await socket.nextAcknowledged().reverted("e_u2")
                        == .failed("the step can't be sent: it can't be written as JSON"))
            }
        }
    }
}
