import Foundation
import Logging
import NIOConcurrencyHelpers
import NIOHTTP1
import NIOWebSocket
import OrraModel
import OrraProtocol
import ServiceLifecycle
import Testing

@testable import OrraSDK

@Suite("A component that stops or is refused", .timeLimit(.minutes(2)))
struct StoppingTests {
    @Test("drains: says so, finishes what runs, waits for the acknowledgement, closes with 1000")
    func drain() async throws {
        try await FakeHub.run { hub in
            let rig = try ComponentRig(hub)
            let gate = Gate()
            let begun = Mailbox<Bool>()
            try await rig.service { _, _ in
                await begun.put(true)
                try await gate.pass()
                return Payment(paymentStatus: "paid")
            }.running { stop in
                let socket = try await hub.connected()
                try await socket.sendTask()
                _ = try await begun.next()
                stop()
                #expect(try await socket.next() == ServiceMessage(id: "drain", payload: .drain))
                try await socket.sendTask(2, key: "key-2", execution: "e_2")
                gate.open()
                #expect(try await socket.nextAcknowledged().output("e_1") == ["paymentStatus": "paid"])
                #expect(try await socket.closes.next() == .normalClosure)
                #expect(await socket.messages.isEmpty, "a task that came later is left to the hub")
            }
        }
    }

    @Test("finishes also what waits, and says on every connection that it drains")
    func drainWaiting() async throws {
        try await FakeHub.run { hub in
            var rig = try ComponentRig(hub)
            rig.concurrency = 1
            let (gate, begun) = (Gate(), Mailbox<Bool>())
            try await rig.service { order, _ in
                await begun.put(true)
                if order.amount == 1 { try await gate.pass() }
                return Payment(paymentStatus: "paid \(order.orderId)")
            }.running { stop in
                let first = try await hub.connected()
                try await first.sendTask(input: ["orderId": "ORD1", "amount": 1])
                try await first.sendTask(2, key: "key-2", execution: "e_2", input: ["orderId": "ORD2", "amount": 2])
                try await first.settled()
                _ = try await begun.next()
                stop()
                #expect(try await first.next() == ServiceMessage(id: "drain", payload: .drain))
                try await first.drop()
                let second = try await hub.connected()
                #expect(try await second.next() == ServiceMessage(id: "drain", payload: .drain))
                gate.open()
                #expect(try await second.nextAcknowledged().output("e_1") == ["paymentStatus": "paid ORD1"])
                #expect(try await second.nextAcknowledged().output("e_2") == ["paymentStatus": "paid ORD2"])
                #expect(try await second.closes.next() == .normalClosure)
            }
        }
    }

    enum End { case shutdown, signal }

