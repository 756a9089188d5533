import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOWebSocket
import OrraModel
import OrraProtocol
import Testing

@testable import OrraSDK

@Suite("A component at work", .timeLimit(.minutes(2)))
struct ComponentTests {
    @Test("registers, says hello, does a task, and is told that the result is safe")
    func wholeWay() async throws {
        try await FakeHub.run { hub in
            let rig = try ComponentRig(hub)
            let tool: Tool = try rig.component { order, task in
                #expect(task.id == "task1" && task.executionID == "e_1" && task.idempotencyKey == "key-1")
                return Payment(paymentStatus: "paid \(order.orderId)")
            }
            try await tool.running {
                let call = try await hub.registrations.next()
                #expect(call.uri == "/register/tool")
                #expect(call.headers.first(name: "Authorization") == "Bearer sk-orra-v1-test")
                let registration = try WireDecoder().decode(RegistrationRequest.self, from: call.body)
                #expect(registration.id == nil)
                #expect(registration.schema.input.value["required"] == ["orderId", "amount"])
                let socket = try await hub.sockets.next()
                #expect(socket.head.uri == "/ws?serviceId=s_abc")
                #expect(socket.head.headers.first(name: "Authorization") == "Bearer sk-orra-v1-test")
                #expect(socket.head.headers.first(name: "User-Agent") == SDKVersion.userAgent)
                let first = try await socket.next()
                guard case .hello(let hello) = first.payload else { throw Unexpected(first) }
                #expect(first.id == "hello" && hello.version == 1 && hello.credit == 16 && hello.instance != nil)
                try await socket.sendTask()
                let result = try await socket.nextAcknowledged()
                #expect(try result.output("e_1") == ["paymentStatus": "paid ORD1"])
            }
        }
    }

    @Test("tells the planner what it needs and what calls for it, and whether a person decides")
    func planningHints() async throws {
        try await FakeHub.run { hub in
            let rig = try ComponentRig(hub)
            for isPlain in [true, false] {
                var options = ComponentOptions()
                options.dataDirectory = rig.scratch.path
                if !isPlain {
                    options.requires = ["inventory-tool"]
                    options.examples = ["charge a customer"]
                    options.requiresApproval = true
                }
                let service = try Service(
                    "payment-service", "Charges.", at: HubAccess(url: hub.url, key: "sk-orra-v1-test"),
                    options: options, logger: rig.logger
                ) { (_: Order, _) in Payment(paymentStatus: "") }
                try await service.running {
                    let body = try JSONValue(parsing: Array(try await hub.registrations.next().body))
                    #expect(body["requires"] == (isPlain ? nil : ["inventory-tool"]))
                    #expect(body["examples"] == (isPlain ? nil : ["charge a customer"]))
                    #expect(body["approval"] == (isPlain ? nil : "required"))
                    _ = try await hub.sockets.next()
                }
            }
        }
    }

