import OrraModel
import OrraPlanner
import Testing

@Suite("PlanValidator")
struct PlanValidatorTests {
    private let catalogue =
        Sample.shop + [
            Sample.service("twin", .service, "One", in: ["a"], out: ["b"]),
            Sample.service("open-end", "Gives whatever", in: ["?note"], out: []),
        ]

    private func plan(_ text: String, _ parameters: JSONObject = [:]) throws -> Plan {
        try PlanValidator.validate(JSONValue(parsing: text), parameters: parameters, catalogue: catalogue)
    }

    private func error(_ text: String, _ parameters: JSONObject = [:]) -> PlanError? {
        do {
            _ = try plan(text, parameters)
            return nil
        } catch { return error as? PlanError }
    }

    /// A plan of tasks, given as text, with parameters for the shop's services.
    private func tasks(_ tasks: String...) -> String {
        #"{"tasks":[{"id":"task0","input":{"orderId":"o","customerId":"c","items":[],"amount":1}},"#
            + tasks.joined(separator: ",") + "]}"
    }

    private let task1 =
        #"{"id":"task1","service":"inventory-tool","input":{"orderId":"$task0.orderId","items":"$task0.items"}}"#
    private let task2 =
        #"{"id":"task2","service":"s_deliveryagent","input":{"orderId":"$task0.orderId","warehouse":"$task1.warehouse"}}"#

    @Test("It resolves services by id and by name, and sorts the tasks")
    func resolves() throws {
        let plan = try plan(tasks(task2, task1))
        #expect(plan.tasks.map(\.id) == [TaskID(1), TaskID(2)])
        #expect(plan.tasks.map(\.service) == [Sample.inventory.id, Sample.delivery.id])
        #expect(plan.parallelGroups == [[TaskID(1)], [TaskID(2)]])
        #expect(plan.tasks[1].dependencies == [TaskID(1)])
    }

    @Test("Parameters of the action win over those of task0")
    func mergesParameters() throws {
        let plan = try plan(tasks(task1), ["orderId": "mine", "extra": 1])
        #expect(plan.parameters.value["orderId"] == "mine")
        #expect(plan.parameters.value["customerId"] == "c")
        #expect(plan.parameters.value["extra"] == 1)
    }

    @Test("Constants move to task0 under names of their own")
    func constants() throws {
        let text = tasks(
            task1,
            #"{"id":"task2","service":"payment-service","input":{"orderId":"A","customerId":"$5 off","amount":1e2}}"#)
        let plan = try plan(text, ["orderId_task2": "taken"])
        #expect(
            plan.tasks[1].input.map(\.reference) == [
                "$task0.orderId_task2_2", "$task0.customerId_task2", "$task0.amount_task2",
            ])
        #expect(plan.parameters.value["orderId_task2_2"] == "A")
        #expect(plan.parameters.value["customerId_task2"] == "$5 off")
        #expect(plan.parameters.text.contains("1e2"))
        #expect(plan.parameters.value["orderId_task2"] == "taken")
    }

    @Test("A plan that says why it can't be done is not actionable")
    func final() {
        #expect(
            error(#"{"tasks":[{"id":"final","input":{"error":"no printer"}}]}"#)
                == .notActionable(reason: "no printer"))
    }

    @Test("The wire's form comes back as the same plan")
    func roundTrip() throws {
        let plan = try plan(tasks(task1, task2))
        let wire = PlanValidator.wire(plan)
        #expect(wire["tasks"]?.array?.first?["id"] == "task0")
        #expect(wire["tasks"]?.array?[2]["input"]?["warehouse"] == "$task1.warehouse")
        #expect(wire["parallel_groups"] == [["task1"], ["task2"]])
        #expect(try PlanValidator.validate(wire, parameters: [:], catalogue: catalogue) == plan)
    }

