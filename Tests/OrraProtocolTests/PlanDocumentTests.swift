import OrraModel
import OrraProtocol
import Testing

@Suite("PlanDocument")
struct PlanDocumentTests {
    private static func pinned(services: [String], plan: String) throws -> PinnedPlan {
        PinnedPlan(
            name: "refund", action: "Refund the customer", planHash: "h", catalogue: "c",
            services: Dictionary(
                services.map { ($0, PinnedPlan.Shape(kind: .service, input: "i", output: "o")) },
                uniquingKeysWith: { first, _ in first }),
            parameters: ["orderId": "string", "amount": "number"],
            plan: try RawJSON(validating: Array(plan.utf8)), pinnedAt: Timestamp(milliseconds: 0))
    }

    private static let text = """
        {
          "orra": "plan/1",
          "name": "refund",
          "action": "Refund the customer",
          "planHash": "h",
          "catalogue": "c",
          "services": {
            "inventory-tool": {
              "kind": "service",
              "input": "i",
              "output": "o"
            },
            "payment-service": {
              "kind": "service",
              "input": "i",
              "output": "o"
            }
          },
          "parameters": {
            "amount": "number",
            "orderId": "string"
          },
          "plan": {
            "tasks": [
              {
                "id": "task1",
                "service": "payment-service",
                "input": {
                  "amount": 1.10,
                  "options": {
                    "a": [],
                    "b": {}
                  },
                  "orderId": "$task0.orderId"
                },
                "reason": "it pays back"
              }
            ]
          }
        }

        """

    @Test("a file has one order of members, whatever the plan came from, and a newline at its end")
    func order() throws {
        let plans = [
            #"{"tasks":[{"reason":"it pays back","input":{"orderId":"$task0.orderId","options":{"b":{},"a":[]},"amount":1.10},"service":"payment-service","id":"task1"}]}"#,
            #"{"tasks":[{"id":"task1","input":{"amount":1.10,"options":{"a":[],"b":{}},"orderId":"$task0.orderId"},"reason":"it pays back","service":"payment-service"}]}"#,
        ]
        for (plan, services) in zip(
            plans, [["payment-service", "inventory-tool"], ["inventory-tool", "payment-service"]])
        {
            let document = PlanDocument(try Self.pinned(services: services, plan: plan))
            #expect(String(decoding: try document.file(), as: UTF8.self) == Self.text)
        }
    }

    @Test("a file is read as what it was written from, and written the same again")
    func roundTrip() throws {
        let document = try PlanDocument(file: Array(Self.text.utf8))
        #expect(String(decoding: try document.file(), as: UTF8.self) == Self.text)
        let pinned = document.pinned(as: "other", at: Timestamp(milliseconds: 5))
        #expect(pinned.name == "other" && pinned.pinnedAt == Timestamp(milliseconds: 5))
        #expect(pinned.services.keys.sorted() == ["inventory-tool", "payment-service"])
        #expect(PlanDocument(pinned).plan == document.plan)
    }

    @Test("a file of another form, or a damaged one, is refused with the place")
    func faults() {
        func reason(_ text: String) -> String? {
            do {
                _ = try PlanDocument(file: Array(text.utf8))
                return nil
            } catch {
                return WireDecoder.describe(error)
            }
        }
        #expect(reason(#"{"orra":"plan/2"}"#) == "orra: must be one of plan/1")
        #expect(reason("{}") == "orra: is missing")
        #expect(reason("{")?.hasPrefix("the body is not valid JSON: ") == true)
        let kind = Self.text.replacing(#""kind": "service""#, with: #""kind": "robot""#)
        #expect(reason(kind)?.hasSuffix(".kind: must be one of service, agent, tool") == true)
    }
}

@Suite("Bodies about plans")
struct PlanningBodyTests {
    private func decode<Body: Decodable>(_ type: Body.Type, _ text: String) throws -> Body {
        try WireDecoder(ignoresKeyCase: true).decode(type, from: Array(text.utf8))
    }

