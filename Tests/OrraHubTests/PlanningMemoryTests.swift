import Logging
import NIOPosix
import OrraCore
import OrraModel
import OrraPlanner
import OrraStore
import Testing

@testable import OrraHub

@Suite("What planning holds in memory, and reads again", .timeLimit(.minutes(2)))
struct PlanningMemoryTests {
    private static func document(
        _ name: String, of project: ProjectID, _ body: JSONValue, at time: Timestamp
    ) -> ProjectDocument {
        ProjectDocument(project: project, kind: .cachedPlan, name: name, body: RawJSON(body), at: time)
    }

    @Test("plans of the cache that can't be read are dropped, said once without their content, and the others serve")
    func damagedPlans() async throws {
        let lines = LogLines()
        var store = InMemoryStore()
        try await ScriptedModel.run { model in
            let configuration = ModelConfiguration(name: "scripted", baseURL: model.baseURL)
            try await withTestHub(
                store, model: configuration, logger: Logger(label: "test") { _ in lines.handler }
            ) { hub in
                let project = try await hub.makeProject()
                let payment = try await ModelPlanningTests.registerPayment(project)
                model.then(.plan(ModelPlanningTests.plan(payment)))
                #expect(try await ModelPlanningTests.submit(project, "A-1").json["planner"] == "model")
                await hub.stop()
                store = InMemoryStore(store.snapshot())
                let now = try #require(
                    try await store.documents(of: project.id, kind: .cachedPlan, limit: 9).first?.at)
                let unknown = Self.document("pl_unknown", of: project.id, ["hush": "hush"], at: now)
                let broken = Self.document("pl_broken", of: project.id, "hush", at: now)
                try await store.commit([.document(unknown), .document(broken)])
                store.damage(broken)
                try await hub.start(store)
                for order in ["B-2", "C-3"] {
                    let answer = try await ModelPlanningTests.submit(project, order)
                    #expect(answer.json["planner"] == "cache")
                    #expect(answer.json["taskZero"] == ["orderId": .string(order)])
                }
                #expect(model.questions.count == 1)
                let names = try await store.documentNames(of: project.id, kind: .cachedPlan, limit: 9)
                #expect(names.count == 1 && names.first?.hasPrefix("pl_") == true)
                let told = lines.all.filter { $0.hasPrefix("plans of the cache could not be read, and are dropped ") }
                #expect(told.count == 1)
                #expect(told.first?.contains(#""count": 2"#) == true)
                #expect(!lines.all.contains { $0.contains("hush") })
            }
        }
    }

    @Test("another pinned plan that can't be read is in nobody's way")
    func onePinnedPlan() async throws {
        let store = InMemoryStore()
        try await withTestHub(store) { hub in
            let project = try await hub.makeProject()
            _ = try await PlanningRouteTests.registerPayment(project)
            let id = try await project.submit(PlanningRouteTests.text, data: PlanningRouteTests.data)
            let pin = try await project.post("/plans/pins", ["name": "pay", "from": .string(id.rawValue)])
            #expect(pin.status == 201)
            let broken = ProjectDocument(
                project: project.id, kind: .pinnedPlan, name: "broken", body: RawJSON("hush"),
                at: Timestamp(milliseconds: 1))
            try await store.commit([.document(broken)])
            store.damage(broken)
            let run = try await project.post(
                "/orchestrations", ["pinned": "pay", "data": [["field": "orderId", "value": "O2"]]])
            #expect(run.json["planner"] == "pinned")
            #expect(try await project.get("/plans/pay").status == 200)
            #expect(
                try await project.post("/plans/pins", ["name": "pay", "from": .string(id.rawValue)]).status == 201)
            #expect(try await project.post("/orchestrations", ["pinned": "other"]).status == 404)
        }
    }

    @Test("memory is bounded by the projects that planned last, and what went is read again")
    func bounded() async throws {
        let store = InMemoryStore()
        let projects = (0...Limits.projectsInMemory).map {
            Project(id: ProjectID("p_\($0)"), name: "one", createdAt: Timestamp(milliseconds: 0))
        }
        let settings = RawJSON(["order": "offline"])
        try await store.commit(
            projects.flatMap { project -> [Write] in
                [
                    .project(project),
                    .document(
                        ProjectDocument(
                            project: project.id, kind: .planningSettings, name: "settings", body: settings,
                            at: Timestamp(milliseconds: 1))),
                ]
            })
        let loop = HubLoop(
            recovery: try await store.recover(), store: store, tuning: HubTuning(),
            eventLoop: MultiThreadedEventLoopGroup.singleton.any(), logger: quietLogger)
        let documents = ProjectDocuments(loop: loop, store: store)
        let book = PlanningBook(documents)
        let plans = StoredPlans(documents, logger: quietLogger)
        for project in projects + projects.prefix(1) {
            #expect(try await book.page(of: project.id).settings.order == .offline)
            #expect(await plans.all(of: project.id).isEmpty)
        }
        #expect(await book.count == Limits.projectsInMemory)
        #expect(await plans.count == Limits.projectsInMemory)
    }
}
