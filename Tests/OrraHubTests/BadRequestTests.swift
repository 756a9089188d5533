import HTTPTypes
import NIOHTTP1
import OrraModel
import OrraProtocol
import OrraWebSocket
import Testing

@Suite("Bad requests", .timeLimit(.minutes(2)))
struct BadRequestTests {
    static let routes: [(NIOHTTP1.HTTPMethod, String)] = [
        (.POST, "/apikeys"), (.GET, "/webhooks"), (.POST, "/webhooks"), (.GET, "/compensation-failure-webhooks"),
        (.POST, "/compensation-failure-webhooks"), (.POST, "/register/service"), (.POST, "/register/agent"),
        (.POST, "/register/tool"), (.GET, "/services"), (.POST, "/orchestrations"), (.GET, "/orchestrations"),
        (.GET, "/orchestrations/inspections?value=x"), (.GET, "/orchestrations/inspections/o_x"),
        (.POST, "/orchestrations/o_x/cancel"), (.GET, "/ws?serviceId=s_x"), (.GET, "/progress"),
        (.GET, "/orchestrations/o_x/progress"),
    ]
    static let unknownKey = "sk-orra-v1-" + String(repeating: "0", count: 64)

    @Test("an unknown, malformed or missing key is 401 on each route")
    func unknownKeys() async throws {
        try await withTestHub { hub in
            _ = try await hub.makeProject()
            for (method, path) in Self.routes {
                for key in [nil, Self.unknownKey, "nonsense"] {
                    let answer = try await hub.call(
                        method, path, key: key, body: method == .POST ? Array("{}".utf8) : nil)
                    #expect(answer.status == 401, "\(method) \(path)")
                    #expect(answer.kind == "unauthorized")
                    #expect(answer.code == ErrorCode.invalidAPIKey.rawValue)
                    #expect(answer.headers.first(name: "WWW-Authenticate") == "Bearer")
                    #expect(answer.headers.first(name: "X-Orra-PlaneEngine-Version") != nil)
                }
            }
            for path in ["/ws?serviceId=s_x", "/progress", "/orchestrations/o_x/progress"] {
                #expect(try await Self.refusal(hub, path, key: Self.unknownKey) == 401)
                #expect(try await Self.refusal(hub, path, key: nil) == 401)
            }
        }
    }

    static func refusal(_ hub: TestHub, _ path: String, key: String?) async throws -> Int? {
        do {
            _ = try await TestSocket.open(hub, path, headers: key.map { [(.authorization, "Bearer \($0)")] } ?? [])
            return nil
        } catch WebSocketClientError.refused(let status, _) {
            return status
        }
    }

    @Test("another project's orchestration is 404, its service's socket 403, and both are left alone")
    func foreign() async throws {
        try await withTestHub { hub in
            let owner = try await hub.makeProject("owner")
            let thief = try await hub.makeProject("thief")
            let echo = try await owner.register("echo")
            let service = try await FakeService.connect(echo, owner)
            let id = try await owner.submit(
                plan: TestProject.plan(("echo", ["text": "$task0.text"])), data: [("text", "ORD456")])
            let request = try await service.request()
            #expect(try await thief.get("/orchestrations/inspections/\(id)").status == 404)
            #expect(try await thief.get("/orchestrations/inspections?value=ORD456").status == 404)
            #expect(try await thief.post("/orchestrations/\(id)/cancel").code == "Orra:UnknownOrchestration")
            #expect(try await thief.get("/orchestrations").json == [:])
            #expect(try await thief.get("/services").json == ["services": []])
            #expect(try await Self.refusal(hub, "/orchestrations/\(id)/progress", key: thief.key) == 404)
            #expect(try await Self.refusal(hub, "/ws?serviceId=\(echo)", key: thief.key) == 403)
            #expect(try await Self.refusal(hub, "/ws?serviceId=s_unknown", key: thief.key) == 403)
            #expect(try await Self.refusal(hub, "/ws", key: thief.key) == 400)
            let stolen = try await thief.post(
                "/orchestrations", TestProject.action(plan: TestProject.plan((echo.rawValue, ["text": "x"]))))
            #expect(stolen.status == 400)
            try await service.answer(request, ["text": "ORD456"])
            try await owner.wait(id, for: .completed)
        }
    }

