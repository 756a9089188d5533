import AsyncHTTPClient
import Crypto
import Foundation
import NIOCore
import NIOHTTP1
import OrraModel
import OrraProtocol
import OrraStore
import Testing

@testable import OrraHub

@Suite("Webhooks", .timeLimit(.minutes(2)))
struct WebhookTests {
    static let plan = TestProject.plan(
        ("order", ["text": "$task0.orderId"]), ("delivery", ["text": "$task0.orderId"]))

    struct Stage {
        var project: TestProject
        var order: FakeService
        var delivery: FakeService

        init(_ hub: TestHub) async throws {
            project = try await hub.makeProject()
            let any = TestProject.object(["status": ["type": "string"], "id": ["type": "string"]])
            order = try await FakeService.connect(try await project.register("order", output: any), project)
            delivery = try await FakeService.connect(try await project.register("delivery", output: any), project)
        }

        /// Runs the plan; both services answer.
        func complete(webhook: String?, number: Int = 0) async throws -> OrchestrationID {
            var more: JSONObject = [:]
            if let webhook { more["webhook"] = .string(webhook) }
            let id = try await project.submit("Ship", plan: WebhookTests.plan, data: [("orderId", "O1")], more: more)
            try await delivery.answer(try await delivery.request(number), ["id": "DLV987", "status": "on its way"])
            try await order.answer(try await order.request(number), ["status": "processed"])
            try await project.wait(id, for: .completed)
            return id
        }
    }