    @Test("keeps its id in a file that only its owner reads, and sends it at the next registration")
    func identity() async throws {
        try await FakeHub.run { hub in
            let rig = try ComponentRig(hub)
            for expected in [nil, ServiceID("s_abc")] {
                try await rig.service { _, _ in Payment(paymentStatus: "") }.running {
                    let call = try await hub.registrations.next()
                    #expect(try WireDecoder().decode(RegistrationRequest.self, from: call.body).id == expected)
                    _ = try await hub.sockets.next()
                }
            }
            let file = rig.scratch.path + "/payment-service.json"
            let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
    }

    @Test("after a lost connection sends again what was not acknowledged, under the same id")
    func resends() async throws {
        try await FakeHub.run { hub in
            let rig = try ComponentRig(hub)
            try await rig.service { _, task in
                try await task.progress(["percent": 50])
                return Payment(paymentStatus: "paid")
            }.running {
                let first = try await hub.connected()
                try await first.sendTask()
                let (progress, result) = (try await first.next(), try await first.next())
                try await first.drop()
                let second = try await hub.connected()
                #expect(try await second.nextAcknowledged() == progress)
                #expect(try await second.next() == result)
                try await second.acknowledge(result)
                try await second.send(.ping(ServiceID("s_abc")))
                _ = try await second.next()  // the acknowledgement is handled before the ping
                try await second.close(.normalClosure)
                let third = try await hub.connected()
                try await third.send(.ping(ServiceID("s_abc")))
                #expect(try await third.next().payload == .pong, "nothing is left to send")
            }
        }
    }

    @Test("a handler outlives its connection: the result goes to the next one")
    func handlerOutlivesConnection() async throws {
        try await FakeHub.run { hub in
            let rig = try ComponentRig(hub)
            let (gate, begun) = (Gate(), Mailbox<Bool>())
            try await rig.service { _, _ in
                await begun.put(true)
                try await gate.pass()
                return Payment(paymentStatus: "paid")
            }.running {
                let first = try await hub.connected()
                try await first.sendTask()
                _ = try await begun.next()
                try await first.drop()
                let second = try await hub.connected()
                gate.open()
                #expect(try await second.nextAcknowledged().output("e_1") == ["paymentStatus": "paid"])
            }
        }
    }

    @Test("answers a redelivered task from its cache, also after a restart, and runs the handler once")
    func redelivery() async throws {
        try await FakeHub.run { hub in
            let rig = try ComponentRig(hub)
            let runs = NIOLockedValueBox(0)
            for execution in ["e_1", "e_2"] {
                try await rig.service { _, _ in
                    Payment(paymentStatus: "paid \(runs.withLockedValue { $0 += 1; return $0 })")
                }.running {
                    let socket = try await hub.connected()
                    for delivery in ["a", "b"] {
                        try await socket.sendTask(execution: execution + delivery)
                        let result = try await socket.nextAcknowledged()
                        #expect(try result.output(execution + delivery) == ["paymentStatus": "paid 1"])
                    }
                }
            }
            #expect(runs.withLockedValue { $0 } == 1)
        }
    }

    @Test("runs a failed task again, and tells its error, cut to 4096 characters")
    func failure() async throws {
        try await FakeHub.run { hub in
            struct Declined: Error, CustomStringConvertible { let description: String }
            let rig = try ComponentRig(hub)
            let runs = NIOLockedValueBox(0)
            try await rig.service { _, _ in
                if runs.withLockedValue({
                    $0 += 1; return $0
                }) == 1 {
                    throw Declined(description: String(repeating: "x", count: 5_000))
                }
                return Payment(paymentStatus: "paid")
            }.running {
                let socket = try await hub.connected()
                try await socket.sendTask(execution: "e_1")
                #expect(try await socket.nextAcknowledged().error("e_1") == String(repeating: "x", count: 4_096))
                try await socket.sendTask(execution: "e_2")
                #expect(try await socket.nextAcknowledged().output("e_2") == ["paymentStatus": "paid"])
            }
        }
    }

    @Test("sends an abort with its payload, nothing after it, and the same again when it is asked again")
    func abort() async throws {
        try await FakeHub.run { hub in
            let rig = try ComponentRig(hub)
            try await rig.service { _, task in
                do { try await task.abort(["reason": "no stock"]) } catch {}
                await #expect(throws: ComponentError.self) { try await task.progress(["percent": 1]) }
                return Payment(paymentStatus: "swallowed")
            }.running {
                let socket = try await hub.connected()
                for execution in ["e_1", "e_2"] {
                    try await socket.sendTask(execution: execution)
                    let message = try await socket.nextAcknowledged()
                    guard case .abort(let report, let payload) = message.payload else { throw Unexpected(message) }
                    #expect(report.execution == execution && payload.value == ["reason": "no stock"])
                }
            }
        }
    }

    @Test("says that a redelivered task is in progress; its result carries the newest execution id")
    func inProgress() async throws {
        try await FakeHub.run { hub in
            let rig = try ComponentRig(hub)
            let gate = Gate()
            try await rig.service { _, _ in
                try await gate.pass()
                return Payment(paymentStatus: "paid")
            }.running {
                let socket = try await hub.connected()
                try await socket.sendTask(execution: "e_1")
                try await socket.sendTask(execution: "e_2")
                let status = try await socket.next()
                guard case .inProgress(let report) = status.payload else { throw Unexpected(status) }
                #expect(report.execution == "e_2")
                gate.open()
                #expect(try await socket.nextAcknowledged().output("e_2") == ["paymentStatus": "paid"])
            }
        }
    }

    @Test("runs no more handlers at once than its concurrency")
    func concurrency() async throws {
        try await FakeHub.run { hub in
            var rig = try ComponentRig(hub)
            rig.concurrency = 2
            let gates = [Gate(), Gate(), Gate()]
            let begun = Mailbox<Int>()
            try await rig.service { order, _ in
                let number = Int(order.amount)
                await begun.put(number)
                try await gates[number].pass()
                return Payment(paymentStatus: "\(number)")
            }.running {
                let socket = try await hub.connected()
                for number in 0..<3 {
                    try await socket.sendTask(
                        number + 1, key: "key-\(number)",
                        input: ["orderId": "o", "amount": .number(JSONNumber(number))])
                }
                #expect(Set([try await begun.next(), try await begun.next()]) == [0, 1])
                try await socket.send(.ping(ServiceID("s_abc")))
                _ = try await socket.next()  // all three have been taken in
                #expect(await begun.isEmpty)
                gates[1].open()
                _ = try await socket.nextAcknowledged()
                #expect(try await begun.next() == 2)
                gates[0].open()
                gates[2].open()
                _ = (try await socket.nextAcknowledged(), try await socket.nextAcknowledged())
            }
        }
    }

    @Test("answers pings that are its own, ignores what it does not know, and undoes nothing without a revert handler")
    func smallMessages() async throws {
        try await FakeHub.run { hub in
            let rig = try ComponentRig(hub)
            try await rig.service { _, _ in Payment(paymentStatus: "") }.running {
                let socket = try await hub.connected()
                try await socket.send(.ping(ServiceID("s_other")))
                for text in ["no JSON", "{}", "{\"type\":\"fanfare\"}", "{\"type\":\"task_request\"}"] {
                    try await socket.send(opcode: .text, .init(string: text))
                }
                try await socket.send(opcode: .binary, .init(string: "bytes"))
                try await socket.send(.ping(ServiceID("s_abc")))
                #expect(try await socket.next() == ServiceMessage(id: "pong", payload: .pong))
                try await socket.sendRevert(execution: "e_9")
                #expect(try await socket.nextAcknowledged().error("e_9") == "no revert handler")
            }
        }
    }

    @Test("names the place of an input that does not fit, and not its value")
    func badInput() async throws {
        try await FakeHub.run { hub in
            let rig = try ComponentRig(hub)
            try await rig.service { _, _ in Payment(paymentStatus: "") }.running {
                let socket = try await hub.connected()
                try await socket.sendTask(input: ["orderId": "ORD1", "amount": "secret"])
                #expect(
                    try await socket.nextAcknowledged().error("e_1")
                        == "the input does not fit: amount must be a number")
            }
        }
    }

    @Test("an output over the limit becomes an error with its size and the limit")
    func largeOutput() async throws {
        try await FakeHub.run { hub in
            let rig = try ComponentRig(hub)
            try await rig.service { _, _ in
                Payment(paymentStatus: String(repeating: "x", count: Limits.payloadBytes))
            }.running {
                let socket = try await hub.connected()
                try await socket.sendTask()
                #expect(
                    try await socket.nextAcknowledged().error("e_1")
                        == "the output can't be sent: it has 10485780 bytes as JSON, but may have at most 10485760")
            }
        }
    }
}
