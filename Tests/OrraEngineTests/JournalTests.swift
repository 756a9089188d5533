import OrraModel
import Testing

@testable import OrraEngine

@Suite("Journal: its form on disk, and how it folds")
struct JournalTests {
    static let reference: Event.ServiceReference = {
        let world = World.of("alpha")
        guard let service = world.service(.named("alpha")) else { preconditionFailure("the world has alpha") }
        return Event.ServiceReference(service)
    }()

    /// One event of each kind, every optional member set; and the optional ones again without.
    static let events: [Event] = {
        let task = TaskID(12)
        let data = RawJSON(["text": "é \"quoted\" \u{1}", "n": 0.1, "list": [nil, true, 1]])
        let failure = Failure(.taskFailed, "task12 (alpha): no")
        return [
            .received(
                .init(
                    orchestration: Run.id, project: ProjectID("p_1"), action: "Do \"it\"\n", data: data,
                    timeout: .milliseconds(1), gracePeriod: .seconds(9), webhook: "http://127.0.0.1/")),
            .received(
                .init(orchestration: Run.id, project: ProjectID("p_1"), action: "Do it", data: .emptyObject)),
            .received(
                .init(
                    orchestration: Run.id, project: ProjectID("p_1"), action: "Do it", data: .emptyObject,
                    retryOf: OrchestrationID("o_first"))),
            .planned(
                .init(
                    plan: Plan(
                        parameters: data,
                        tasks: [
                            Plan.Task(1, "alpha"),
                            .init(id: TaskID(2), service: .named("alpha"), input: [], reason: "because"),
                        ]),
                    services: [reference])),
            .planned(
                .init(
                    plan: Plan(parameters: data, tasks: [Plan.Task(1, "alpha")]), services: [reference],
                    terms: .init(
                        planner: .model, confidence: 0.1, planHash: "h", hold: .confirmation, outputCheck: .warn,
                        grounding: .init(name: "g", version: "1.2.3", action: "Do it", similarity: 0.93)),
                    holdUntil: .at(1))),
            .planned(.init(plan: Plan(parameters: data, tasks: []), services: [], terms: .init())),
            .planningStage(.init(.offline, .refused, "é \"quoted\"")),
            .planningStage(
                .init(
                    .model, .passed, "", microseconds: 7, confidence: 0.25,
                    considered: [.init(service: "alpha", score: 1, isChosen: true)],
                    steps: [
                        .init(
                            task: task, service: "alpha", reason: "r",
                            bindings: [.init(field: "x", source: "$task0.x", reason: "same name")])
                    ], unused: ["at once"],
                    usage: .init(model: "m", promptTokens: 1, completionTokens: 2, microcost: 3, requests: 4))),
            .approved(.init(planHash: "h", reason: "fine")), .approved(.init()),
            .outputWarning(.init(task: task, path: "items[2].price", reason: "is missing")),
            .taskReady(.init(task: task, input: data, key: .task(task, of: Run.id))),
            .dispatched(12, "e_1", attempt: 2, delivery: 3, on: 4, instance: "i"), .dispatched(12, "e_1"),
            .waiting(12, .serviceAway), .waiting(12, .connectionLost), .waiting(12, .hubRestarted),
            .waiting(12, .connectionReset), .waiting(12, .retryDue),
            .taskInterim(.init(task: task, id: InterimID("i_1"), execution: "e_1", data: data)),
            .taskInterim(.init(task: task, id: InterimID("i_1"), execution: "e_1", data: data, skipped: 7)),
            .attemptFailed(.init(task: task, attempt: 1, execution: "e_1", failure: failure, retryAt: .at(1))),
            .attemptFailed(.init(task: task, attempt: 1, failure: failure)),
            .taskCompleted(.init(task: task, output: data, compensation: .init(data: data, ttlMs: 5))),
            .completed(12), .taskFailed(.init(task: task, failure: failure)),
            .taskAborted(.init(task: task, payload: .null)), .cancelled(12),
            .taskLate(.init(task: task, output: data)), .taskLate(.init(task: task, error: "no")),
            .taskLate(.init(task: task, output: data, compensation: .init(data: data, ttlMs: 5))),
            .taskKept(.init(task: task, output: data, from: OrchestrationID("o_first"))),
            .compensating(.init(status: .aborted, failure: failure, task: task, results: nil, abortPayload: data)),
            .compensating(.init(status: .cancelled, failure: failure)),
            .undoReady(12, number: 2, expiresAt: .at(1)),
            .undoDispatched(12, "e_1", attempt: 2, delivery: 3, on: 4, instance: "i"), .undoDispatched(12),
            .undoWaiting(12, .serviceAway), .undoWaiting(12, .connectionLost), .undoWaiting(12, .hubRestarted),
            .undoWaiting(12, .connectionReset), .undoWaiting(12, .retryDue),
            .undoFailed(
                12, failure, partial: .init(completed: RawJSON([1]), remaining: RawJSON([nil])), retryAt: .at(1)),
            .undoFailed(12, failure, attempt: 10, isAnswered: false, retryAt: nil),
            .undoEnded(12), .undoEnded(12, .partial, failure, attempts: 10),
            .compensationResolved(
                .init(task: task, id: CompensationID("c_1"), resolution: .ignored, reason: "é \"by hand\"")),
            .compensationResolved(.init(task: task, id: CompensationID("c_1"), resolution: .resolved, reason: "r")),
            .rejected(12, "unknown"), .messageRejected(.init(task: nil, reason: "no object")), .paused, .resumed,
            .ending(.init(status: .aborted, failure: failure, task: task)),
            .ending(.init(status: .cancelled, failure: failure)),
            .ended(.init(status: .aborted, failure: failure, task: task, results: nil, abortPayload: data)),
            .ended(["y": 1], ["z": 2]),
        ]
    }()

