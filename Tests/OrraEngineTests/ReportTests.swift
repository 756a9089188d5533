import OrraModel
import Testing

@testable import OrraEngine

@Suite("Orchestration: repeated, late and interim reports")
struct ReportTests {
    /// task1 has an outcome, task2 runs.
    func half() -> Run {
        var (run, _) = Run.planned(Plan.Task(1, "alpha"), Plan.Task(2, "beta"))
        run.dispatch(1, "e_1")
        run.dispatch(2, "e_2", on: 2)
        run.complete(1)
        return run
    }

    @Test("the first outcome wins; the same again changes nothing, another is rejected (F10)")
    func duplicates() {
        var run = half()
        #expect(run.complete(1) == Decision())
        #expect(
            run.complete(1, ["y": 3]) == Decision(events: [.rejected(1, "the task already has an outcome")]))
        #expect(run.report(1, .error("no")) == Decision(events: [.rejected(1, "the task already has an outcome")]))
        #expect(
            run.report(1, .aborted(.null)) == Decision(events: [.rejected(1, "the task already has an outcome")]))
        #expect(run.live[TaskID(1)]?.output == RawJSON(["y": 2]))
    }

    @Test("rejections of one task are bounded")
    func boundedRejections() {
        var run = half()
        let decisions = (0..<20).map { run.complete(1, ["again": .number(JSONNumber($0))]) }
        #expect(decisions.filter { !$0.events.isEmpty }.count == Limits.rejectionsPerTask)
    }

    @Test("a success that comes after a failure is journaled as late, and changes nothing")
    func lateSuccess() {
        var world = World.of("beta")
        world.add("alpha", attempts: 1)
        var (run, _) = Run.planned(Plan.Task(1, "alpha"), Plan.Task(2, "beta"), world: world)
        run.dispatch(1, "e_1")
        run.dispatch(2, "e_2", on: 2)
        run.report(1, .error("no"))
        let late = Event.taskLate(.init(task: TaskID(1), output: RawJSON(["y": 2])))
        #expect(run.complete(1) == Decision(events: [late]))
        #expect(run.live.status == .failed)
        #expect(run.phase(1) == .failed)
    }

    @Test("a late success keeps what undoes it, however many other messages came before; said again, it is dropped")
    func lateCompensation() {
        var (run, _) = Run.planned(
            Plan.Task(1, "alpha"), Plan.Task(2, "beta"), world: .revertible("alpha", "beta"))
        run.dispatch(1, "e_1")
        run.dispatch(2, "e_2", on: 2)
        run.lose(1)
        run.handle(.cancel)
        for number in 0..<20 { run.report(1, .error("no \(number)")) }
        let undo = Event.Compensation(data: RawJSON(["originalTask": 1]), ttlMs: 5)
        let report = TaskReport.output(RawJSON(["y": 2]), undo)
        let late = Event.taskLate(.init(task: TaskID(1), output: RawJSON(["y": 2]), compensation: undo))
        #expect(run.report(1, report) == Decision(events: [late]))
        #expect(run.report(1, report) == Decision())
    }

    @Test("what a cancelled task says is late")
    func lateAfterCancel() {
        var (run, _) = Run.planned(Plan.Task(1, "alpha"), Plan.Task(2, "beta"))
        run.dispatch(1, "e_1")
        run.dispatch(2, "e_2", on: 2)
        run.lose(1)
        run.handle(.cancel)
        #expect(
            run.report(1, .error("no")) == Decision(events: [.taskLate(.init(task: TaskID(1), error: "no"))]))
        #expect(run.complete(1).events == [.taskLate(.init(task: TaskID(1), output: RawJSON(["y": 2])))])
    }

    @Test("a report about a task that was never delivered is rejected; about none, ignored")
    func early() {
        var (run, _) = Run.planned(Plan.Task(1, "alpha"), Plan.Task(2, "beta", ["y": "$task1.y"]))
        #expect(run.complete(2) == Decision(events: [.rejected(2, "the task has not been delivered yet")]))
        #expect(run.complete(3) == Decision())
        #expect(run.complete(0) == Decision())
    }

    @Test("a service that says it works on it changes nothing")
    func inProgress() {
        var run = half()
        #expect(run.report(2, .inProgress) == Decision())
    }

    @Test("an answer under an older execution counts")
    func olderExecution() {
        var (run, _) = Run.planned(Plan.Task(1, "alpha"))
        run.dispatch(1, "e_1")
        run.lose(1)
        run.dispatch(1, "e_2", on: 2)
        #expect(run.report(1, .output(RawJSON(["y": 2]), nil), "e_1").events.first == .completed(1))
    }

    @Test("what the service handed over for its compensation is journaled")
    func compensation() {
        var run = half()
        run.world.add("beta", revertible: true)
        let compensation = Event.Compensation(data: RawJSON(["order": 1]), ttlMs: 1_000)
        #expect(
            run.report(2, .output(.emptyObject, compensation), "e_2").events.first
                == .taskCompleted(.init(task: TaskID(2), output: .emptyObject, compensation: compensation)))
    }

    // MARK: - Interim results

    func interim(_ run: inout Run, _ value: JSONValue, _ execution: String = "e_2", task: Int = 2) -> [Event] {
        run.report(task, .interim(RawJSON(value), InterimID("i_1")), execution).events
    }

    func event(_ value: JSONValue, _ execution: String = "e_2") -> Event {
        .taskInterim(.init(task: TaskID(2), id: InterimID("i_1"), execution: execution, data: RawJSON(value)))
    }

    @Test("an interim result equal to the last one of its execution is dropped")
    func interimDuplicates() {
        var run = half()
        #expect(interim(&run, ["p": 1]) == [event(["p": 1])])
        #expect(interim(&run, ["p": 1]) == [])
        #expect(interim(&run, ["p": 2]) == [event(["p": 2])])
        #expect(interim(&run, ["p": 1]) == [event(["p": 1])])
        #expect(interim(&run, ["p": 1], "e_3") == [event(["p": 1], "e_3")])
    }

    @Test("how many interim results came too fast to be kept stands with the next one")
    func interimSkipped() {
        var run = half()
        func event(_ value: JSONValue, _ skipped: Int?) -> Event {
            .taskInterim(
                .init(
                    task: TaskID(2), id: InterimID("i_1"), execution: "e_2", data: RawJSON(value), skipped: skipped))
        }
        for (value, skipped) in [(JSONValue(1), 0), (2, 7), (3, 0)] {
            let report = TaskReport.interim(RawJSON(value), InterimID("i_1"), skipped: skipped)
            #expect(run.report(2, report, "e_2").events == [event(value, skipped == 0 ? nil : skipped)])
        }
    }

    @Test("interim results after the outcome are dropped")
    func interimAfterOutcome() {
        var run = half()
        #expect(interim(&run, ["p": 1], "e_1", task: 1) == [])
    }

    @Test("interim results are bounded in number and size")
    func interimLimits() {
        var run = half()
        #expect(interim(&run, .string(String(repeating: "x", count: Limits.payloadBytes))) == [])
        var kept = 0
        for number in 0..<(Limits.interimResultsPerTask + 3) {
            kept += interim(&run, .number(JSONNumber(number))).count
        }
        #expect(kept == Limits.interimResultsPerTask)
    }
}
