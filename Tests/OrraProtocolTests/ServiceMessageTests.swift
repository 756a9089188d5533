import OrraModel
import OrraProtocol
import Testing

@Suite("ServiceMessage")
struct ServiceMessageTests {
    private let report = ServiceMessage.TaskReport(
        task: "task1", execution: "e_1", idempotencyKey: IdempotencyKey(rawValue: "k"))

    @Test("reads a wrapped message with its id, and a bare one without")
    func wrappedAndBare() throws {
        let payload = #"{"type":"task_status","taskId":"task1","executionId":"e_1","idempotencyKey":"k"}"#
        #expect(
            try read(#"{"id":"m1","payload":\#(payload)}"#)
                == ServiceMessage(id: "m1", payload: .inProgress(report)))
        #expect(try read(#"{"payload":\#(payload),"id":"m1"}"#).id == "m1")
        #expect(try read(payload) == ServiceMessage(id: nil, payload: .inProgress(report)))
        // An id in a bare message is not one that anybody waits for.
        #expect(try read(#"{"id":"m1","type":"drain"}"#).id == nil)
    }

    @Test("finds members whose names are written with escapes")
    func escapedNames() throws {
        let message = try read(#"{"\u0069d":"m1","p\u0061yload":{"t\u0079pe":"dr\u0061in"}}"#)
        #expect(message == ServiceMessage(id: "m1", payload: .drain))
    }

    @Test("the last of two members with one name counts")
    func repeatedMembers() throws {
        #expect(try read(#"{"type":"pong","type":"drain"}"#).payload == .drain)
    }

    @Test("an error counts, with or without a null result")
    func errors() throws {
        let expected = ServiceMessage.Payload.taskResult(report, .error("no stock"))
        #expect(try result(#""result":null,"error":"no stock""#) == expected)
        #expect(try result(#""error":"no stock""#) == expected)
        #expect(try result(#""result":{"task":{"a":1}},"error":"no stock""#) == expected)
        #expect(
            try result(#""error":{"message":"no stock"}"#)
                == .taskResult(report, .error(#"{"message":"no stock"}"#)))
        #expect(
            try result(#""result":{"task":{"a":1}},"error":null"#)
                == .taskResult(report, .output(raw(#"{"a":1}"#), nil)))
    }

    @Test("a result of the status aborted is an abort")
    func aborted() throws {
        #expect(
            try result(#""result":{"status":"aborted","payload":{"why":1}}"#) == .abort(report, raw(#"{"why":1}"#)))
        #expect(try result(#""result":{"status":"aborted","task":{"why":1}}"#) == .abort(report, raw(#"{"why":1}"#)))
        #expect(try result(#""result":{"status":"aborted"}"#) == .abort(report, .null))
    }

    @Test("compensation data keeps its numbers and the order of its members")
    func compensationData() throws {
        let data = #"{"z":1.10,"a":12345678901234567890,"e":1e2,"n":null}"#
        let payload = try result(#""result":{"task":{},"compensation":{"data":\#(data),"ttl":5000}}"#)
        guard case .taskResult(_, .output(_, let compensation?)) = payload else {
            Issue.record("there is no compensation")
            return
        }
        #expect(compensation.data.text == data)
        #expect(compensation.ttlMilliseconds == 5_000)
        #expect(
            try result(#""result":{"task":{},"compensation":null}"#) == .taskResult(report, .output(.emptyObject, nil)))
        #expect(
            try result(#""result":{"task":{},"compensation":{"data":1}}"#)
                == .taskResult(report, .output(.emptyObject, .init(data: raw("1"), ttlMilliseconds: nil))))
    }

    @Test(
        "a time to live is taken within the range that the hub can count, and left out if it is no number",
        arguments: [
            ("5000", 5_000), ("0", 1), ("-7", 1), ("2.5", 2), ("1e300", 31_536_000_000),
            ("9223372036854775807", 31_536_000_000), (#""soon""#, nil), ("null", nil),
        ] as [(String, Int64?)])
    func timeToLive(ttl: String, expected: Int64?) throws {
        let payload = try result(#""result":{"task":{},"compensation":{"data":{},"ttl":\#(ttl)}}"#)
        #expect(
            payload
                == .taskResult(report, .output(.emptyObject, .init(data: .emptyObject, ttlMilliseconds: expected))))
    }

    @Test("an output keeps its numbers and the order of its members, when read and when written")
    func exactOutput() throws {
        let output = #"{"z":1.10,"a":12345678901234567890,"s":"\u00e9"}"#
        let payload = try result(#""result":{"task":\#(output)}"#)
        guard case .taskResult(_, .output(let read, nil)) = payload else {
            Issue.record("there is no output")
            return
        }
        #expect(read.text.contains("1.10") && read.text.contains("12345678901234567890"))
        #expect(read.value.object?.keys == ["z", "a", "s"])
        let frame = String(decoding: ServiceMessage(id: "m", payload: payload).frame(), as: UTF8.self)
        #expect(frame.contains(read.text))
    }

    @Test("a result without a member task is the output")
    func resultWithoutTask() throws {
        #expect(try result(#""result":{"ok":true}"#) == .taskResult(report, .output(raw(#"{"ok":true}"#), nil)))
        // A null output is one, and fails by the service's schema.
        #expect(try result(#""result":{"task":null}"#) == .taskResult(report, .output(.null, nil)))
    }

    @Test(
        "what is no result says why",
        arguments: [#""result":null"#, #""result":[1]"#, #""result":"x""#, #""result":7"#])
    func malformed(members: String) throws {
        guard case .taskResult(let told, .malformed(let reason)) = try result(members) else {
            Issue.record("it was read as a result")
            return
        }
        #expect(told == report)
        #expect(!reason.isEmpty)
    }

    @Test("hello takes what it gets, and standard values for the rest")
    func hello() throws {
        #expect(
            try read(#"{"id":"h","payload":{"type":"hello","protocol":2,"credit":4,"instance":"i"}}"#).payload
                == .hello(.init(version: 2, credit: 4, instance: "i")))
        #expect(try read(#"{"type":"hello"}"#).payload == .hello(.init(version: 1, credit: nil, instance: nil)))
        #expect(
            try read(#"{"type":"hello","protocol":null,"credit":"many","instance":null}"#).payload
                == .hello(.init(version: 1, credit: nil, instance: nil)))
    }

    @Test("a refused message tells its id, so that it can be acknowledged; its task only if it was to be an outcome")
    func refusalsTellTheirTask() {
        let unknown = #"{"type":"task_new","idempotencyKey":"k"}"#
        #expect(throws: ServiceMessageError(id: "m1", reason: "the hub knows no message of this type")) {
            try read(#"{"id":"m1","payload":\#(unknown)}"#)
        }
        let interim = #"{"type":"task_interim_result","idempotencyKey":"k"}"#
        #expect(throws: ServiceMessageError(id: "m1", reason: "a task_interim_result message needs a result")) {
            try read(#"{"id":"m1","payload":\#(interim)}"#)
        }
        let abort = #"{"type":"task_abort_result","idempotencyKey":"k"}"#
        #expect(
            throws: ServiceMessageError(
                id: "m1", idempotencyKey: .init(rawValue: "k"), reason: "a task_abort_result message needs a result")
        ) { try read(#"{"id":"m1","payload":\#(abort)}"#) }
        #expect(throws: ServiceMessageError(reason: "a message's id has at most 256 bytes")) {
            try read(#"{"id":"\#(String(repeating: "m", count: 257))","payload":\#(interim)}"#)
        }
        #expect(throws: ServiceMessageError(id: "m1", reason: "the message has no type")) {
            try read(#"{"id":"m1","payload":{}}"#)
        }
        #expect(throws: ServiceMessageError(reason: "the message has no type")) { try read("{}") }
        #expect(throws: ServiceMessageError(id: "m1", reason: "a task_result message needs an idempotencyKey")) {
            try read(#"{"id":"m1","payload":{"type":"task_result","result":{"task":{}}}}"#)
        }
    }

    @Test(
        "what is no JSON object is refused without quoting it",
        arguments: [
            "", "secret", "[\"secret\"]", "\"secret\"", "{\"type\":\"secret", "{\"type\":7}", "{} secret", "\u{FEFF}{}",
        ])
    func notJSON(text: String) throws {
        do {
            _ = try read(text)
            Issue.record("it was read")
        } catch {
            #expect(!error.reason.contains("secret"))
            #expect(error.id == nil)
        }
    }

    @Test("bytes that are not UTF-8 and nesting without end are refused")
    func hostile() {
        #expect(throws: ServiceMessageError.self) { try ServiceMessage(frame: [0x7B, 0xFF, 0x7D]) }
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: ServiceMessageError.self) { try read(#"{"type":"task_result","result":\#(deep)"#) }
    }

    private func read(_ text: String) throws(ServiceMessageError) -> ServiceMessage {
        try ServiceMessage(frame: Array(text.utf8))
    }

    private func result(_ members: String) throws -> ServiceMessage.Payload {
        try read(
            #"{"type":"task_result","taskId":"task1","executionId":"e_1","idempotencyKey":"k",\#(members)}"#
        ).payload
    }

    private func raw(_ text: String) throws -> RawJSON { try RawJSON(validating: Array(text.utf8)) }
}
