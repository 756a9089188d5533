import NIOCore
import NIOPosix
import OrraEngine
import OrraModel
import Synchronization
import Testing

@testable import OrraHub

@Suite("Webhooks of many projects", .timeLimit(.minutes(3)))
struct PostQueueTests {
    private static func delivery(_ id: String, _ project: String) -> WebhookDelivery {
        WebhookDelivery(
            id: DeliveryID(id), project: ProjectID(project), orchestration: OrchestrationID("o"),
            url: "http://localhost",
            secret: nil, form: .list, createdAt: Timestamp(milliseconds: 0))
    }

    private static func next(_ queue: PostQueue) async -> String? { await queue.next()?.id.rawValue }

    @Test("a project has so many slots; with all of them taken, others are served")
    func slots() async {
        let queue = PostQueue(slots: 2)
        for id in ["a1", "a2", "a3", "a4"] { queue.add(Self.delivery(id, "p_a")) }
        queue.add(Self.delivery("b1", "p_b"))
        var taken: [String?] = []
        for _ in 0..<3 { taken.append(await Self.next(queue)) }
        #expect(taken.compactMap(\.self).sorted() == ["a1", "a2", "b1"])
        // The third of the first project waits for a slot.
        queue.add(Self.delivery("b2", "p_b"))
        #expect(await Self.next(queue) == "b2")
        queue.done(ProjectID("p_a"))
        #expect(await Self.next(queue) == "a3")
        queue.done(ProjectID("p_a"))
        queue.done(ProjectID("p_a"))
        #expect(await Self.next(queue) == "a4")
    }

    @Test("projects take turns, each in its own order")
    func turns() async {
        let queue = PostQueue(slots: 10)
        for number in 1...3 {
            for project in ["a", "b"] { queue.add(Self.delivery("\(project)\(number)", "p_\(project)")) }
        }
        var taken: [String] = []
        for _ in 0..<6 { taken.append(await Self.next(queue) ?? "") }
        #expect(taken.filter { $0.hasPrefix("a") } == ["a1", "a2", "a3"])
        #expect(taken.filter { $0.hasPrefix("b") } == ["b1", "b2", "b3"])
        #expect(Set(taken.prefix(2)) == ["a1", "b1"])
    }

    @Test("whoever waits gets what comes later; after the end, and when it is cancelled, nothing")
    func waiting() async {
        let queue = PostQueue(slots: 1)
        async let first = Self.next(queue)
        queue.add(Self.delivery("a1", "p_a"))
        #expect(await first == "a1")
        queue.add(Self.delivery("a2", "p_a"))
        async let second = Self.next(queue)
        queue.done(ProjectID("p_a"))
        #expect(await second == "a2")
        let cancelled = Task { await Self.next(queue) }
        cancelled.cancel()
        #expect(await cancelled.value == nil)
        let ended = PostQueue(slots: 1)
        ended.add(Self.delivery("a1", "p_a"))
        ended.finish()
        #expect(await Self.next(ended) == nil)
    }

    @Test("everything added is handed out once, however it comes and goes")
    func all() async {
        let queue = PostQueue(slots: 3)
        await withDiscardingTaskGroup { group in
            group.addTask {
                for number in 0..<600 { queue.add(Self.delivery("\(number)", "p_\(number % 7)")) }
            }
            var seen: [String] = []
            for _ in 0..<600 {
                guard let delivery = await queue.next() else { break }
                seen.append(delivery.id.rawValue)
                group.addTask { queue.done(delivery.project) }
            }
            #expect(Set(seen).count == 600)
        }
    }

    /// Takes connections and never answers.
    private static func silentReceiver(_ hub: TestHub) async throws -> String {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        hub.spawn {
            try? await Task.sleep(for: .seconds(600))
            try? await server.close().get()
        }
        return "http://127.0.0.1:\(server.localAddress?.port ?? 0)/silent"
    }

    @Test("slow receivers of one project do not hold up another's webhooks")
    func slowReceivers() async throws {
        var tuning = HubTuning()
        tuning.webhookSlots = 2
        try await withTestHub(tuning: tuning) { hub in
            let slow = try await hub.makeProject("slow")
            let quick = try await hub.makeProject("quick")
            let receiver = try await WebhookReceiver.start(hub)
            let silent = try await Self.silentReceiver(hub)
            for (project, url) in [(slow, silent), (quick, receiver.url("/quick"))] {
                let service = try await FakeService.connect(try await project.register("echo"), project)
                service.serve(hub) { $0.input }
                #expect(try await project.post("/webhooks", ["url": .string(url)]).status == 201)
            }
            // In two slots, each until its time is over, they take longer than the other project's receiver is waited for.
            for number in 0..<40 { try await slow.submit(plan: DeliveryTests.say("\(number)")) }
            for number in 0..<3 { try await quick.submit(plan: DeliveryTests.say("\(number)")) }
            _ = try await receiver.delivery("/quick", 2)
        }
    }
}
