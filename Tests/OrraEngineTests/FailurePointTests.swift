import OrraModel
import Testing

@testable import OrraEngine

@Suite("Failure points: what would be undone, known before anything runs")
struct FailurePointTests {
    /// Each point as `failing: undone | maybe undone | cannot undo`, where `?` marks what is not certain.
    func points(_ tasks: Plan.Task..., fixed: Set<String> = []) -> [String] {
        let plan = Plan(parameters: RawJSON(["x": 1]), tasks: tasks)
        let all = FailurePoint.all(of: plan) { service in !fixed.map(ServiceID.named).contains(service) }
        return all.map { point in
            func text(_ affected: [FailurePoint.Affected]) -> String {
                affected.map { "\($0.task.number)" + ($0.isCertain ? "" : "?") }.joined(separator: " ")
            }
            return "\(point.task.number): \(text(point.undone)) | \(text(point.maybeUndone)) | "
                + text(point.cannotUndo)
        }
    }

    @Test("in a chain all that ran before is undone, the last first; what comes after never began")
    func chain() {
        #expect(
            points(
                Plan.Task(1, "alpha"), Plan.Task(2, "beta", ["y": "$task1.y"]), Plan.Task(3, "gamma", ["y": "$task2.y"])
            )
                == ["1:  |  | ", "2: 1 |  | ", "3: 2 1 |  | "])
    }

    @Test("in a diamond the two sides may have completed when the other fails")
    func diamond() {
        #expect(
            points(
                Plan.Task(1, "alpha"), Plan.Task(2, "beta", ["y": "$task1.y"]),
                Plan.Task(3, "gamma", ["y": "$task1.y"]),
                Plan.Task(4, "alpha", ["l": "$task2.y", "r": "$task3.y"]))
                == ["1:  |  | ", "2: 1 | 3? | ", "3: 1 | 2? | ", "4: 3 2 1 |  | "])
    }

    @Test("parallel chains may each have come to their ends")
    func parallel() {
        #expect(
            points(
                Plan.Task(1, "alpha"), Plan.Task(2, "beta", ["y": "$task1.y"]), Plan.Task(3, "gamma"),
                Plan.Task(4, "gamma", ["y": "$task3.y"]))
                == ["1:  | 4? 3? | ", "2: 1 | 4? 3? | ", "3:  | 2? 1? | ", "4: 3 | 2? 1? | "])
    }

    @Test("what can't be undone is told, whether it has completed for sure or not")
    func notRevertible() {
        #expect(
            points(
                Plan.Task(1, "alpha"), Plan.Task(2, "beta", ["y": "$task1.y"]), Plan.Task(3, "gamma"),
                fixed: ["alpha", "gamma"])
                == ["1:  |  | 3?", "2:  |  | 3? 1", "3:  | 2? | 1?"])
    }

    @Test("F3: tasks from the tenth on stand in the order of their numbers")
    func manyTasks() {
        let tasks = (1...12).map { number in
            number == 1 ? Plan.Task(1, "alpha") : Plan.Task(number, "alpha", ["y": "$task\(number - 1).y"])
        }
        let all = FailurePoint.all(of: Plan(parameters: .emptyObject, tasks: tasks)) { _ in true }
        #expect(all.map(\.task.number) == Array(1...12))
        #expect(all.last?.undone.map(\.task.number) == Array((1...11).reversed()))
        let wide = (1...12).map { Plan.Task($0, "alpha") }
        let first = FailurePoint.all(of: Plan(parameters: .emptyObject, tasks: wide)) { _ in true }.first
        #expect(first?.maybeUndone.map(\.task.number) == Array((2...12).reversed()))
    }

    @Test("a plan at its limit of tasks is answered, and an empty one")
    func limits() {
        let tasks = (1...Limits.tasksPerPlan).map { number in
            number == 1 ? Plan.Task(1, "alpha") : Plan.Task(number, "alpha", ["y": "$task\(number - 1).y"])
        }
        let all = FailurePoint.all(of: Plan(parameters: .emptyObject, tasks: tasks)) { _ in true }
        #expect(all.last?.undone.count == Limits.tasksPerPlan - 1)
        let none = FailurePoint.all(of: Plan(parameters: .emptyObject, tasks: [])) { _ in true }
        #expect(none.isEmpty)
    }
}
