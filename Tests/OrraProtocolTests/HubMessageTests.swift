import OrraModel
import OrraProtocol
import Testing

@Suite("HubMessage")
struct HubMessageTests {
    private let request = HubMessage.TaskRequest(
        task: TaskID(1), execution: ExecutionID("e_1"), idempotencyKey: IdempotencyKey(rawValue: "k"),
        service: ServiceID("s_a"), input: RawJSON(["a": 1]))

    @Test("frames have the members that clients know")
    func frames() {
        #expect(
            text(.taskRequest(request))
                == #"{"type":"task_request","id":"task1","input":{"a":1},"executionId":"e_1","idempotencyKey":"k","serviceId":"s_a","status":"processing"}"#
        )
        #expect(text(.ping(ServiceID("s_a"))) == #"{"type":"ping","serviceId":"s_a"}"#)
        #expect(text(.acknowledgement("m\"1")) == #"{"type":"ACK","id":"m\"1"}"#)
        #expect(text(.error(reason: "why")) == #"{"type":"error","error":"why"}"#)
        #expect(
            text(.cancelRequest(task: TaskID(2), execution: ExecutionID("e_1"), idempotencyKey: .init(rawValue: "k")))
                == #"{"type":"cancel_request","id":"task2","executionId":"e_1","idempotencyKey":"k"}"#)
    }

    @Test("a compensation's context leaves out a payload that is none")
    func compensation() throws {
        let context = HubMessage.CompensationContext(
            orchestration: OrchestrationID("o_1"), reason: .failed, payload: nil, timestamp: Timestamp(milliseconds: 0))
        let message = HubMessage.compensationRequest(request, context)
        #expect(
            text(message).hasSuffix(
                #""compensationContext":{"orchestrationId":"o_1","reason":"failed","timestamp":"1970-01-01T00:00:00.000Z"}}"#
            ))
        #expect(try HubMessage(frame: message.frame()) == message)
    }

    @Test("an input is passed on byte by byte")
    func exactInput() throws {
        var request = request
        request.input = try RawJSON(validating: Array(#"{"z":1.10,"a":12345678901234567890}"#.utf8))
        #expect(text(.taskRequest(request)).contains(#""input":{"z":1.10,"a":12345678901234567890}"#))
        #expect(try HubMessage(frame: HubMessage.taskRequest(request).frame()) == .taskRequest(request))
    }

    @Test("types of later versions are ignored", arguments: [#"{"type":"task_later"}"#, "{}", #"{"type":7}"#, "[]"])
    func unknownTypes(frame: String) throws {
        #expect(try HubMessage(frame: Array(frame.utf8)) == nil)
    }

    private func text(_ message: HubMessage) -> String { String(decoding: message.frame(), as: UTF8.self) }
}
