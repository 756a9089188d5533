import OrraModel
import OrraProtocol

/// One action: its plan, and what must come of it.
struct ActionPlan: Sendable {
    enum Outcome: Sendable, Hashable { case completed, failed, aborted }

    struct Step: Sendable {
        var crew: Crew
        /// Numbers of the steps whose results it takes, from 1; at most two.
        var takes: [Int]
        /// `do`, `fail` or `abort`.
        var mode = "do"
    }

    /// Tells this action from every other: all its inputs hold it.
    let item: String
    private(set) var steps: [Step]
    /// How it ends if no fault is in the way.
    private(set) var outcome = Outcome.completed

    /// A chain, a diamond, or a fan that is drawn together, over services at random. One in five fails or
    /// gives up in its last but one step.
    static func make(_ item: String, crews: [Crew], _ generator: inout SeededGenerator) -> ActionPlan {
        let shapes: [[[Int]]] = [
            [[], [1]], [[], [1], [2]], [[], [1], [2], [3]],
            [[], [1], [1], [2, 3]],
            [[], [], [], [1, 2], [3, 4]],
            [[], [1], [1], [1], [2, 3], [4, 5]],
        ]
        let shape = shapes[Int.random(in: 0..<shapes.count, using: &generator)]
        var plan = ActionPlan(
            item: item,
            steps: shape.map { takes in
                Step(crew: crews[Int.random(in: 0..<crews.count, using: &generator)], takes: takes)
            })
        let dice = Int.random(in: 0..<10, using: &generator)
        if dice < 2, let last = plan.steps.indices.last {
            // The hub tries what fails in a Python service five times, over 15 s: those only give up.
            let fails = dice == 0 && !plan.steps[last - 1].crew.isPython
            plan.outcome = fails ? .failed : .aborted
            plan.steps[last - 1].mode = fails ? "fail" : "abort"
        }
        return plan
    }

    private init(item: String, steps: [Step]) {
        self.item = item
        self.steps = steps
    }

    /// As it is submitted: the hub binds the item and the results of earlier steps.
    func request(webhook: String) -> ActionRequest {
        let tasks = steps.enumerated().map { index, step -> JSONValue in
            var input = JSONObject(
                constants(of: index).sorted { $0.key < $1.key }.map { .init(key: $0.key, value: .string($0.value)) })
            input["item"] = "$task0.item"
            for (side, taken) in zip(["left", "right"], step.takes) { input[side] = .string("$task\(taken).result") }
            return [
                "id": .string("task\(index + 1)"), "service": .string(step.crew.name), "input": .object(input),
            ]
        }
        return ActionRequest(
            action: .init(content: "run the plan"), data: [.init(field: "item", value: .string(item))],
            timeout: GoDuration(.seconds(10)), webhook: webhook, plan: ["tasks": .array(tasks)])
    }

    /// The input that the step with this number (from 1) must get.
    func input(of number: Int) -> [String: String] {
        var input = constants(of: number - 1)
        input["item"] = item
        for (side, taken) in zip(["left", "right"], steps[number - 1].takes) { input[side] = output(of: taken) }
        return input
    }

    func output(of number: Int) -> String { steps[number - 1].crew.output(of: input(of: number)) }

    private func constants(of index: Int) -> [String: String] {
        ["step": "\(index + 1)", "mode": steps[index].mode, "left": "none", "right": "none"]
    }
}