    @Test("every event comes back from disk as it was")
    func roundTrip() throws {
        #expect(Set(Self.events.map(\.kind)) == Set(Event.Kind.allCases), "a kind has no sample")
        for event in Self.events {
            let text = try WireEncoder().encode(event)
            #expect(try WireDecoder().decode(Event.self, from: text) == event, "\(event.kind)")
        }
    }

    @Test("the form on disk is what it always was")
    func form() throws {
        func text(_ event: Event) throws -> String { String(decoding: try WireEncoder().encode(event), as: UTF8.self) }
        #expect(try text(.paused) == #"{"v":1,"type":"paused"}"#)
        #expect(try text(.completed(2)) == #"{"v":1,"type":"taskCompleted","task":"task2","output":{"y":2}}"#)
        #expect(
            try text(
                .attemptFailed(
                    .init(task: TaskID(1), attempt: 2, failure: Failure(.taskTimedOut, "late"), retryAt: .at(1))))
                == #"{"v":1,"type":"attemptFailed","task":"task1","attempt":2,"failure":{"code":"Orra:TaskTimedOut","#
                + #""message":"late"},"retryAt":"2027-01-15T08:00:01.000Z"}"#)
        #expect(
            try text(
                .undoFailed(
                    1, Failure(.compensationPartial, "half"), attempt: 2,
                    partial: .init(completed: RawJSON(["a"]), remaining: RawJSON(["b"])), retryAt: .at(1)))
                == #"{"v":1,"type":"compensationAttemptFailed","task":"task1","attempt":2,"failure":"#
                + #"{"code":"Orra:CompensationPartial","message":"half"},"isAnswered":true,"#
                + #""partial":{"completed":["a"],"remaining":["b"]},"retryAt":"2027-01-15T08:00:01.000Z"}"#)
        #expect(try text(.approved(.init())) == #"{"v":1,"type":"approved"}"#)
        #expect(
            try text(.outputWarning(.init(task: TaskID(1), path: "", reason: "is odd")))
                == #"{"v":1,"type":"outputWarning","task":"task1","path":"","reason":"is odd"}"#)
        #expect(
            try text(.planningStage(.init(.cache, .miss, "none fits", microseconds: 3)))
                == #"{"v":1,"type":"planningStage","stage":"cache","result":"miss","summary":"none fits","#
                + #""microseconds":3}"#)
        let terms = PlanTerms(planner: .pinned, confidence: 0.5, planHash: "h", hold: .approval, outputCheck: .off)
        #expect(
            try text(
                .planned(
                    .init(
                        plan: Plan(parameters: .emptyObject, tasks: []), services: [], terms: terms, holdUntil: .at(1))
                ))
                == #"{"v":1,"type":"planned","plan":{"parameters":{},"tasks":[]},"services":[],"#
                + #""terms":{"planner":"pinned","confidence":0.5,"planHash":"h","hold":"approval","#
                + #""outputCheck":"off"},"holdUntil":"2027-01-15T08:00:01.000Z"}"#)
        #expect(
            try text(.compensating(.init(status: .cancelled, failure: Run.cancelled)))
                == #"{"v":1,"type":"compensating","status":"cancelled","failure":{"code":"Orra:Cancelled","#
                + #""message":"cancelled by the operator"}}"#)
    }

