import GRDB
import OrraModel
import Testing

@testable import OrraHub
@testable import OrraStore

/// What an action costs, in numbers that no machine changes. One that grows is a decision: docs/performance.md tells them.
@Suite("Budgets", .timeLimit(.minutes(2)))
struct BudgetTests {
    private static let tasks = 10

    /// A chain of tasks that is run to its webhook.
    private static func run(
        _ hub: TestHub, begin: () -> Void = {}
    ) async throws -> (FakeService, OrchestrationID) {
        let project = try await hub.makeProject()
        let service = try await FakeService.connect(try await project.register("echo"), project, instance: "a")
        let receiver = try await WebhookReceiver.start(hub)
        let links = (1...tasks).map { number -> (String, JSONValue) in
            ("echo", ["text": number == 1 ? "$task0.text" : .string("$task\(number - 1).text")])
        }
        // What a connection and its hello are told to the project's watchers.
        try await service.socket.roundTrip()
        begin()
        let webhook = receiver.url("/end")
        let id = try await project.submit(
            plan: TestProject.plan(links), data: [("text", "a")], more: ["webhook": .string(webhook)])
        for number in 0..<tasks {
            let message = try await service.answer(try await service.request(number), ["text": "a"])
            try await service.acknowledged(message)
        }
        try await until("the webhook") { receiver.deliveries("/end").count == 1 }
        return (service, id)
    }

    @Test("a chain of ten takes one commit to begin, one for each result, and one for its webhook")
    func commits() async throws {
        let store = GatedStore()
        try await withTestHub(store) { hub in
            var before = 0
            let (service, _) = try await Self.run(hub) { before = store.committed }
            let budget = before + 1 + Self.tasks + 1
            try await until("the last commit") { store.committed >= budget }
            try await service.socket.roundTrip()
            #expect(store.committed == budget)
        }
    }

    /// Each is written twice: to the write-ahead log, and once for many commits to its place.
    @Test("a chain of ten changes at most 72 pages of the database, five in a hop")
    func pages() async throws {
        try await withTemporaryDirectory { directory in
            let store = try await SQLiteStore.open(directory: directory)
            func logged(_ mode: String) async throws -> Int {
                try await store.pool.writeWithoutTransaction { database in
                    try Row.fetchOne(database, sql: "PRAGMA wal_checkpoint(\(mode))")?["log"] ?? -1
                }
            }
            try await withTestHub(store) { hub in
                // The second one finds tables that are not empty.
                _ = try await Self.run(hub)
                #expect(try await logged("TRUNCATE") == 0)
                let (service, _) = try await Self.run(hub)
                try await service.socket.roundTrip()
                let pages = try await logged("PASSIVE")
                #expect(pages <= 72, "\(pages) pages")
                #expect(pages > 0)
            }
        }
    }

    @Test("a task takes two frames to its service: the request, and the acknowledgement of its result")
    func frames() async throws {
        try await withTestHub { hub in
            let (service, _) = try await Self.run(hub)
            try await service.socket.roundTrip()
            #expect(service.socket.frames("task_request").count == Self.tasks)
            // One more acknowledges the hello.
            #expect(service.socket.frames("ACK").count == Self.tasks + 1)
            // A round trip of the test is answered with an error.
            let others = service.socket.frames.count - service.socket.frames("error").count
            #expect(others == 2 * Self.tasks + 1)
        }
    }

    @Test(
        "a chain of ten leaves eleven rows of the journal, at most 750 bytes a task, and a row for each of what it is found by"
    )
    func rows() async throws {
        try await withTemporaryDirectory { directory in
            let store = try await SQLiteStore.open(directory: directory)
            try await withTestHub(store) { hub in
                let (_, id) = try await Self.run(hub)
                func count(_ table: String, _ what: String = "count(*)", by column: String = "orchestration")
                    async throws -> Int
                {
                    try await store.pool.read { database in
                        try Int.fetchOne(
                            database, sql: "SELECT \(what) FROM \(table) WHERE \(column) = ?", arguments: [id.rawValue])
                            ?? 0
                    }
                }
                #expect(try await count("journal") == 1 + Self.tasks)
                let bytes = try await count("journal", "sum(length(event))")
                #expect(bytes <= 750 * Self.tasks, "\(bytes) bytes of journal")
                #expect(try await count("task_keys") == Self.tasks)
                #expect(try await count("outbox") == 0)
                #expect(try await count("deliveries") == 1)
                #expect(try await count("parameter_values") == 1)
                #expect(try await count("orchestrations", by: "id") == 1)
            }
        }
    }
}
