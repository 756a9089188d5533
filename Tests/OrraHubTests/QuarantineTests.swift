import GRDB
import NIOHTTP1
import OrraEngine
import OrraModel
import OrraProtocol
import Testing

@testable import OrraHub
@testable import OrraStore

@Suite("A damaged journal", .timeLimit(.minutes(2)))
struct QuarantineTests {
    /// Three orchestrations under way, and a hub that has stopped.
    private static func prepare(_ hub: TestHub) async throws -> (TestProject, ServiceID, [OrchestrationID], String) {
        let project = try await hub.makeProject()
        let echo = try await project.register("echo")
        let service = try await FakeService.connect(echo, project, instance: "a")
        var ids: [OrchestrationID] = []
        for number in 0..<3 { ids.append(try await project.submit(plan: DeliveryTests.say("\(number)"))) }
        let key = try await service.request(1).key
        _ = try await service.request(2)
        await hub.stop()
        return (project, echo, ids, key)
    }

    /// The hub runs again without the second one, and says so.
    private static func check(
        _ hub: TestHub, _ project: TestProject, _ echo: ServiceID, _ ids: [OrchestrationID], _ key: String
    ) async throws {
        #expect(try await hub.call(.GET, "/ready").status == 200)
        let service = try await FakeService.connect(echo, project, instance: "a")
        for number in 0..<2 { try await service.answer(try await service.request(number), ["text": "x"]) }
        for id in [ids[0], ids[2]] { try await project.wait(id, for: .completed) }
        #expect(service.requests.count == 2)
        // It is listed as it was, and its inspection says what is the matter.
        let processing = try await project.get("/orchestrations").json["processing"]?.array ?? []
        #expect(processing.compactMap { $0["id"]?.string } == [ids[1].rawValue])
        let inspection = try await project.get("/orchestrations/inspections/\(ids[1])")
        #expect(inspection.status >= 500)
        #expect(inspection.message.contains(ids[1].rawValue))
        #expect(inspection.message.contains("hello") == false)
        let cancel = try await project.post("/orchestrations/\(ids[1])/cancel")
        #expect(cancel.status == 409)
        // A result for it is not acknowledged: its client keeps it until the journal is mended.
        let result = try await service.send([
            "type": "task_result", "taskId": "task1", "executionId": "e", "serviceId": .string(echo.rawValue),
            "idempotencyKey": .string(key), "result": ["task": ["text": "kept"]],
        ])
        try await service.socket.roundTrip()
        let later = try await project.submit(plan: DeliveryTests.say("later"))
        try await service.answer(try await service.request(2), ["text": "x"])
        try await project.wait(later, for: .completed)
        #expect(!service.isAcknowledged(result))
        // And it is not deleted with the others.
        #expect(try await project.post("/prune", ["olderThan": 0]).json == ["deleted": 3])
        #expect(try await RetentionTests.ids(project) == [ids[1].rawValue])
    }

    private static func summary(_ store: any Store) async throws -> Hub.Summary {
        await (try await Hub(store: store, configuration: HubConfiguration(dataDirectory: ""), logger: quietLogger))
            .summary
    }

    @Test("is named at the start, and set aside; the hub starts, and everything else goes on: in memory")
    func inMemory() async throws {
        let store = InMemoryStore()
        try await withTestHub(store) { hub in
            let (project, echo, ids, key) = try await Self.prepare(hub)
            let next = InMemoryStore(store.snapshot())
            next.damage(ids[1], seq: 3)
            let summary = try await Self.summary(next)
            #expect(summary.live == 2)
            #expect(summary.quarantined.count == 1)
            #expect(summary.quarantined.first?.contains(ids[1].rawValue) == true)
            try await hub.start(next)
            try await Self.check(hub, project, echo, ids, key)
        }
    }

    @Test(
        "is named at the start, and set aside; the hub starts, and everything else goes on: a row of SQLite",
        arguments: [
            "UPDATE journal SET event = '{\"type\":\"odd\"}'", "UPDATE journal SET event = json_remove(event, '$[2]')",
        ])
    func inSQLite(statement: String) async throws {
        try await withTemporaryDirectory { directory in
            try await withTestHub(try await SQLiteStore.open(directory: directory)) { hub in
                let (project, echo, ids, key) = try await Self.prepare(hub)
                let store = try await SQLiteStore.open(directory: directory)
                try await store.pool.write { database in
                    try database.execute(
                        sql: statement + " WHERE orchestration = ? AND seq = 1", arguments: [ids[1].rawValue])
                    #expect(database.changesCount == 1)
                }
                let summary = try await Self.summary(store)
                #expect(summary.live == 2)
                #expect(summary.quarantined.count == 1)
                #expect(summary.quarantined.first?.contains(ids[1].rawValue) == true)
                try await hub.start(store)
                try await Self.check(hub, project, echo, ids, key)
            }
        }
    }
}
