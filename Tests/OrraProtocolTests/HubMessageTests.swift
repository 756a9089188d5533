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

    @Test("a compensation's request tells its attempt, and what the last one left; without an attempt it is the first")
    func remaining() throws {
        let context = context(attempt: 3, remaining: RawJSON(["flight"]))
        let message = HubMessage.compensationRequest(request, context)
        #expect(
            text(message).contains(#""status":"processing","attempt":3,"remaining":["flight"],"compensationContext""#))
        #expect(try HubMessage(frame: message.frame()) == message)
        let first = text(.compensationRequest(request, self.context(attempt: 1)))
        #expect(first.contains(#""attempt":1,"compensationContext""#))
        for older in [#""attempt":null,"remaining":null,"#, ""] {
            let frame = first.replacing(#""attempt":1,"#, with: older)
            #expect(try HubMessage(frame: Array(frame.utf8)) == .compensationRequest(request, self.context(attempt: 1)))
        }
    }

    @Test(
        "a compensation's request that is malformed says how",
        arguments: [
            (#""attempt":0"#, "attempt must be a whole number from 1 at byte 0"),
            (#""attempt":1.5"#, "attempt must be a whole number from 1 at byte 0"),
            (#""attempt":"2""#, "attempt must be a whole number from 1 at byte 0"),
            (#""attempt":2,"remaining":{}"#, "remaining must be an array at byte 0"),
            (#""attempt":2,"remaining":"all""#, "remaining must be an array at byte 0"),
        ])
    func malformedCompensation(members: String, reason: String) throws {
        let frame = text(.compensationRequest(request, context(attempt: 1)))
            .replacing(#""attempt":1"#, with: members)
        let error = #expect(throws: JSONError.self) { try HubMessage(frame: Array(frame.utf8)) }
        #expect(error.map { "\($0)" } == reason)
    }

    @Test(
        "the payload of a compensation is an object or absent: clients parse nothing else",
        arguments: [
            (#"{"why":1}"#, #"{"why":1}"#), (#""no stock""#, #"{"value":"no stock"}"#), ("[1]", #"{"value":[1]}"#),
            ("0", #"{"value":0}"#), ("null", nil),
        ])
    func payloadForm(payload: String, expected: String?) throws {
        let payload = try RawJSON(validating: Array(payload.utf8))
        let context = HubMessage.CompensationContext(
            orchestration: OrchestrationID("o_1"), reason: .aborted, payload: payload,
            timestamp: Timestamp(milliseconds: 0))
        #expect(context.payload?.text == expected)
        let message = HubMessage.compensationRequest(request, context)
        #expect(try HubMessage(frame: message.frame()) == message)
    }

    @Test("a payload at the limit of nesting is read")
    func nesting() throws {
        let depth = Limits.jsonDepth
        let text = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        var request = request
        request.input = try RawJSON(validating: Array(#"{"a":\#(text.dropFirst().dropLast())}"#.utf8))
        #expect(try HubMessage(frame: HubMessage.taskRequest(request).frame()) == .taskRequest(request))
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

    private func context(attempt: Int, remaining: RawJSON? = nil) -> HubMessage.CompensationContext {
        HubMessage.CompensationContext(
            orchestration: OrchestrationID("o_1"), reason: .cancelled, payload: nil,
            timestamp: Timestamp(milliseconds: 0), attempt: attempt, remaining: remaining)
    }

    private func text(_ message: HubMessage) -> String { String(decoding: message.frame(), as: UTF8.self) }
}
