import NIOWebSocket
import OrraModel
import OrraProtocol
import Testing

@testable import OrraSDK

@Suite("A task that the hub no longer wants", .timeLimit(.minutes(2)))
struct CancellingTests {
    @Test("its handler's Swift task is cancelled, and what it throws is told: cancelled")
    func running() async throws {
        try await FakeHub.run { hub in
            let rig = try ComponentRig(hub)
            let begun = Mailbox<Bool>()
            try await rig.service { _, _ in
                await begun.put(true)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    // The cancellation reaches the Swift tasks of the handler, too.
                    group.addTask { try await Gate().pass() }
                    try await group.waitForAll()
                }
                return Payment(paymentStatus: "never")
            }.running {
                let socket = try await hub.connected()
                try await socket.sendTask()
                _ = try await begun.next()
                try await socket.cancel("key-1")
                #expect(try await socket.nextAcknowledged().error("e_1") == "cancelled")
                try await socket.settled()
            }
        }
    }

    @Test("a handler may ignore it: its output is sent as any")
    func ignored() async throws {
        try await FakeHub.run { hub in
            let rig = try ComponentRig(hub)
            let begun = Mailbox<Bool>()
            try await rig.service { _, _ in
                await begun.put(true)
                try? await Gate().pass()
                return Payment(paymentStatus: "paid all the same")
            }.running {
                let socket = try await hub.connected()
                try await socket.sendTask()
                _ = try await begun.next()
                try await socket.cancel("key-1")
                #expect(try await socket.nextAcknowledged().output("e_1") == ["paymentStatus": "paid all the same"])
            }
        }
    }

    @Test("it never begins if it waits, and an unknown or an answered one changes nothing")
    func others() async throws {
        try await FakeHub.run { hub in
            var rig = try ComponentRig(hub)
            rig.concurrency = 1
            let (gate, begun) = (Gate(), Mailbox<String>())
            try await rig.service { order, _ in
                await begun.put(order.orderId)
                try await gate.pass()
                return Payment(paymentStatus: "paid")
            }.running {
                let socket = try await hub.connected()
                try await socket.sendTask()
                #expect(try await begun.next() == "ORD1")
                try await socket.sendTask(
                    2, key: "key-2", execution: "e_2", input: ["orderId": "ORD2", "amount": 1])
                try await socket.cancel("key-2")
                #expect(try await socket.nextAcknowledged().error("e_2") == "cancelled before it began")
                try await socket.cancel("key-9")
                try await socket.settled()
                gate.open()
                #expect(try await socket.nextAcknowledged().output("e_1") == ["paymentStatus": "paid"])
                try await socket.cancel("key-1")
                try await socket.settled()
                #expect(await begun.isEmpty)
            }
        }
    }

    @Test("a request to undo that is cancelled has failed")
    func compensation() async throws {
        try await FakeHub.run { hub in
            let rig = try ComponentRig(hub)
            let begun = Mailbox<Bool>()
            try await rig.service { _, _ in
                Payment(paymentStatus: "paid")
            } onRevert: { _, _, _ in
                await begun.put(true)
                try await Gate().pass()
            }.running {
                let socket = try await hub.connected()
                try await socket.sendRevert()
                _ = try await begun.next()
                try await socket.cancel("undo-1")
                #expect(try await socket.nextAcknowledged().reverted("e_u1") == .failed("cancelled"))
            }
        }
    }
}