    @Test(
        "malformed JSON is 400 and says where",
        arguments: [
            (#"{"name": }"#, "byte 9"), (#"{"name": "a""#, "byte 12"), ("", "byte 0"),
            (#"{"name": "\#u{1}"}"#, "byte 10"),
            (#"{"name": 'a'}"#, "byte 9"), (#"{"name": 01}"#, "byte 1"), (#"{"name": "a"} x"#, "byte 14"),
            (String(repeating: "[", count: 100_000), "byte 128"),
        ])
    func malformed(body: String, place: String) async throws {
        try await withTestHub { hub in
            let answer = try await hub.call(.POST, "/register/project", body: Array(body.utf8))
            #expect(answer.status == 400)
            #expect(answer.kind == "validation")
            #expect(answer.code == "Orra:JSONMarshalingFail")
            #expect(answer.message.contains(place), "\(answer.message)")
        }
    }

    @Test("a text that is not UTF-8 is 400")
    func notUTF8() async throws {
        try await withTestHub { hub in
            let body = Array(#"{"name": ""#.utf8) + [0xff] + Array(#""}"#.utf8)
            let answer = try await hub.call(.POST, "/register/project", body: body)
            #expect(answer.status == 400)
            #expect(answer.message.contains("not valid UTF-8"), "\(answer.message)")
        }
    }

    @Test("a body of 10 MiB is taken, one byte more is 413 and names the limit")
    func size() async throws {
        try await withTestHub { hub in
            func body(_ size: Int) -> [UInt8] {
                let head = Array(#"{"name":"shop","pad":""#.utf8)
                let tail = Array(#""}"#.utf8)
                return head + Array(repeating: UInt8(ascii: "x"), count: size - head.count - tail.count) + tail
            }
            #expect(try await hub.call(.POST, "/register/project", body: body(Limits.payloadBytes)).status == 201)
            let answer = try await hub.call(.POST, "/register/project", body: body(Limits.payloadBytes + 1))
            #expect(answer.status == 413)
            #expect(answer.code == "Orra:BodyTooLarge")
            #expect(answer.message.contains("10485760"))
            #expect(try await hub.call(.GET, "/health").json == [:])
            #expect(try await hub.call(.GET, "/ready").status == 200)
        }
    }

    @Test("members match without regard to case, and unknown ones are ignored")
    func caseOfNames() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            try await project.register("echo")
            let body: JSONValue = [
                "Action": ["Content": "Say it"], "DATA": [["Field": "text", "VALUE": nil]], "Unknown": [1, 2],
                "PLAN": TestProject.plan(("echo", ["text": "hello"])), "TimeOut": "1m30s",
                "healthcheckgraceperiod": 3_000_000,
            ]
            let answer = try await project.post("/orchestrations", body)
            #expect(answer.status == 202)
            #expect(answer.json["action"]?["content"] == "Say it")
            #expect(answer.json["data"] == [["field": "text", "value": nil]])
            #expect(answer.json["timeout"] == "1m30s")
            #expect(answer.json["healthCheckGracePeriod"] == "3ms")
            let place = try await project.post("/orchestrations", ["action": ["content": "x"], "data": [["field": 5]]])
            #expect(place.status == 400)
            #expect(place.code == "Orra:InvalidRequest")
            #expect(place.message.contains("data[0].field"), "\(place.message)")
        }
    }

    @Test("requests that say too much, too little or the same twice are 400 and name the member")
    func invalidActions() async throws {
        try await withTestHub { hub in
            let project = try await hub.makeProject()
            let field = ["field": "a", "value": 1] as JSONValue
            let cases: [(JSONValue, String)] = [
                ([:], "action: is missing"), (["action": [:]], "action.content: is missing"),
                (["action": "x"], "action: must be an object"), (["action": ["content": "  "]], "1 to 16384"),
                (["action": ["content": "x"], "data": [field, field]], "given twice"),
                (["action": ["content": "x"], "data": [["value": 1]]], "data[0].field: is missing"),
                (["action": ["content": "x"], "data": [["field": "", "value": 1]]], "1 to 128"),
                (["action": ["content": "x"], "timeout": "30"], "timeout: must be a duration"),
                (["action": ["content": "x"], "timeout": "25h"], "between"),
                (["action": ["content": "x"], "healthCheckGracePeriod": -1], "healthCheckGracePeriod"),
                (["action": ["content": "x"], "webhook": "ftp://x"], "absolute http"),
                (["action": ["content": "x"], "plan": "task1"], "plan"),
            ]
            for (body, phrase) in cases {
                let answer = try await project.post("/orchestrations", body)
                #expect(answer.status == 400, "\(phrase)")
                #expect(answer.message.contains(phrase), "\(phrase): \(answer.message)")
            }
            for url in ["", "x", "file:///etc/passwd", "http://", "https://" + String(repeating: "a", count: 3_000)] {
                #expect(try await project.post("/webhooks", ["url": .string(url)]).param == "url")
            }
            for name in ["", "   ", String(repeating: "x", count: 129)] {
                let answer = try await hub.call(.POST, "/register/project", ["name": .string(name)])
                #expect(answer.code == "Orra:ProjectRegistrationFailed")
            }
            let unknown = try await hub.call(.GET, "/nowhere")
            #expect(unknown.status == 404)
            #expect(unknown.kind == "not found")
            #expect(unknown.headers.first(name: "X-Orra-PlaneEngine-Version") != nil)
            #expect(try await project.get("/ws?serviceId=s_x").status == 403)
            #expect(try await project.get("/progress").status == 426)
        }
    }
}