    @Test("an event of a newer version, of an unknown type, or without members is refused with the reason")
    func refused() {
        func reason(_ text: String) -> String? {
            do {
                _ = try WireDecoder().decode(Event.self, from: Array(text.utf8))
                return nil
            } catch { return WireDecoder.describe(error) }
        }
        #expect(reason(#"{"v":2,"type":"paused"}"#) == "v: is 2; this hub reads up to 1")
        #expect(reason(#"{"v":1,"type":"vanished"}"#)?.hasPrefix("type: ") == true)
        #expect(reason(#"{"v":1,"type":"taskReady"}"#) == "task: is missing")
        #expect(reason(#"{"v":1,"type":"paused","later":true}"#) == nil)
    }

    @Test(
        "a payload that has entered the hub comes back from disk byte by byte"
    )
    func exactPayload() throws {
        let sent = try RawJSON(validating: Array(#"{"b": 1.50, "a": "\u00e9\n", "c": 12345678901234567890}"#.utf8))
        let output = RawJSON(sent.value)
        #expect(output.text == #"{"b":1.50,"a":"é\n","c":12345678901234567890}"#)
        let event = Event.taskCompleted(.init(task: TaskID(1), output: output, compensation: nil))
        #expect(try WireDecoder().decode(Event.self, from: WireEncoder().encode(event)) == event)
    }

    // MARK: - Faults

    @Test("entries that are no journal are a fault, never a crash")
    func faults() {
        var (run, _) = Run.planned(Plan.Task(1, "alpha"))
        run.dispatch(1, "e_1")
        run.complete(1)
        let journal = run.journal
        func reason(_ change: (inout [JournalEntry]) -> Void) -> String? {
            var entries = journal
            change(&entries)
            do {
                _ = try Orchestration(replaying: entries)
                return nil
            } catch { return error.reason }
        }
        #expect(reason { _ in } == nil)
        #expect(reason { $0 = [] } == "does not begin with `received`")
        #expect(reason { $0.removeFirst() } == "does not begin with `received`")
        #expect(reason { $0.remove(at: 2) } == "entry 3 is missing")
        #expect(reason { $0[2].event = .ready(2) } == "entry 3 names a task that the plan lacks")
        #expect(reason { $0[2].event = .ready(0) } == "entry 3 names a task that the plan lacks")
        #expect(reason { $0[2].event = $0[0].event } != nil)
        let swapped = reason { entries in
            entries.swapAt(1, 2)
            entries[1].seq = 2
            entries[2].seq = 3
        }
        #expect(swapped == "entry 2 names a task that the plan lacks")
        for (index, entry) in journal.enumerated() {
            for event in Self.events {
                // Whatever stands in one place: a value or a fault.
                _ = reason { $0[index].event = event }
            }
            #expect(reason { $0[index].seq = entry.seq + 1 } != nil)
        }
    }

    @Test("entries that are no journal of a plan that waits are a fault, never a crash")
    func holdFaults() {
        var run = Run.held(Plan.Task(1, "alpha"), Plan.Task(2, "beta", ["y": "$task1.y"]))
        run.handle(.approve(reason: nil))
        run.dispatch(1, "e_1")
        run.complete(1)
        func reason(_ change: (inout [JournalEntry]) -> Void) -> String? {
            var entries = run.journal
            change(&entries)
            for index in entries.indices { entries[index].seq = index + 1 }
            do {
                _ = try Orchestration(replaying: entries)
                return nil
            } catch { return error.reason }
        }
        #expect(reason { _ in } == nil)
        // Twice said yes; planning behind the plan; an end decided without one having begun.
        let approved = run.journal[2]
        #expect(approved.event.kind == .approved)
        #expect(reason { $0.insert(approved, at: 3) } != nil)
        #expect(reason { $0.insert(approved, at: 1) } != nil)
        let planning = Event.planningStage(.init(.offline, .passed, "late"))
        #expect(reason { $0[2].event = planning } != nil)
        #expect(reason { $0[2].event = .ending(.init(status: .failed, failure: Failure(.taskFailed, "no"))) } != nil)
        #expect(reason { $0[2].event = .outputWarning(.init(task: TaskID(9), path: "", reason: "")) } != nil)
        for index in run.journal.indices {
            for event in Self.events {
                _ = reason { $0[index].event = event }
                _ = reason { entries in
                    var entry = entries[index]
                    entry.event = event
                    entries.insert(entry, at: index)
                }
            }
        }
    }

    @Test("entries that are no journal of a compensation are a fault, never a crash")
    func compensationFaults() {
        var run = Run.compensating([1, 2], failing: 3)
        run.dispatchUndo(2)
        run.answerUndo(2, .compensation(.failed("no")))
        run.wait(.seconds(60))
        run.undoAll()
        let task = TaskID(2)
        let failure = Failure(.compensationFailed, "no")
        let strays: [Event] =
            [1, 2, 3, 9].flatMap { number in
                [
                    .undoReady(number), .undoDispatched(number), .undoWaiting(number, .connectionLost),
                    .undoWaiting(number, .serviceAway), .undoFailed(number, failure, retryAt: nil),
                    .undoFailed(number, failure, retryAt: .at(1)), .undoEnded(number),
                ]
            } + [
                .compensating(.init(status: .failed, failure: failure)), .ended(["y": 1]), .paused,
                .taskLate(.init(task: task, output: .null, compensation: .init(data: .null, ttlMs: .max))),
                .taskCompleted(.init(task: task, output: .null, compensation: .init(data: .null, ttlMs: .min))),
                .taskKept(.init(task: task, output: .null, from: Run.id)),
                .compensationResolved(
                    .init(task: TaskID(9), id: CompensationID("c_1"), resolution: .ignored, reason: "no")),
            ]
        for index in run.journal.indices.dropFirst() {
            for event in strays {
                var replaced = run.journal
                replaced[index].event = event
                _ = try? Orchestration(replaying: replaced)
                // Between two entries as well: what follows is counted on.
                var inserted = run.journal
                inserted.insert(replaced[index], at: index)
                for later in inserted.indices { inserted[later].seq = later + 1 }
                _ = try? Orchestration(replaying: inserted)
            }
        }
        #expect(throws: JournalFault.self) {
            try Orchestration(replaying: run.journal.filter { $0.event.kind != .compensating })
        }
    }
}
