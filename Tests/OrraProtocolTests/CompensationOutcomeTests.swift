import OrraModel
import OrraProtocol
import Testing

@Suite("The answer to a compensation")
struct CompensationOutcomeTests {
    private let report = ServiceMessage.TaskReport(
        task: "task1", execution: "e_1", idempotencyKey: IdempotencyKey(rawValue: "k"))

    @Test("is completed, partial or failed, and written as it was read")
    func forms() throws {
        let outcomes: [(String, CompensationOutcome)] = [
            (#"{"status":"completed"}"#, .completed),
            (
                #"{"status":"partial","partial":{"completed":["a",1.10],"remaining":[{"b":[]}]}}"#,
                .partial(completed: try raw(#"["a",1.10]"#), remaining: try raw(#"[{"b":[]}]"#))
            ),
            (
                #"{"status":"partial","partial":{"completed":[],"remaining":[]}}"#,
                .partial(completed: try raw("[]"), remaining: try raw("[]"))
            ),
            (#"{"status":"failed","error":"too late"}"#, .failed("too late")),
        ]
        for (result, outcome) in outcomes {
            let message = try read(#""result":\#(result)"#)
            #expect(message.payload == .taskResult(report, .compensation(outcome)))
            #expect(outcome.result.text == result)
            #expect(try ServiceMessage(frame: message.frame()) == message)
        }
    }

    @Test("is read as Python sends it, with nulls")
    func nulls() throws {
        let completed = #""result":{"status":"completed","error":null},"error":null"#
        #expect(try read(completed).payload == .taskResult(report, .compensation(.completed)))
    }

    @Test("is failed also as an error without a result, as is that of a task")
    func plainError() throws {
        let expected = ServiceMessage.Payload.taskResult(report, .error("too late"))
        #expect(try read(#""result":null,"error":"too late""#).payload == expected)
        #expect(try read(#""result":{"status":"completed"},"error":"too late""#).payload == expected)
    }

    @Test(
        "says of a failure what it can, cut to 4096 characters",
        arguments: [
            ("null", "the service gave no reason"), (#""""#, "the service gave no reason"),
            (#"{"code":7}"#, #"{"code":7}"#),
            ("\"" + String(repeating: "x", count: 5_000) + "\"", String(repeating: "x", count: 4_096)),
        ])
    func reasons(error: String, expected: String) throws {
        let message = try read(#""result":{"status":"failed","error":\#(error)}"#)
        #expect(message.payload == .taskResult(report, .compensation(.failed(expected))))
    }

    @Test(
        "that is malformed says how, without quoting it",
        arguments: [
            (#"{"status":"partial"}"#, "a compensation of the status partial needs an object partial"),
            (#"{"status":"partial","partial":null}"#, "a compensation of the status partial needs an object partial"),
            (
                #"{"status":"partial","partial":["secret"]}"#,
                "a compensation of the status partial needs an object partial"
            ),
            (#"{"status":"partial","partial":{"remaining":[]}}"#, "partial.completed must be an array"),
            (
                #"{"status":"partial","partial":{"completed":"secret","remaining":[]}}"#,
                "partial.completed must be an array"
            ),
            (#"{"status":"partial","partial":{"completed":[]}}"#, "partial.remaining must be an array"),
            (#"{"status":"partial","partial":{"completed":[],"remaining":{}}}"#, "partial.remaining must be an array"),
        ])
    func malformed(result: String, reason: String) throws {
        #expect(try read(#""result":\#(result)"#).payload == .taskResult(report, .malformed(reason: reason)))
    }

    @Test("has at most 1,000 steps in each list and 1 MiB in both")
    func bounds() throws {
        func partial(_ completed: Int, _ remaining: Int, of step: String = "0") throws -> ServiceMessage.Payload {
            func list(_ count: Int) -> String {
                "[" + Array(repeating: step, count: count).joined(separator: ",") + "]"
            }
            let lists = #"{"completed":\#(list(completed)),"remaining":\#(list(remaining))}"#
            return try read(#""result":{"status":"partial","partial":\#(lists)}"#).payload
        }
        func isRead(_ payload: ServiceMessage.Payload) -> Bool {
            if case .taskResult(_, .compensation(.partial)) = payload { true } else { false }
        }
        func malformed(_ reason: String) -> ServiceMessage.Payload { .taskResult(report, .malformed(reason: reason)) }
        #expect(isRead(try partial(1_000, 1_000)))
        #expect(try partial(1_001, 0) == malformed("partial.completed has at most 1000 elements"))
        #expect(try partial(0, 1_001) == malformed("partial.remaining has at most 1000 elements"))
        let step = "\"" + String(repeating: "x", count: 1_000) + "\""
        #expect(isRead(try partial(500, 500, of: step)))
        #expect(
            try partial(500, 600, of: step)
                == malformed("partial.completed and partial.remaining have at most 1048576 bytes"))
    }

    @Test("is told from an abort, and from what has a member task or another status")
    func others() throws {
        #expect(try read(#""result":{"status":"aborted","payload":{}}"#).payload == .abort(report, .emptyObject))
        #expect(
            try read(#""result":{"status":"completed","task":{}}"#).payload
                == .taskResult(report, .output(.emptyObject, nil)))
        #expect(
            try read(#""result":{"status":"expired"}"#).payload
                == .taskResult(report, .output(try raw(#"{"status":"expired"}"#), nil)))
        #expect(
            try read(#""result":{"status":7}"#).payload
                == .taskResult(report, .output(try raw(#"{"status":7}"#), nil)))
        #expect(throws: ServiceMessageError(reason: "a compensation's status is completed, partial or failed")) {
            try CompensationOutcome(result: ["status": "expired"])
        }
    }

    private func read(_ members: String) throws -> ServiceMessage {
        let report = #""taskId":"task1","executionId":"e_1","idempotencyKey":"k""#
        return try ServiceMessage(
            frame: Array(#"{"id":"m","payload":{"type":"task_result",\#(report),\#(members)}}"#.utf8))
    }

    private func raw(_ text: String) throws -> RawJSON { try RawJSON(validating: Array(text.utf8)) }
}
