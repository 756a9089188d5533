import OrraModel
import OrraPlanner
import Testing

@Suite("PlanReview")
struct PlanReviewTests {
    private let catalogue =
        Sample.shop + [
            Sample.service(
                "note-service", "Sends a note", in: ["text", "?count:number", "?extra:object"], out: ["done"]),
            Sample.service("total-service", "Adds up", in: ["?x"], out: ["total:number", "when", "lines:array"]),
        ]

    private func review(_ tasks: [JSONValue], _ parameters: JSONObject = [:]) -> PlanReview {
        PlanValidator.review(["tasks": .array(tasks)], parameters: parameters, catalogue: catalogue)
    }

    private func task(_ number: Int, _ service: String, _ input: JSONObject) -> JSONValue {
        ["id": .string("task\(number)"), "service": .string(service), "input": .object(input)]
    }

    @Test("It tells all that is wrong at once, in the order of the tasks")
    func all() {
        let found = review([
            task(1, "note-service", ["texts": "a", "count": "many"]),
            task(2, "payment-service", ["orderId": "$task9.x", "customerId": "c", "amount": 1]),
        ])
        #expect(found.plan == nil)
        #expect(
            found.errors == [
                .unknownInput(task: TaskID(1), field: "texts", service: "note-service"),
                .missingInput(task: TaskID(1), field: "text", service: "note-service"),
                .unsuitableValue(
                    task: TaskID(1), path: "count", service: "note-service",
                    reason: "must be a number, but is a string"),
                .unknownTask(task: TaskID(2), field: "orderId", reference: TaskID(9)),
            ])
        let many = review((1...40).map { task($0, "nobody", [:]) })
        #expect(many.errors.count == PlanReview.maximumErrors)
    }

    @Test("Parameters that no task takes are reported, and are no error")
    func unused() {
        let found = review([task(1, "note-service", ["text": "$task0.a"])], ["a": "x", "b": 1, "c": 2])
        #expect(found.plan != nil)
        #expect(found.unused == ["b", "c"])
    }

    @Test(
        "A reference amid other text is refused, with what would be right",
        arguments: ["order $task1.id", "$task1.total and $task2.done", "$task1.total please", "see $task0", "a$task1b"])
    func composite(text: String) {
        let found = review([
            task(1, "total-service", [:]), task(2, "note-service", ["text": .string(text)]),
        ])
        #expect(found.errors == [.compositeReference(task: TaskID(2), field: "text")])
        #expect(found.errors[0].description.contains("write \"$task1.field\" as the field's whole value"))
    }

    @Test("A reference within arrays and objects is refused, other dollars are not")
    func nested() {
        let found = review([
            task(1, "total-service", [:]),
            task(2, "note-service", ["text": "x", "extra": ["a": ["order $task1.total"]]]),
        ])
        #expect(found.errors == [.malformedReference(task: TaskID(2), field: "extra")])
        #expect(found.errors[0].description.contains("not inside an array or an object"))
        for text in ["$5", "costs $task", "$tasks", "US$ task1"] {
            #expect(review([task(1, "note-service", ["text": .string(text)])]).plan != nil, "\(text)")
        }
    }

    @Test("Outputs that can never fit the input are refused, with both services")
    func types() {
        let found = review([
            task(1, "total-service", [:]),
            task(2, "note-service", ["text": "$task1.total", "extra": "$task1.lines"]),
        ])
        #expect(
            found.errors == [
                .unsuitableReference(
                    task: TaskID(2), path: "text", service: "note-service", source: TaskID(1), sourceField: "total",
                    sourceService: "total-service", reason: "must be a string, but is a number"),
                .unsuitableReference(
                    task: TaskID(2), path: "extra", service: "note-service", source: TaskID(1), sourceField: "lines",
                    sourceService: "total-service", reason: "must be an object, but is an array"),
            ])
        let sentence = found.errors[0].description
        for part in ["task2.input.text", "'total' of task1 (total-service)", "input schema of note-service"] {
            #expect(sentence.contains(part), "\(sentence)")
        }
    }

    @Test("task0 holds values only")
    func taskZero() {
        let found = review([
            ["id": "task0", "input": ["a": "$task1.total"]], task(1, "note-service", ["text": "$task0.a"]),
        ])
        #expect(found.errors.count == 1)
        #expect(found.errors[0].description.hasPrefix("task0.input.a: holds a reference"))
        // A parameter of the action may be any text.
        let own = review([task(1, "note-service", ["text": "$task0.a"])], ["a": "$task1.total"])
        #expect(own.plan != nil)
    }

    @Test("A plan has a bound, and so have its constants")
    func limits() {
        let long = JSONValue.string(String(repeating: "x", count: Limits.planBytes))
        let found = review([task(1, "note-service", ["text": long])])
        guard case .tooLarge("tasks", let bytes, Limits.planBytes) = found.errors.first else {
            Issue.record("\(found.errors)")
            return
        }
        #expect(bytes > Limits.planBytes)
        let half = JSONValue.string(String(repeating: "x", count: Limits.payloadBytes / 2))
        #expect(review([task(1, "note-service", ["text": "$task0.a"])], ["a": half]).plan != nil)
        let huge = JSONValue.string(String(repeating: "x", count: Limits.payloadBytes))
        #expect(
            review([task(1, "note-service", ["text": "$task0.a"])], ["a": huge]).errors.first?.description
                .hasPrefix("task0.input has") == true)
    }
}
