import OrraModel
import OrraProtocol
import OrraStore
import OrraWebSocket
import Testing

@Suite("Stop and start", .timeLimit(.minutes(2)))
struct RestartTests {
    @Test("F4: a graceful stop closes sockets with 1012, and the next start goes on where it was")
    func restart() async throws {
        try await withTemporaryDirectory { directory in
            try await withTestHub(try await SQLiteStore.open(directory: directory)) { hub in
                let project = try await hub.makeProject()
                let echo = try await project.register("echo")
                let service = try await FakeService.connect(echo, project)
                let plan = TestProject.plan(("echo", ["text": "a"]), ("echo", ["text": "$task1.text"]))
                let ids = [try await project.submit("one", plan: plan), try await project.submit("two", plan: plan)]
                let first = try await service.request()
                let second = try await service.request(1)
                try await service.acknowledged(try await service.answer(first, ["text": "1"]))
                let third = try await service.request(2)
                let watcher = try await ProgressTests.watch(project)
                _ = try await watcher.frame("task_completed")
                await hub.stop()
                #expect(try await service.socket.end()?.code == .serviceRestart)
                #expect(try await watcher.end()?.code == .serviceRestart)

                try await hub.start(try await SQLiteStore.open(directory: directory))
                let back = try await FakeService.connect(echo, project)
                _ = try await back.request(1)
                try await back.socket.roundTrip()
                // Each that had no outcome, once, with the key that it had.
                #expect(Set(back.requests.map(\.key)) == [second.key, third.key])
                #expect(back.requests.count == 2)
                #expect(Set(back.requests.map(\.execution)).isDisjoint(with: [second.execution, third.execution]))
                // A result that was kept while the hub was away, under the old execution.
                try await back.answer(second, ["text": "2"])
                try await back.answer(third, ["text": "end"])
                try await back.answer(try await back.request(2), ["text": "end"])
                for id in ids {
                    let inspection = try await project.wait(id, for: .completed)
                    #expect(inspection.tasks.allSatisfy { $0.attempts == 1 })
                    #expect(inspection.results?.map(\.value) == [["text": "end"]])
                }
                // The stream has no gap over the restart.
                let again = try await ProgressTests.watch(
                    project, after: ProgressTests.numbers(watcher.frames, "position").last)
                _ = try await again.frame("ended", 1)
                let positions = ProgressTests.numbers(watcher.frames + again.frames, "position")
                #expect(positions == Array(1...positions.count))
            }
        }
    }

    @Test("F4: a crash loses nothing that was acknowledged", arguments: 0..<8)
    func crash(after steps: Int) async throws {
        let store = InMemoryStore()
        try await withTestHub(store) { hub in
            let project = try await hub.makeProject()
            let echo = try await project.register("echo")
            let service = try await FakeService.connect(echo, project)
            let plan = TestProject.plan(
                (0..<4).map { number in
                    ("echo", ["text": .string(number == 0 ? "0" : "$task\(number).text")])
                })
            let id = try await project.submit(plan: plan)
            var outputs: [String: String] = [:]
            for step in 0..<(steps / 2) {
                let request = try await service.request(step)
                try await service.acknowledged(try await service.answer(request, ["text": .string("\(step)")]))
                outputs[request.key] = "\(step)"
            }
            if steps % 2 == 1 { _ = try await service.request(steps / 2) }
            // What is on disk at this moment is all that the next hub knows.
            let disk = store.snapshot()
            await hub.stop()
            try await hub.start(InMemoryStore(disk))
            let back = try await FakeService.connect(echo, project)
            for number in 0..<(4 - steps / 2) {
                let request = try await back.request(number)
                #expect(outputs[request.key] == nil, "an acknowledged result is not asked for again")
                try await back.answer(request, ["text": "end"])
            }
            let inspection = try await project.wait(id, for: .completed)
            for task in inspection.tasks.prefix(steps / 2) {
                #expect(task.output?.value == ["text": .string("\(task.id.number - 1)")])
            }
            #expect(inspection.tasks.allSatisfy { $0.attempts == 1 })
        }
    }

    @Test("what had ended stays ended: a restart posts no webhook again and shows the same")
    func endedStaysEnded() async throws {
        let store = InMemoryStore()
        try await withTestHub(store) { hub in
            let receiver = try await WebhookReceiver.start(hub)
            let project = try await hub.makeProject()
            let echo = try await project.register("echo", retry: TestProject.quickRetry(1))
            let service = try await FakeService.connect(echo, project)
            // One task fails while another runs: the end is decided before it comes.
            let id = try await project.submit(
                plan: TestProject.plan(("echo", ["text": "a"]), ("echo", ["text": "b"])),
                more: ["webhook": .string(receiver.url("/action"))])
            let second = try await service.request(1)
            try await service.fail(try await service.request(), "broken")
            try await project.wait(id, for: .failed)
            try await service.answer(second, ["text": "b"])
            let before = try await project.end(of: id)
            _ = try await receiver.delivery("/action")
            #expect(try await store.orchestration(id)?.endedAt != nil)
            try await until("the delivery is noted") { try await store.recover().deliveries.isEmpty }
            await hub.stop()
            let next = InMemoryStore(store.snapshot())
            #expect(try await next.recover().live.isEmpty)
            try await hub.start(next)
            #expect(try await project.inspect(id) == before)
            #expect(try await next.recover().deliveries.isEmpty)
            #expect(receiver.deliveries("/action").count == 1)
        }
    }

    @Test("a service that stays away after a restart fails its task after the grace period")
    func graceAfterRestart() async throws {
        let store = InMemoryStore()
        try await withTestHub(store) { hub in
            let project = try await hub.makeProject()
            try await project.register("echo")
            let id = try await project.submit(plan: DeliveryTests.say, more: ["healthCheckGracePeriod": "2s"])
            let disk = store.snapshot()
            await hub.stop()
            try await hub.start(InMemoryStore(disk))
            #expect(try await project.wait(id, for: .failed).error?.contains("grace period") == true)
        }
    }
}