    @Test("with the name of a saved plan the action may be left out, and only then")
    func pinned() throws {
        let action = try decode(ActionRequest.self, #"{"pinned":"refund"}"#)
        #expect(action == ActionRequest(action: .init(content: ""), pinned: "refund"))
        #expect(String(decoding: try WireEncoder().encode(action), as: UTF8.self) == #"{"pinned":"refund"}"#)
        let plan = try decode(PlanRequest.self, #"{"Pinned":"refund","Explain":true}"#)
        #expect(plan.submission == action && plan.explain == true)
        for text in ["{}", #"{"pinned":""}"#, #"{"pinned":null}"#] {
            #expect(throws: DecodingError.self) { try decode(ActionRequest.self, text) }
            #expect(throws: DecodingError.self) { try decode(PlanRequest.self, text) }
        }
    }

    @Test("a preview of a hub that says nothing of a verdict is one of a plan that runs")
    func olderPreview() throws {
        let preview = try decode(PlanPreview.self, #"{"plan":{"tasks":[]},"failurePoints":[]}"#)
        #expect(preview == PlanPreview(plan: ["tasks": .array([])], failurePoints: []))
        #expect(preview.verdict == .run && preview.stages.isEmpty)
    }

    @Test("a registration asks for approval with a word, or with true")
    func approval() throws {
        let form = { (value: String) in
            #"{"name":"a","description":"b","schema":{"input":{"type":"object"},"output":{"type":"object"}},"approval":\#(value)}"#
        }
        for (text, expected) in [(#""required""#, true), ("true", true), (#""none""#, false), ("false", false)] {
            let body = try decode(RegistrationRequest.self, form(text))
            #expect(body.approval == expected)
            let written = String(decoding: try WireEncoder().encode(body), as: UTF8.self)
            #expect(written.contains(#""approval":"\#(expected ? "required" : "none")""#))
        }
        #expect(try decode(RegistrationRequest.self, form("null")).approval == nil)
        #expect(throws: DecodingError.self) { try decode(RegistrationRequest.self, form("1")) }
    }

    @Test("a grounding's names match without regard to case, and the examples keep theirs")
    func grounding() throws {
        let body = try decode(
            Grounding.self,
            #"{"Name":"a","DOMAIN":"b","version":"1","usecases":[{"Action":"c","Params":{"orderID":"1","Amount":2.50}}]}"#
        )
        #expect(body.useCases.first?.params.keys.sorted() == ["Amount", "orderID"])
        #expect(body.constraints.isEmpty && body.useCases.first?.capabilities == [])
        #expect(
            String(decoding: try WireEncoder().encode(body), as: UTF8.self)
                == #"{"name":"a","domain":"b","version":"1","useCases":[{"action":"c","params":{"Amount":2.50,"orderID":"1"},"#
                + #""capabilities":[],"intent":""}],"constraints":[]}"#)
    }

    @Test("a stage goes over the wire with the names that the documents give")
    func stage() throws {
        let stage = PlanningStage(
            .offline, .passed, "found", microseconds: 85, confidence: 0.9,
            considered: [.init(service: "a", score: 0.5, isChosen: true)])
        #expect(
            String(decoding: try WireEncoder().encode(stage), as: UTF8.self)
                == #"{"stage":"offline","result":"passed","summary":"found","microseconds":85,"confidence":0.9,"#
                + #""considered":[{"service":"a","score":0.5,"chosen":true}]}"#)
    }

    @Test("what waits for approval is told to webhooks as paused, with the plan's hash")
    func webhook() throws {
        let body = ApprovalWebhookBody(
            eventID: "o_1-3", project: ProjectID("p_1"), orchestration: OrchestrationID("o_1"),
            timestamp: Timestamp(milliseconds: 0), hold: .approval, planHash: "h", action: "Refund")
        #expect(
            String(decoding: try WireEncoder().encode(body), as: UTF8.self)
                == #"{"event_id":"o_1-3","type":"orchestration.approval_requested","project_id":"p_1","#
                + #""orchestration_id":"o_1","orchestrationId":"o_1","status":"paused","#
                + #""timestamp":"1970-01-01T00:00:00.000Z","pause_reason":"approval","plan_hash":"h","action":"Refund"}"#
        )
    }

    @Test("a kept plan is one of the cache when it has an id")
    func keptPlan() throws {
        let pinned =
            #"{"name":"refund","action":"a","planHash":"h","services":[],"pinnedAt":"1970-01-01T00:00:00.000Z"}"#
        guard case .pinned(let plan) = try decode(KeptPlanAnswer.self, pinned) else {
            Issue.record("it is not read as a saved plan")
            return
        }
        #expect(plan.name == "refund" && plan.plan == nil)
        #expect(throws: DecodingError.self) { try decode(KeptPlanAnswer.self, #"{"id":"pl_1"}"#) }
    }
}
