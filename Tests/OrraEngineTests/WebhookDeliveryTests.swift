import OrraEngine
import OrraModel
import Testing

@Suite("Webhook delivery: the schedule of its tries")
struct WebhookDeliveryTests {
    func delivery() -> WebhookDelivery {
        WebhookDelivery(
            id: DeliveryID("d_1"), project: ProjectID("p_1"), orchestration: OrchestrationID("o_1"),
            url: "http://127.0.0.1/", secret: nil, form: .merged, createdAt: .at(0))
    }

    @Test("a 2xx is the end")
    func delivered() {
        var delivery = delivery()
        #expect(delivery.nextAttempt == .at(0))
        delivery.attempted(error: nil, at: .at(1))
        #expect(delivery.state == .delivered)
        #expect(delivery.attempts == 1)
    }

    @Test("1 s doubling to an hour, for three days, then failed")
    func schedule() {
        var delivery = delivery()
        var waits: [Int64] = []
        while delivery.state == .pending {
            let now = delivery.nextAttempt
            delivery.attempted(error: "answered 503", at: now)
            waits.append((delivery.nextAttempt - now).milliseconds / 1_000)
        }
        #expect(waits.prefix(14) == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 3_600, 3_600])
        #expect(waits.dropFirst(12).allSatisfy { $0 == 3_600 })
        #expect(delivery.state == .failed)
        #expect(delivery.nextAttempt > .at(3 * 24 * 3_600))
        #expect(delivery.nextAttempt <= .at(3 * 24 * 3_600 + 3_600))
        #expect(delivery.lastError == "answered 503")
    }

    @Test("a success after failures clears the error")
    func recovers() {
        var delivery = delivery()
        delivery.attempted(error: "refused", at: .at(0))
        delivery.attempted(error: nil, at: .at(1))
        #expect(delivery.state == .delivered)
        #expect(delivery.lastError == nil)
        #expect(delivery.attempts == 2)
    }

    @Test("it survives its form on disk")
    func coding() throws {
        var delivery = delivery()
        delivery.attempted(error: "refused", at: .at(0))
        let text = try WireEncoder().encode(delivery)
        #expect(try WireDecoder().decode(WebhookDelivery.self, from: text) == delivery)
    }
}
