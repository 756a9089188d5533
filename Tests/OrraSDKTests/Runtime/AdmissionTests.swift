import OrraModel
import OrraProtocol
import Testing

@testable import OrraSDK

@Suite("Admission of tasks")
struct AdmissionTests {
    func request(_ key: String, execution: String = "e", bytes: Int = 0) -> Assignment {
        Assignment(
            request: HubMessage.TaskRequest(
                task: TaskID(1), execution: ExecutionID(execution), idempotencyKey: IdempotencyKey(rawValue: key),
                service: ServiceID("s_a"), input: RawJSON(.string(String(repeating: "x", count: bytes)))))
    }

    func key(_ text: String) -> IdempotencyKey { IdempotencyKey(rawValue: text) }

    @Test("starts up to the capacity, then in the order of arrival as places become free")
    func order() {
        var admission = Admission(capacity: 2)
        #expect(["a", "b", "c", "d"].map { admission.arrived(request($0)) } == [.start, .start, .wait, .wait])
        #expect(admission.finished(key("unknown")) == nil)
        #expect(admission.finished(key("b"))?.key == key("c"))
        #expect(admission.finished(key("a"))?.key == key("d"))
        #expect(admission.finished(key("c")) == nil)
        #expect(admission.finished(key("d")) == nil)
        #expect(admission.isIdle)
    }

    @Test("a redelivered task keeps its place and takes the newest execution id, running or waiting")
    func redelivery() {
        var admission = Admission(capacity: 1)
        _ = admission.arrived(request("a", execution: "e1"))
        _ = admission.arrived(request("b", execution: "e2"))
        #expect(admission.arrived(request("a", execution: "e3")) == .inProgress)
        #expect(admission.arrived(request("b", execution: "e4")) == .inProgress)
        #expect(admission.runs[key("a")]?.execution == ExecutionID("e3"))
        #expect(admission.finished(key("a"))?.request.execution == ExecutionID("e4"))
        #expect(admission.runs[key("b")]?.execution == ExecutionID("e4"))
    }

    @Test("leaves to the hub what exceeds the bounds of waiting")
    func bounds() {
        var admission = Admission(capacity: 1, maximumWaiting: 2, maximumWaitingBytes: 100)
        #expect(["a", "b", "c", "d"].map { admission.arrived(request($0)) } == [.start, .wait, .wait, .leave])
        var heavy = Admission(capacity: 1, maximumWaiting: 9, maximumWaitingBytes: 100)
        _ = heavy.arrived(request("a"))
        #expect(heavy.arrived(request("b", bytes: 1_000)) == .wait, "one may always wait")
        #expect(heavy.arrived(request("c")) == .leave)
    }

    @Test("cancels what runs, removes what waits, and knows nothing of others")
    func cancel() {
        var admission = Admission(capacity: 1)
        _ = admission.arrived(request("a"))
        _ = admission.arrived(request("b"))
        #expect(admission.cancelled(key("a")) == .running)
        #expect(admission.runs[key("a")]?.isCancelledByHub == true)
        #expect(admission.cancelled(key("b")) == .waiting(request("b")))
        #expect(admission.cancelled(key("b")) == .unknown)
        #expect(admission.finished(key("a")) == nil)
    }

    @Test("while draining takes nothing more, and goes on with what runs or waits")
    func drain() {
        var admission = Admission(capacity: 1)
        _ = admission.arrived(request("a"))
        _ = admission.arrived(request("b"))
        admission.drain()
        #expect(admission.arrived(request("c")) == .leave)
        #expect(admission.arrived(request("a", execution: "e2")) == .inProgress)
        #expect(admission.finished(key("a"))?.key == key("b"))
        #expect(!admission.isIdle)
        #expect(admission.finished(key("b")) == nil)
        #expect(admission.isIdle)
    }

    @Test("what waits can be left to the hub; what runs goes on")
    func leaveWaiting() {
        var admission = Admission(capacity: 1)
        for name in ["a", "b", "c"] { _ = admission.arrived(request(name)) }
        #expect(admission.leaveWaiting() == 2)
        #expect(admission.finished(key("a")) == nil)
        #expect(admission.isIdle)
    }

    @Test("a request to undo counts with all that it holds")
    func compensation() {
        var admission = Admission(capacity: 1, maximumWaiting: 9, maximumWaitingBytes: 100)
        _ = admission.arrived(request("a"))
        _ = admission.arrived(request("b"))
        var heavy = request("c")
        let text = RawJSON(["x": .string(String(repeating: "x", count: 60))])
        heavy.revert = HubMessage.CompensationContext(
            orchestration: OrchestrationID("o_1"), reason: .failed, payload: text,
            timestamp: Timestamp(milliseconds: 0),
            remaining: RawJSON([text.value]))
        #expect(admission.arrived(heavy) == .leave)
        heavy.revert?.remaining = nil
        #expect(admission.arrived(heavy) == .wait)
    }
}
