import OrraModel
import OrraProtocol
import Testing

@Suite("Outcomes", .timeLimit(.minutes(2)))
struct OutcomeTests {
    static let diamond = TestProject.plan(
        ("echo", ["text": "$task0.text"]), ("echo", ["text": "$task1.text"]), ("echo", ["text": "$task1.text"]),
        ("join", ["left": "$task2.text", "right": "$task3.text"]))

    @Test("a diamond runs its middle in parallel, and each task gets the outputs that it names")
    func diamondPlan() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let echo = try await project.register("echo")
            let join = try await project.register(
                "join",
                input: TestProject.object(
                    ["left": ["type": "string"], "right": ["type": "string"]], required: ["left", "right"]))
            let service = try await FakeService.connect(echo, project)
            let joiner = try await FakeService.connect(join, project)
            let id = try await project.submit(plan: Self.diamond, data: [("text", "a")])
            let first = try await service.request()
            #expect(first.input == ["text": "a"])
            try await service.answer(first, ["text": "b"])
            // Both are there before either is answered.
            let left = try await service.request(1)
            let right = try await service.request(2)
            #expect(left.input == ["text": "b"])
            #expect(right.input == ["text": "b"])
            #expect([left.task, right.task] == ["task2", "task3"])
            try await service.answer(right, ["text": "r"])
            try await service.answer(left, ["text": "l"])
            let last = try await joiner.request()
            #expect(last.input == ["left": "l", "right": "r"])
            try await joiner.answer(last, ["text": "end"])
            let inspection = try await project.wait(id, for: .completed)
            #expect(inspection.results?.map(\.value) == [["text": "end"]])
            #expect(inspection.tasks.map(\.dependencies) == [[], [TaskID(1)], [TaskID(1)], [TaskID(2), TaskID(3)]])
        }
    }

    @Test("F3: the results of twelve last tasks come in the order of their numbers")
    func manyResults() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let service = try await FakeService.connect(try await project.register("echo"), project)
            let tasks = (1...12).map { ("echo", ["text": .string("\($0)")] as JSONValue) }
            let id = try await project.submit(plan: TestProject.plan(tasks))
            _ = try await service.request(11)
            for request in service.requests.reversed() { try await service.answer(request, request.input) }
            let inspection = try await project.wait(id, for: .completed)
            #expect(inspection.results?.map { $0.value["text"]?.string } == (1...12).map { "\($0)" })
            #expect(inspection.tasks.map(\.id.number) == Array(1...12))
        }
    }

    @Test("F2: the same text at the same time runs with each action's own parameters")
    func ownParameters() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let echo = try await project.register(
                "echo", input: TestProject.object(["text": ["type": "string"]], required: ["text"]),
                description: "Says a text again")
            let service = try await FakeService.connect(echo, project)
            service.serve(hub) { $0.input }
            let ids = try await withThrowingTaskGroup(of: (Int, OrchestrationID).self) { group in
                for number in 0..<40 {
                    group.addTask {
                        (number, try await project.submit("Say the text", data: [("text", .string("\(number)"))]))
                    }
                }
                return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
            }
            for (number, id) in ids {
                let inspection = try await project.wait(id, for: .completed)
                #expect(inspection.results?.map(\.value) == [["text": .string("\(number)")]])
            }
        }
    }

    @Test("a string that is exactly a number becomes one where the schema wants it, and inspection shows it")
    func coercion() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let pay = try await project.register(
                "pay",
                input: TestProject.object(
                    ["amount": ["type": "number"], "express": ["type": "boolean"], "code": ["type": "string"]],
                    required: ["amount"]))
            let service = try await FakeService.connect(pay, project)
            let input: JSONValue = ["amount": "$task0.amount", "express": "$task0.express", "code": "$task0.code"]
            let id = try await project.submit(
                plan: TestProject.plan(("pay", input)),
                data: [("amount", "299.99"), ("express", "true"), ("code", "007")])
            let request = try await service.request()
            #expect(request.input == ["amount": 299.99, "express": true, "code": "007"])
            try await service.answer(request, ["text": "x"])
            let inspection = try await project.wait(id, for: .completed)
            #expect(inspection.tasks.first?.input?.text == #"{"amount":299.99,"express":true,"code":"007"}"#)
            let wrong = try await project.post(
                "/orchestrations",
                TestProject.action(
                    plan: TestProject.plan(("pay", input)),
                    data: [
                        ("amount", "a lot"), ("express", true), ("code", ""),
                    ]))
            #expect(wrong.status == 400)
            #expect(wrong.message.contains("amount"))
        }
    }

    @Test("an action that nothing covers is 400, and stored with the reason; the planner takes one that is covered")
    func notActionable() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let empty = try await project.post("/orchestrations", TestProject.action("Fly to the moon"))
            #expect(empty.status == 400)
            #expect(empty.code == "Orra:ActionNotActionable")
            try await project.register(
                "payment", input: TestProject.object(["orderId": ["type": "string"]], required: ["orderId"]),
                description: "Processes the payment of an order")
            let answer = try await project.post(
                "/orchestrations",
                TestProject.action(
                    "Fly to the moon", data: [("orderId", "O1")], more: ["webhook": "http://127.0.0.1:9/"]))
            #expect(answer.code == "Orra:ActionNotActionable")
            let stored = try await project.get("/orchestrations").json["notActionable"]?.array ?? []
            #expect(stored.count == 2)
            #expect(stored.first?["error"]?.string == answer.message)
            #expect(stored.first?["status"] == "not_actionable")
            let id = try #require(stored.first?["id"]?.string)
            let inspection = try await project.inspect(OrchestrationID(id))
            #expect(inspection.status == .notActionable)
            #expect(inspection.tasks.isEmpty)
            let planned = try await project.post(
                "/orchestrations", TestProject.action("Process the payment of the order", data: [("orderId", "O1")]))
            #expect(planned.status == 202)
            #expect(planned.json["plan"]?["tasks"]?.array?.count == 2)
            #expect(planned.json["taskZero"] == ["orderId": "O1"])
            #expect(planned.json["projectID"]?.string == project.id.rawValue)
        }
    }

    @Test("lists are by status and newest first")
    func lists() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let service = try await FakeService.connect(
                try await project.register("echo", retry: TestProject.quickRetry(1)), project)
            let plan = DeliveryTests.say
            var ids: [String: [OrchestrationID]] = [:]
            for number in 0..<8 {
                let id = try await project.submit("action \(number)", plan: plan)
                let request = try await service.request(number)
                switch number % 4 {
                case 0:
                    try await service.answer(request, ["text": "x"])
                    try await project.wait(id, for: .completed)
                    ids["completed", default: []].insert(id, at: 0)
                case 1:
                    try await service.fail(request, "broken")
                    try await project.wait(id, for: .failed)
                    ids["failed", default: []].insert(id, at: 0)
                case 2:
                    try await service.abort(request, ["reason": "sold out"])
                    try await project.wait(id, for: .aborted)
                    ids["aborted", default: []].insert(id, at: 0)
                default: ids["processing", default: []].insert(id, at: 0)
                }
            }
            let list = try await project.get("/orchestrations").json
            #expect(Set(list.object?.keys ?? []) == Set(ids.keys))
            for (status, ids) in ids {
                let rows = list[status]?.array ?? []
                #expect(rows.map { $0["status"]?.string } == [status, status])
                // Two may fall into one millisecond.
                let times = rows.compactMap { $0["timestamp"]?.string }
                #expect(times == times.sorted(by: >))
                #expect(Set(rows.compactMap { $0["id"]?.string }) == Set(ids.map(\.rawValue)))
            }
        }
    }

    @Test("an inspection tells input, output, history, interim results, errors and durations; ?value= finds it")
    func inspection() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let echo = try await project.register("echo", retry: TestProject.quickRetry(3), revertible: true)
            let service = try await FakeService.connect(echo, project)
            let plan = TestProject.plan(("echo", ["text": "$task0.orderId"]), ("echo", ["text": "$task1.text"]))
            try await project.submit("Older", plan: plan, data: [("orderId", "ORD456")])
            let id = try await project.submit(
                "Newer", plan: plan, data: [("orderId", "ORD456"), ("count", 12), ("items", [["id": "X1"]])])
            let old = try await service.request()
            let first = try await service.request(1)
            try await service.progress(first, ["progress": 50, "message": "half way"])
            try await service.fail(first, "no luck yet")
            let retry = try await service.request(2)
            #expect(retry.key == first.key)
            #expect(retry.key != old.key)
            try await service.answer(retry, ["text": "done"])
            let second = try await service.request(3)

            let running = try await project.inspect(id)
            #expect(running.status == .processing)
            #expect(running.results == nil)
            #expect(running.tasks.map(\.status) == [.completed, .processing])
            try await service.answer(second, ["text": "end"])
            let inspection = try await project.wait(id, for: .completed)
            #expect(inspection.action == "Newer")
            #expect(inspection.error == nil)
            #expect(inspection.duration >= 0)
            #expect(inspection.results?.map(\.text) == [#"{"text":"end"}"#])
            let task = try #require(inspection.tasks.first)
            #expect(task.id == TaskID(1))
            #expect(task.serviceId == echo)
            #expect(task.serviceName == "echo")
            #expect(task.input?.text == #"{"text":"ORD456"}"#)
            #expect(task.output?.text == #"{"text":"done"}"#)
            #expect(
                task.statusHistory.map(\.status) == [
                    .pending, .processing, .pending, .pending, .processing, .completed,
                ])
            #expect(task.statusHistory[2].error?.contains("no luck yet") == true)
            #expect(
                task.statusHistory.allSatisfy {
                    $0.orchestrationId == id && $0.serviceId == echo && $0.taskId == task.id
                })
            #expect(Set(task.statusHistory.map(\.id)).count == 6)
            #expect(task.interimResults?.map(\.data.text) == [#"{"progress":50,"message":"half way"}"#])
            #expect(task.error == nil)
            #expect(task.isRevertible)
            #expect(task.attempts == 2)
            let wire = try await project.get("/orchestrations/inspections/\(id)").json
            #expect(wire["duration"]?.integer != nil)
            #expect(wire["tasks"]?.array?.first?["statusHistory"]?.array?.count == 6)

            for value in ["ORD456", "12"] {
                let found = try await project.get("/orchestrations/inspections?value=\(value)")
                #expect(found.json["id"]?.string == id.rawValue)
            }
            #expect(try await project.get("/orchestrations/inspections?value=X1").status == 404)
            #expect(try await project.get("/orchestrations/inspections?value=").status == 400)
            #expect(try await project.get("/orchestrations/inspections/o_unknown").code == "Orra:UnknownOrchestration")
        }
    }

    @Test("F17: errors are tried again as the service's policy says, and no more")
    func retries() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let echo = try await project.register("echo", retry: TestProject.quickRetry(3))
            let service = try await FakeService.connect(echo, project)
            let id = try await project.submit(plan: DeliveryTests.say)
            for number in 0..<3 {
                let request = try await service.request(number)
                try await service.fail(request, "error \(number)")
                // Said again: it counts once.
                try await service.acknowledged(try await service.fail(request, "error \(number)"))
            }
            let inspection = try await project.wait(id, for: .failed)
            #expect(inspection.error?.contains("error 2 (3 attempts)") == true, "\(inspection.error ?? "")")
            #expect(inspection.tasks.first?.attempts == 3)
            #expect(service.requests.count == 3)
        }
    }

    @Test("a task that gives no answer is tried again and then fails")
    func timeouts() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let echo = try await project.register("echo", retry: TestProject.quickRetry(2))
            let service = try await FakeService.connect(echo, project)
            let id = try await project.submit(plan: DeliveryTests.say, more: ["timeout": "50ms"])
            let inspection = try await project.wait(id, for: .failed)
            #expect(inspection.error?.contains("gave no answer within") == true)
            #expect(service.requests.count == 2)
            #expect(Set(service.requests.map(\.key)).count == 1)
            #expect(Set(service.requests.map(\.execution)).count == 2)
        }
    }

    @Test("an abort ends the orchestration with the payload, and nothing more is dispatched")
    func abort() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let echo = try await project.register("echo")
            let service = try await FakeService.connect(echo, project)
            let id = try await project.submit(
                plan: TestProject.plan(("echo", ["text": "a"]), ("echo", ["text": "$task1.text"])))
            try await service.acknowledged(try await service.abort(try await service.request(), ["reason": "sold out"]))
            let inspection = try await project.wait(id, for: .aborted)
            #expect(inspection.abortInfo?.serviceName == "echo")
            #expect(inspection.abortInfo?.taskId == TaskID(1))
            #expect(inspection.abortInfo?.payload?.value == ["reason": "sold out"])
            #expect(inspection.tasks.map(\.status) == [.aborted, .cancelled])
            #expect(inspection.tasks.first?.abortPayload?.value == ["reason": "sold out"])
            #expect(service.requests.count == 1)
        }
    }

    @Test("JavaScript's way to answer a redelivered aborted task is an abort")
    func abortedStatus() async throws {
        try await withTestHub { hub in
            let stage = try await BadFrameTests.stage(hub)
            let payload = FakeService.payload(
                "task_result", stage.request, stage.service.id,
                ["result": ["status": "aborted", "payload": ["reason": "sold out"]]])
            try await stage.service.acknowledged(try await stage.service.send(payload))
            let inspection = try await stage.project.wait(stage.id, for: .aborted)
            #expect(inspection.abortInfo?.payload?.value == ["reason": "sold out"])
        }
    }

    @Test("a cancel sends cancel_request for what runs, cancels the rest, and ends as cancelled")
    func cancel() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let echo = try await project.register("echo")
            try await project.register("away")
            let service = try await FakeService.connect(echo, project)
            let id = try await project.submit(
                plan: TestProject.plan(
                    ("echo", ["text": "a"]), ("away", ["text": "a"]), ("echo", ["text": "$task1.text"])))
            let request = try await service.request()
            let answer = try await project.post("/orchestrations/\(id)/cancel")
            #expect(answer.status == 202)
            #expect(answer.json["status"] == "cancelled")
            let told = try await service.socket.frame("cancel_request")
            #expect(told["idempotencyKey"]?.string == request.key)
            #expect(told["executionId"]?.string == request.execution)
            #expect(told["id"] == "task1")
            try await service.acknowledged(try await service.answer(request, ["text": "too late"]))
            let inspection = try await project.end(of: id)
            #expect(inspection.status == .cancelled)
            #expect(inspection.results == nil)
            #expect(service.requests.count == 1)
            let again = try await project.post("/orchestrations/\(id)/cancel")
            #expect(again.status == 409)
            #expect(again.code == "Orra:AlreadyEnded")
            #expect(try await project.post("/orchestrations/o_unknown/cancel").status == 404)
        }
    }

    @Test("a cancelled task that never answers is awaited until its deadline only")
    func cancelWithoutAnswer() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let service = try await FakeService.connect(try await project.register("echo"), project)
            let id = try await project.submit(plan: DeliveryTests.say, more: ["timeout": "300ms"])
            let request = try await service.request()
            _ = try await project.post("/orchestrations/\(id)/cancel")
            #expect(try await project.end(of: id).status == .cancelled)
            try await service.acknowledged(try await service.answer(request, ["text": "late"]))
            let frames = try await ProgressTests.all(project, id, from: try await project.inspect(id))
            #expect(frames.last?["type"] == "task_late")
            #expect(try await project.inspect(id).status == .cancelled)
        }
    }
}