    @Test(
        "shutdown() and SIGTERM drain it; one that was stopped so does not run again", .serialized,
        arguments: [End.shutdown, .signal])
    func shutdown(by end: End) async throws {
        try await FakeHub.run { hub in
            let rig = try ComponentRig(hub)
            let (gate, begun) = (Gate(), Mailbox<Bool>())
            let service = try rig.service { _, _ in
                await begun.put(true)
                try await gate.pass()
                return Payment(paymentStatus: "paid")
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await service.run() }
                let socket = try await hub.connected()
                try await socket.sendTask()
                _ = try await begun.next()
                switch end {
                case .shutdown: for _ in 0..<2 { service.shutdown() }
                case .signal: kill(getpid(), SIGTERM)
                }
                #expect(try await socket.next() == ServiceMessage(id: "drain", payload: .drain))
                gate.open()
                #expect(try await socket.nextAcknowledged().output("e_1") == ["paymentStatus": "paid"])
                #expect(try await socket.closes.next() == .normalClosure)
                try await group.waitForAll()
            }
            try await service.run()
        }
    }

    @Test("shutdown() ends also a component that a service group runs")
    func shutdownOfLifecycle() async throws {
        try await FakeHub.run { hub in
            let rig = try ComponentRig(hub)
            let service: OrraSDK.Service = try rig.service { _, _ in Payment(paymentStatus: "") }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await service.lifecycle.run() }
                let socket = try await hub.connected()
                service.shutdown()
                #expect(try await socket.next().payload == .drain)
                try await group.waitForAll()
            }
        }
    }

    @Test("cancels handlers that outlast the drain, and tells the hub nothing about them")
    func drainTimeout() async throws {
        try await FakeHub.run { hub in
            var rig = try ComponentRig(hub)
            rig.drainTimeout = .milliseconds(20)
            let begun = Mailbox<Bool>()
            try await rig.service { _, _ in
                await begun.put(true)
                try await Gate().pass()
                return Payment(paymentStatus: "never")
            }.running { stop in
                let socket = try await hub.connected()
                try await socket.sendTask()
                _ = try await begun.next()
                stop()
                #expect(try await socket.next().payload == .drain)
                #expect(try await socket.closes.next() == .normalClosure)
                #expect(await socket.messages.isEmpty)
            }
        }
    }

    @Test("a result that was not acknowledged is answered from the file by the next process")
    func resultOutlivesRun() async throws {
        try await FakeHub.run { hub in
            let rig = try ComponentRig(hub)
            let first = try rig.service { _, _ in Payment(paymentStatus: "first") }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await first.run { try? await Task.sleep(for: .seconds(600)) } }
                let socket = try await hub.connected()
                try await socket.sendTask(execution: "e_1")
                #expect(try await socket.next().output("e_1") == ["paymentStatus": "first"])
                group.cancelAll()
                try await group.waitForAll()
            }
            try await rig.service { _, _ in Payment(paymentStatus: "second") }.running {
                let socket = try await hub.connected()
                try await socket.sendTask(execution: "e_2")
                #expect(try await socket.nextAcknowledged().output("e_2") == ["paymentStatus": "first"])
            }
        }
    }

    @Test("a run that is cancelled ends, whatever it is doing")
    func cancellation() async throws {
        try await FakeHub.run { hub in
            let rig = try ComponentRig(hub)
            let begun = Mailbox<Bool>()
            let service = try rig.service { _, _ in
                await begun.put(true)
                try await Gate().pass()
                return Payment(paymentStatus: "never")
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await service.run { try? await Task.sleep(for: .seconds(600)) } }
                let socket = try await hub.connected()
                try await socket.sendTask()
                _ = try await begun.next()
                group.cancelAll()
                try await group.waitForAll()
            }
        }
    }

    @Test("tries again while the hub is not well, and stops with its words when it refuses the registration")
    func registrationRefused() async throws {
        try await FakeHub.run { hub in
            let rig = try ComponentRig(hub)
            hub.registrationAnswers.withLockedValue {
                $0 = [
                    .error(.serviceUnavailable, "later"), .error(.tooManyRequests, "later"),
                    .error(.unauthorized, "this key opens no project"),
                ]
            }
            let error = await #expect(throws: ComponentError.self) {
                try await rig.service { _, _ in Payment(paymentStatus: "") }.run {
                    try? await Task.sleep(for: .seconds(600))
                }
            }
            #expect(error?.code == .refused)
            #expect(error?.message == "the hub refused the registration: this key opens no project")
            for _ in 0..<3 { _ = try await hub.registrations.next() }
        }
    }

    @Test("registers again once when its socket is refused, and stops when that did not help", arguments: [401, 403])
    func socketRefused(status: Int) async throws {
        try await FakeHub.run { hub in
            let rig = try ComponentRig(hub)
            let refusal = FakeHub.Answer.error(HTTPResponseStatus(statusCode: status), "not your service")
            hub.refusals.withLockedValue { $0 = [refusal] }
            let service = try rig.service { _, _ in Payment(paymentStatus: "") }
            try await service.running {
                _ = (try await hub.registrations.next(), try await hub.registrations.next())
                _ = try await hub.connected()
            }
            hub.refusals.withLockedValue { $0 = [refusal, refusal, refusal] }
            let error = await #expect(throws: ComponentError.self) {
                try await service.run { try? await Task.sleep(for: .seconds(600)) }
            }
            #expect(error?.message == "the hub refused the connection: not your service")
            _ = (try await hub.registrations.next(), try await hub.registrations.next())
            #expect(await hub.registrations.isEmpty)
        }
    }

    @Test("waits for a hub that is not there, and says so at each try")
    func away() async throws {
        let tries = Mailbox<String>()
        try await FakeHub.run { hub in
            var rig = try ComponentRig(hub)
            rig.url = "http://127.0.0.1:1"
            rig.logger = Logger(label: "test") { _ in Listener(messages: tries) }
            try await rig.service { _, _ in Payment(paymentStatus: "") }.running {
                for _ in 0..<3 {
                    let message = try await tries.next()
                    #expect(message == "hub not reached")
                }
            }
        }
    }

    @Test("in a service group it drains at the group's graceful shutdown")
    func serviceGroup() async throws {
        try await FakeHub.run { hub in
            let rig = try ComponentRig(hub)
            // Both modules have a `Service`: the module's name tells them apart.
            let service: OrraSDK.Service = try rig.service { _, _ in Payment(paymentStatus: "") }
            let group = ServiceGroup(
                services: [service.lifecycle], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.run() }
                let socket = try await hub.connected()
                await group.triggerGracefulShutdown()
                #expect(try await socket.next().payload == .drain)
                #expect(try await socket.closes.next() == .normalClosure)
                try await tasks.waitForAll()
            }
        }
    }

    @Test("a stop ends also a component that waits for its hub")
    func stopWhileAway() async throws {
        try await FakeHub.run { hub in
            let rig = try ComponentRig(hub)
            hub.registrationAnswers.withLockedValue { $0 = Array(repeating: .error(.badGateway, ""), count: 10_000) }
            try await rig.service { _, _ in Payment(paymentStatus: "") }.running {
                _ = try await hub.registrations.next()
            }
        }
    }
}