    @Test("Values of the wrong type are refused with their path, strings that are numbers are not")
    func types() throws {
        let payment = #"{"id":"task1","service":"payment-service","input":{"orderId":"o","customerId":"c","amount":$}}"#
        func with(_ amount: String) -> String { "{\"tasks\":[\(payment.split(separator: "$")[0])\(amount)}}]}" }
        #expect(error(with("\"299.99\"")) == nil)
        #expect(error(with("12")) == nil)
        #expect(
            error(with("\"much\""))
                == .unsuitableValue(
                    task: TaskID(1), path: "amount", service: "payment-service",
                    reason: "must be a number, but is a string"))
        #expect(
            error(
                #"{"tasks":[{"id":"task1","service":"inventory-tool","input":{"orderId":"$task0.o","items":[{}, 5]}}]}"#,
                ["o": "1"])
                == .unsuitableValue(
                    task: TaskID(1), path: "items[1]", service: "inventory-tool",
                    reason: "must be an object, but is an integer"))
    }

    @Test("Each fault has its own error")
    func faults() {
        let one = TaskID(1)
        func service(_ name: String, _ input: String, id: String = "task1") -> String {
            #"{"id":"\#(id)","service":"\#(name)","input":\#(input)}"#
        }
        let known = #""orderId":"$task0.orderId""#
        #expect(
            error("[]") == .malformed(path: "plan", reason: "must be an object with a member 'tasks', but is array"))
        #expect(error("{}") == .malformed(path: "plan.tasks", reason: "must be an array of tasks"))
        #expect(error(#"{"tasks":[]}"#) == .noTasks)
        #expect(
            error(tasks("3"))
                == .malformed(path: "tasks[1]", reason: "must be an object with id, service and input, but is integer"))
        #expect(error(tasks(#"{"service":"x"}"#)) == .malformed(path: "tasks[1].id", reason: "must be a string"))
        #expect(error(tasks(service("x", "{}", id: "task01"))) == .malformedTaskID(index: 1, id: "task01"))
        #expect(error(tasks(service("x", "{}", id: "final"))) == .malformedTaskID(index: 1, id: "final"))
        #expect(error(tasks(task1, task1)) == .duplicateTask(one))
        #expect(error(tasks(service("nobody", "{}"))) == .unknownService(task: one, service: "nobody"))
        #expect(
            error(tasks(service("twin", "5")))
                == .malformed(path: "tasks[1].input", reason: "must be an object of fields"))
        #expect(
            error(tasks(service("twin", #"{"a":"$task7.b"}"#)))
                == .unknownTask(task: one, field: "a", reference: TaskID(7)))
        #expect(error(tasks(service("twin", #"{"a":"$task1.b"}"#))) == .selfReference(task: one, field: "a"))
        for text in [#""$task0""#, #""$task0.""#, #""$task00.a""#, #"["$task0.orderId"]"#, #"{"x":{"y":"$task1"}}"#] {
            #expect(
                error(tasks(service("twin", #"{"a":\#(text)}"#))) == .malformedReference(task: one, field: "a"),
                "\(text)")
        }
        #expect(
            error(tasks(service("twin", #"{"a":"$task0.nothing"}"#)))
                == .unknownParameter(task: one, field: "a", parameter: "nothing"))
        #expect(error(tasks(service("twin", "{}"))) == .missingInput(task: one, field: "a", service: "twin"))
        #expect(
            error(tasks(service("twin", #"{"a":"x","z":1}"#))) == .unknownInput(task: one, field: "z", service: "twin"))
        #expect(
            error(tasks(task1, service("twin", #"{"a":"$task1.price"}"#, id: "task2")))
                == .unknownOutput(
                    task: TaskID(2), field: "a", source: one, sourceField: "price", service: "inventory-tool"))
        #expect(
            error(tasks(service("delivery-agent", "{\(known)}")))
                == .missingInput(task: one, field: "warehouse", service: "delivery-agent"))
    }

    @Test("A service without declared outputs may be asked for any field")
    func openOutput() throws {
        let text = tasks(
            #"{"id":"task1","service":"open-end","input":{}}"#,
            #"{"id":"task2","service":"twin","input":{"a":"$task1.what.ever"}}"#)
        #expect(try plan(text).tasks[1].input[0].sourceField == "what.ever")
    }

    @Test("A cycle is named from its lowest task on")
    func cycle() {
        let text = tasks(
            #"{"id":"task1","service":"twin","input":{"a":"$task0.orderId"}}"#,
            #"{"id":"task4","service":"twin","input":{"a":"$task3.b"}}"#,
            #"{"id":"task2","service":"twin","input":{"a":"$task4.b"}}"#,
            #"{"id":"task3","service":"twin","input":{"a":"$task2.b"}}"#,
            #"{"id":"task5","service":"twin","input":{"a":"$task2.b"}}"#)
        #expect(error(text) == .cycle([TaskID(2), TaskID(4), TaskID(3), TaskID(2)]))
        #expect(error(text)?.description.contains("task2 → task4 → task3 → task2") == true)
    }

    @Test("A name that two kinds share must be told apart by id")
    func ambiguous() {
        var agent = Sample.payment
        agent.kind = .agent
        agent.id = ServiceID("s_other")
        #expect(
            throws: PlanError.ambiguousService(
                task: TaskID(1), name: "payment-service", ids: [ServiceID("s_other"), Sample.payment.id])
        ) {
            try PlanValidator.validate(
                JSONValue(parsing: #"{"tasks":[{"id":"task1","service":"payment-service","input":{}}]}"#),
                parameters: [:],
                catalogue: [Sample.payment, agent])
        }
    }

    @Test("Too many tasks are refused before they are looked at")
    func tooMany() {
        let many = (1...(Limits.tasksPerPlan + 2)).map { "{\"id\":\"task\($0)\"}" }.joined(separator: ",")
        #expect(error("{\"tasks\":[\(many)]}") == .tooManyTasks(count: Limits.tasksPerPlan + 2))
    }

    @Test("Messages say where and what to do, and cut names of any length")
    func messages() {
        let long = String(repeating: "x", count: 5_000)
        #expect(PlanError.unknownService(task: TaskID(3), service: long).description.count < 400)
        #expect(
            PlanError.missingInput(task: TaskID(3), field: "amount", service: "pay").description.hasPrefix(
                "task3: pay needs 'amount'"))
        #expect(PlanError.malformedReference(task: TaskID(3), field: "a").description.contains("$task1.field"))
    }
}
