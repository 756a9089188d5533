import OrraModel
import OrraProtocol
import Testing

@Suite("Plans and registrations that can't be", .timeLimit(.minutes(2)))
struct PlanRequestTests {
    static let faults: [(String, JSONValue, String)] = [
        ("an unknown service", TestProject.plan(("nobody", ["text": "x"])), "not registered"),
        (
            "a cycle",
            TestProject.plan(
                ("echo", ["text": "$task2.text"]), ("echo", ["text": "$task3.text"]), ("echo", ["text": "$task1.text"])),
            "task1 → task2 → task3 → task1"
        ),
        ("a reference to itself", TestProject.plan(("echo", ["text": "$task1.text"])), "its own task"),
        ("a missing task", TestProject.plan(("echo", ["text": "$task7.text"])), "task7, which the plan does not have"),
        (
            "a missing output", TestProject.plan(("echo", ["text": "a"]), ("echo", ["text": "$task1.sound"])),
            "no such field"
        ),
        ("a missing parameter", TestProject.plan(("echo", ["text": "$task0.text"])), "the parameter 'text'"),
        ("a field that is not taken", TestProject.plan(("echo", ["text": "a", "x": 1])), "not in the input schema"),
        ("an unsuitable constant", TestProject.plan(("echo", ["text": 5])), "must be a string"),
        ("no tasks", ["tasks": []], "no tasks"),
        ("a task without a number", ["tasks": [["id": "first", "service": "echo", "input": [:]]]], "no task id"),
    ]

    @Test("a plan is refused with the place", arguments: faults)
    func refused(what: String, plan: JSONValue, phrase: String) async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            try await project.register("echo")
            let answer = try await project.post("/orchestrations", TestProject.action(plan: plan))
            #expect(answer.status == 400, "\(what)")
            #expect(answer.code == "Orra:InvalidPlan")
            #expect(answer.message.contains(phrase), "\(answer.message)")
            #expect(try await project.get("/orchestrations").json == [:])
        }
    }

    @Test("a plan that says why nothing can be done is not actionable, and stored")
    func finalTask() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let plan: JSONValue = ["tasks": [["id": "final", "input": ["error": "nobody can fly"]]]]
            let answer = try await project.post("/orchestrations", TestProject.action("Fly", plan: plan))
            #expect(answer.status == 400)
            #expect(answer.code == "Orra:ActionNotActionable")
            #expect(answer.message == "nobody can fly")
            let stored = try await project.get("/orchestrations").json["notActionable"]?.array
            #expect(stored?.first?["error"] == "nobody can fly")
        }
    }

    @Test("an invalid name, description or schema is 400 and names the member")
    func registrations() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let text = TestProject.text
            func body(_ name: JSONValue, _ description: JSONValue, _ input: JSONValue, _ output: JSONValue) -> JSONValue
            {
                ["name": name, "description": description, "schema": ["input": input, "output": output]]
            }
            let array = TestProject.object(["list": ["type": "array"]])
            let cases: [(JSONValue, String)] = [
                (body("ab", "d", text, text), "name"), (body("Upper", "d", text, text), "name"),
                (body("-abc", "d", text, text), "name"), (body("a_bc", "d", text, text), "name"),
                (body(.string(String(repeating: "a", count: 64)), "d", text, text), "name"),
                (body("echo", " ", text, text), "description"),
                (body("echo", "d", ["type": "string"], text), "schema.input"),
                (body("echo", "d", ["type": "object"], text), "schema.input"),
                (body("echo", "d", text, ["type": "object", "properties": [:]]), "schema.output"),
                (body("echo", "d", array, text), "schema.input.properties.list"),
                (
                    body("echo", "d", TestProject.object(["a": ["type": "date"]]), text),
                    "schema.input.properties.a.type"
                ),
                (
                    body("echo", "d", TestProject.object(["a": ["$ref": "#/$defs/b"]]), text),
                    "schema.input.properties.a"
                ),
            ]
            for (body, param) in cases {
                let answer = try await project.post("/register/service", body)
                #expect(answer.status == 400, "\(param)")
                #expect(answer.code == "Orra:InvalidService")
                #expect(answer.param == param, "\(answer.message)")
            }
            let missing = try await project.post("/register/agent", ["name": "echo", "description": "d"])
            #expect(missing.message.contains("schema: is missing"))
            let retry: JSONValue = [
                "name": "echo", "description": "d", "schema": ["input": text, "output": text],
                "retry": ["max_attempts": 0],
            ]
            #expect(try await project.post("/register/tool", retry).status == 400)
            #expect(try await project.get("/services").json == ["services": []])
        }
    }

    @Test("a known name keeps its id and gets the next version, whatever id came; each kind has its own names")
    func duplicates() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            func register(_ kind: String, _ id: JSONValue, slashes: String = "/") async throws -> JSONValue {
                try await project.post(
                    "\(slashes)register/\(kind)",
                    [
                        "id": id, "name": "echo", "description": "d", "revertible": true, "version": 9,
                        "schema": ["input": TestProject.text, "output": TestProject.text],
                    ]
                ).json
            }
            let first = try await register("service", nil)
            #expect(first["version"] == 1)
            #expect(first["status"] == "registered")
            #expect(first["revertible"] == true)
            #expect(first["id"]?.string?.wholeMatch(of: /s_[a-z]+/) != nil)
            let second = try await register("service", "s_somebodyelse")
            #expect(second["id"] == first["id"])
            #expect(second["version"] == 2)
            let third = try await register("service", first["id"] ?? nil, slashes: "//")
            #expect(third["id"] == first["id"])
            #expect(third["version"] == 3)
            let agent = try await register("agent", first["id"] ?? nil)
            #expect(agent["id"] != first["id"])
            #expect(agent["version"] == 1)
            let services = try await project.get("/services").json["services"]?.array ?? []
            #expect(services.map { $0["type"] } == ["agent", "service"])
            #expect(services.last?["schema"]?["input"] == TestProject.text)
        }
    }
}
