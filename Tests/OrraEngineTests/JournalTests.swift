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
            .planned(
                .init(
                    plan: Plan(
                        parameters: data,
                        tasks: [
                            Plan.Task(1, "alpha"),
                            .init(id: TaskID(2), service: .named("alpha"), input: [], reason: "because"),
                        ]),
                    services: [reference])),
            .taskReady(.init(task: task, input: data, key: .task(task, of: Run.id))),
            .dispatched(12, "e_1", attempt: 2, delivery: 3, on: 4, instance: "i"), .dispatched(12, "e_1"),
            .waiting(12, .serviceAway), .waiting(12, .connectionLost), .waiting(12, .hubRestarted),
            .waiting(12, .connectionReset), .waiting(12, .retryDue),
            .taskInterim(.init(task: task, id: InterimID("i_1"), execution: "e_1", data: data)),
            .attemptFailed(.init(task: task, attempt: 1, execution: "e_1", failure: failure, retryAt: .at(1))),
            .attemptFailed(.init(task: task, attempt: 1, failure: failure)),
            .taskCompleted(.init(task: task, output: data, compensation: .init(data: data, ttlMs: 5))),
            .completed(12), .taskFailed(.init(task: task, failure: failure)),
            .taskAborted(.init(task: task, payload: .null)), .cancelled(12),
            .taskLate(.init(task: task, output: data)), .taskLate(.init(task: task, error: "no")),
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
}