    @Test("the action's webhook gets one object, the project's an array, each signed and in the documented form")
    func forms() async throws {
        try await withTestHub { hub in
            let receiver = try await WebhookReceiver.start(hub)
            let stage = try await Stage(hub)
            let registered = try await stage.project.post("/webhooks", ["url": .string(receiver.url("/project"))])
            #expect(registered.status == 201)
            let secret = try #require(registered.json["secret"]?.string)
            #expect(secret.hasPrefix("whsec_"))
            #expect(
                try await stage.project.get("/webhooks").json == [
                    "webhooks": [["url": .string(receiver.url("/project"))]]
                ])
            let id = try await stage.complete(webhook: receiver.url("/action"))

            let own = try await receiver.delivery("/action")
            let list = try await receiver.delivery("/project")
            // Later tasks win.
            #expect(own.body["results"] == ["status": "on its way", "id": "DLV987"])
            #expect(list.body["results"] == [["status": "processed"], ["id": "DLV987", "status": "on its way"]])
            for delivery in [own, list] {
                #expect(delivery.header("Content-Type") == "application/json")
                #expect(delivery.header("User-Agent") == "orra/1.0")
                #expect(delivery.header("X-Orra-Event") == "orchestration.completed")
                #expect(delivery.body["type"] == "orchestration.completed")
                #expect(delivery.body["status"] == "completed")
                #expect(delivery.body["project_id"]?.string == stage.project.id.rawValue)
                #expect(delivery.body["orchestration_id"]?.string == id.rawValue)
                #expect(delivery.body["orchestrationId"]?.string == id.rawValue)
                #expect(delivery.body["event_id"]?.string?.isEmpty == false)
                #expect(delivery.body["error"] == nil)
                // F11: Go's template text came instead.
                #expect(delivery.body["timestamp"]?.string.flatMap(Timestamp.init) != nil)
                #expect(delivery.header("webhook-id")?.hasPrefix("d_") == true)
            }
            #expect(own.header("webhook-id") != list.header("webhook-id"))
            #expect(own.header("webhook-signature") == nil)
            #expect(list.header("webhook-signature") == Self.signature(list, secret: secret))
        }
    }

    @Test("a signature is that of all bytes, also where a payload is large", arguments: [10, 100_000])
    func signedPieces(size: Int) throws {
        let payload = RawJSON(.string(String(repeating: "x", count: size)))
        let body = try WireEncoder().pieces(of: ["a": payload, "b": payload])
        let key = SymmetricKey(data: Data("secret".utf8))
        let code = HMAC<SHA256>.authenticationCode(for: Data("d_1.5.".utf8) + Data(body.bytes), using: key)
        let secret = Data("secret".utf8).base64EncodedString()
        #expect(
            WebhookSignature.sign(body, id: "d_1", timestamp: 5, secret: secret)
                == "v1," + Data(code).base64EncodedString())
    }

    /// As Standard Webhooks wants it, made from the secret that its holder was told.
    static func signature(_ delivery: WebhookReceiver.Delivery, secret: String) -> String? {
        guard let id = delivery.header("webhook-id"), let time = delivery.header("webhook-timestamp"),
            let key = Data(base64Encoded: String(secret.dropFirst("whsec_".count)))
        else { return nil }
        let signed = Data("\(id).\(time).".utf8) + Data(delivery.bytes)
        let code = HMAC<SHA256>.authenticationCode(for: signed, using: SymmetricKey(data: key))
        return "v1," + Data(code).base64EncodedString()
    }

    @Test("failures, aborts and cancels are told with who was at fault")
    func otherOutcomes() async throws {
        try await withTestHub { hub in
            let receiver = try await WebhookReceiver.start(hub)
            let project = try await hub.makeProject()
            let echo = try await project.register("echo", retry: TestProject.quickRetry(1))
            let service = try await FakeService.connect(echo, project)
            func submit(_ path: String, _ number: Int) async throws -> (OrchestrationID, FakeService.Request) {
                let id = try await project.submit(
                    plan: DeliveryTests.say, more: ["webhook": .string(receiver.url(path))])
                return (id, try await service.request(number))
            }
            let (_, failing) = try await submit("/failed", 0)
            try await service.fail(failing, "broken")
            let failed = try await receiver.delivery("/failed")
            #expect(failed.header("X-Orra-Event") == "orchestration.failed")
            #expect(failed.body["error"]?["id"] == "Orra:TaskFailed")
            #expect(failed.body["error"]?["producer"] == "echo")
            #expect(failed.body["error"]?["error"]?.string?.contains("broken") == true)
            #expect(failed.body["results"] == nil)

            let (_, aborting) = try await submit("/aborted", 1)
            try await service.abort(aborting, ["reason": "sold out"])
            let aborted = try await receiver.delivery("/aborted")
            #expect(aborted.header("X-Orra-Event") == "orchestration.aborted")
            #expect(aborted.body["abort_reason"] == ["reason": "sold out"])

            let (id, cancelled) = try await submit("/cancelled", 2)
            _ = try await project.post("/orchestrations/\(id)/cancel")
            try await service.answer(cancelled, ["text": "x"])
            #expect(try await receiver.delivery("/cancelled").header("X-Orra-Event") == "orchestration.cancelled")
        }
    }

    @Test("F11: a receiver that refuses or fails is tried again with the same id until it takes it")
    func retries() async throws {
        try await withTestHub { hub in
            let receiver = try await WebhookReceiver.start(hub, status: 503)
            let stage = try await Stage(hub)
            _ = try await stage.complete(webhook: receiver.url("/action"))
            let first = try await receiver.delivery("/action")
            // Down altogether, and back on the same port.
            await receiver.stop()
            let again = try await WebhookReceiver.start(hub, port: receiver.port)
            let second = try await again.delivery("/action")
            #expect(second.header("webhook-id") == first.header("webhook-id"))
            #expect(second.bytes == first.bytes)
        }
    }

    @Test("F11: what could not be delivered is delivered after a restart of the hub, on the same database")
    func restart() async throws {
        try await withTemporaryDirectory { directory in
            try await withTestHub(try await SQLiteStore.open(directory: directory)) { hub in
                let receiver = try await WebhookReceiver.start(hub, status: 500)
                let stage = try await Stage(hub)
                let registered = try await stage.project.post("/webhooks", ["url": .string(receiver.url("/project"))])
                let secret = try #require(registered.json["secret"]?.string)
                _ = try await stage.complete(webhook: receiver.url("/action"))
                let first = try await receiver.delivery("/action")
                _ = try await receiver.delivery("/project")
                await hub.stop()
                receiver.answer(204)
                let before = (receiver.deliveries("/action").count, receiver.deliveries("/project").count)
                let store = try await SQLiteStore.open(directory: directory)
                try await hub.start(store)
                let second = try await receiver.delivery("/action", before.0)
                #expect(second.header("webhook-id") == first.header("webhook-id"))
                #expect(second.bytes == first.bytes)
                let project = try await receiver.delivery("/project", before.1)
                #expect(project.header("webhook-signature") == Self.signature(project, secret: secret))
                // Once the hub knows, delivered is delivered: another start sends nothing more.
                try await until("the hub has kept the answers") { try await store.recover().deliveries.isEmpty }
                await hub.stop()
                try await hub.start(try await SQLiteStore.open(directory: directory))
                _ = try await Stage(hub).complete(webhook: receiver.url("/other"))
                _ = try await receiver.delivery("/other")
                #expect(receiver.deliveries("/action").count == before.0 + 1)
                #expect(receiver.deliveries("/project").count == before.1 + 1)
            }
        }
    }

    @Test("an answer counts by its status, also when its body never ends", arguments: [200, 500])
    func answers(status: Int) async throws {
        try await withTestHub { hub in
            let receiver = try await WebhookReceiver.start(hub, status: status)
            for path in ["/plain", WebhookReceiver.endless] {
                let answer = try await HTTPClient.shared.post(
                    ByteBuffer(string: "{}"), to: receiver.url(path), headers: ["x": "y"], timeout: .seconds(60))
                #expect(answer.code == UInt(status))
                let delivery = try await receiver.delivery(path)
                #expect(delivery.header("x") == "y" && delivery.header("content-length") == "2")
            }
            await #expect(throws: (any Error).self) {
                try await HTTPClient.shared.post(
                    ByteBuffer(string: "{}"), to: "http://127.0.0.1:1/", headers: [:], timeout: .seconds(1))
            }
        }
    }

    @Test("no webhook tells what was never accepted, and none is needed")
    func notActionable() async throws {
        try await withTestHub { hub in
            let receiver = try await WebhookReceiver.start(hub)
            let stage = try await Stage(hub)
            _ = try await stage.project.post("/webhooks", ["url": .string(receiver.url("/project"))])
            let refused = try await stage.project.post(
                "/orchestrations", TestProject.action("Fly", more: ["webhook": .string(receiver.url("/action"))]))
            #expect(refused.code == "Orra:ActionNotActionable")
            // An empty webhook is none: Go's clients send it.
            let id = try await stage.complete(webhook: "")
            let first = try await receiver.delivery("/project")
            #expect(first.body["orchestration_id"]?.string == id.rawValue)
            #expect(receiver.deliveries("/project").count == 1)
            #expect(receiver.deliveries("/action").isEmpty)
        }
    }
}
