import OrraModel
import OrraProtocol
import Testing

@Suite("Bodies of HTTP")
struct HTTPBodyTests {
    @Test("an action's member names match without regard to case, and an exact match wins")
    func actionWithoutRegardToCase() throws {
        let body = try decode(
            ActionRequest.self,
            #"{"Action":{"Content":"Ship it"},"DATA":[{"Field":"orderId","VALUE":1.10}],"TimeOut":"5s","healthcheckgraceperiod":60000000000}"#
        )
        #expect(body.action.content == "Ship it")
        #expect(body.data == [.init(field: "orderId", value: .number(try #require(JSONNumber(text: "1.10"))))])
        #expect(body.timeout?.duration == .seconds(5))
        #expect(body.healthCheckGracePeriod?.duration == .seconds(60))
        #expect(
            try decode(ActionRequest.self, #"{"Action":{"content":"a"},"action":{"content":"b"}}"#).action.content
                == "b")
    }

    @Test("the members of a parameter's value keep their case")
    func valuesKeepTheirCase() throws {
        let body = try decode(
            ActionRequest.self, #"{"action":{"content":"a"},"data":[{"field":"F","value":{"Field":1,"VALUE":2}}]}"#)
        #expect(body.data?.first?.field == "F")
        #expect(body.data?.first?.value.text == #"{"Field":1,"VALUE":2}"#)
    }

    @Test("an error of a later version is read, with the nearest kind and code")
    func laterErrors() throws {
        let body = try decode(
            APIError.Body.self, #"{"error":{"kind":"teapot","code":"Orra:Later","message":"new","more":1}}"#)
        #expect(body.error == APIError(.internalError, .internalError, "new"))
        let bare = try decode(APIError.Body.self, #"{"error":{"kind":"not found","message":"gone"}}"#)
        #expect(bare.error == APIError(.notFound, .internalError, "gone"))
    }

    @Test("every error code goes over the wire and back", arguments: ErrorCode.allCases)
    func codes(code: ErrorCode) throws {
        let error = APIError(.validation, code, param: "a[0].b", "why")
        let text = try WireEncoder().encode(APIError.Body(error: error))
        #expect(try WireDecoder().decode(APIError.Body.self, from: text).error == error)
        #expect(code.rawValue.hasPrefix("Orra:"))
    }

    @Test("a webhook's outputs keep their numbers and the order of their members")
    func exactResults() throws {
        let results = #"[{"z":1.10,"a":12345678901234567890}]"#
        let body = WebhookBody(
            eventID: "o_1-9", project: ProjectID("p_1"), orchestration: OrchestrationID("o_1"), status: .completed,
            timestamp: Timestamp(milliseconds: 0), results: try RawJSON(validating: Array(results.utf8)), error: nil,
            abortReason: nil)
        let text = String(decoding: try WireEncoder().encode(body), as: UTF8.self)
        #expect(text.contains("\"results\":\(results)"))
        #expect(body.type == "orchestration.completed")
    }

    @Test("a webhook's body that is written by hand is what the encoder writes", arguments: [false, true])
    func webhookText(isFull: Bool) throws {
        let body = WebhookBody(
            eventID: "o_1-9", project: ProjectID("p_\"1"), orchestration: OrchestrationID("o_1"),
            status: isFull ? .failed : .completed, timestamp: Timestamp(milliseconds: 1_795_000_000_123),
            results: isFull ? RawJSON(["a": 1.50]) : nil,
            error: isFull ? .init(id: "Orra:TaskTimedOut", producer: "é", error: "why\n") : nil,
            abortReason: isFull ? RawJSON("x") : nil)
        #expect(
            String(decoding: body.text().bytes, as: UTF8.self)
                == String(decoding: try WireEncoder().encode(body), as: UTF8.self))
        let value = try JSONValue(parsing: body.text().bytes)
        for member in ["results", "error", "abort_reason"] { #expect((value[member] != nil) == isFull, "\(member)") }
    }

    @Test("a list sorts its orchestrations into statuses, newest first, and leaves out empty ones")
    func list() throws {
        func summary(_ id: String, _ status: Status, _ at: Int64) -> OrchestrationSummary {
            .init(id: .init(id), action: "a", status: status, error: nil, timestamp: Timestamp(milliseconds: at))
        }
        let list = OrchestrationList([
            summary("o_4", .preparing, 4), summary("o_3", .pending, 3), summary("o_2", .cancelled, 2),
            summary("o_1", .notActionable, 1),
        ])
        #expect(list.pending?.map(\.id.rawValue) == ["o_4", "o_3"])
        #expect(list.completed == nil)
        #expect(list.all.map(\.id.rawValue) == ["o_4", "o_3", "o_2", "o_1"])
        let text = String(decoding: try WireEncoder().encode(list), as: UTF8.self)
        #expect(!text.contains("completed"))
    }

    @Test("a list tells the compensations of those that have some, and of no other")
    func compensationCounts() throws {
        var summary = OrchestrationSummary(
            id: .init("o_1"), action: "a", status: .failed, error: nil, timestamp: Timestamp(milliseconds: 0))
        #expect(!String(decoding: try WireEncoder().encode(summary), as: UTF8.self).contains("compensation"))
        summary.compensation = CompensationCounts(active: 1, total: 3, completed: 1, failed: 1)
        let text = String(decoding: try WireEncoder().encode(summary), as: UTF8.self)
        #expect(text.hasSuffix(#""compensation":{"active":1,"total":3,"completed":1,"failed":1}}"#))
    }

    @Test("a plan is asked for in the form of a submission")
    func planRequest() throws {
        let body = try decode(
            PlanRequest.self,
            #"{"Action":{"Content":"Ship it"},"Data":[{"Field":"f","Value":[1]}],"PLAN":{"tasks":[]}}"#)
        #expect(
            body.submission
                == ActionRequest(
                    action: .init(content: "Ship it"), data: [.init(field: "f", value: .array([1]))],
                    plan: ["tasks": .array([])]))
    }

    @Test("the data of a compensation go over the wire untouched, with the context of its request")
    func compensationData() throws {
        let data = #"{"z":1.10,"a":12345678901234567890}"#
        let context = HubMessage.CompensationContext(
            orchestration: .init("o_1"), reason: .aborted, payload: try RawJSON(validating: Array(#"{"b":1.0}"#.utf8)),
            timestamp: Timestamp(milliseconds: 0))
        let body = CompensationData(
            data: try RawJSON(validating: Array(data.utf8)), context: .init(context), ttl: 86_400_000)
        let text = String(decoding: try WireEncoder().encode(body), as: UTF8.self)
        #expect(
            text == #"{"data":\#(data),"context":{"orchestrationId":"o_1","reason":"aborted","payload":{"b":1.0},"#
                + #""timestamp":"1970-01-01T00:00:00.000Z"},"ttl":86400000}"#)
    }

    @Test("an idempotency key has 1 to 255 visible ASCII characters")
    func idempotencyKeys() {
        #expect(IdempotencyHeader.isValid("order-1:~!"))
        #expect(IdempotencyHeader.isValid(String(repeating: "k", count: 255)))
        for key in ["", "a b", "a\tb", "ä", "a\u{7F}", String(repeating: "k", count: 256)] {
            #expect(!IdempotencyHeader.isValid(key))
        }
    }

    @Test("a retention of 0 keeps all", arguments: [#""0""#, "0", #""0s""#])
    func retention(text: String) throws {
        let body = try decode(RetentionBody.self, #"{"retention":\#(text)}"#)
        #expect(body.retention.duration == .zero)
        #expect(String(decoding: try WireEncoder().encode(body), as: UTF8.self) == #"{"retention":"0s"}"#)
    }

    private func decode<Body: Decodable>(_ type: Body.Type, _ text: String) throws -> Body {
        try WireDecoder(ignoresKeyCase: true).decode(type, from: Array(text.utf8))
    }
}
