import OrraModel
import Testing

@testable import OrraCLI

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

@Suite struct GroundingCommandTests {
    private static let yaml = """
        # Reviewed with the team.
        name: support
        domain: E-commerce support
        version: 1.0
        useCases:
          - action: Handle an inquiry about {orderId}
            params:
              orderId: ORD123
              amount: 12.50
              urgent: no
              note: "7"
            capabilities: [Look up an order, Write a response]
            intent: The customer has an answer
        constraints:
          - Verify the customer before a refund
          - (requires payment-service before refund-service)
        """

    private static func grounding(_ text: String) throws(CLIError) -> Grounding {
        try GroundingFile(path: "g.yaml", content: Array(text.utf8)).grounding
    }

    private static func fault(_ text: String) -> String? {
        do throws(CLIError) {
            _ = try grounding(text)
            return nil
        } catch {
            return error.message
        }
    }

    @Test("YAML is read with texts as texts, and the examples of parameters with their types")
    func yaml() throws {
        let grounding = try Self.grounding(Self.yaml)
        #expect(grounding.version == "1.0")
        #expect(
            grounding.useCases == [
                .init(
                    action: "Handle an inquiry about {orderId}",
                    params: [
                        "orderId": "ORD123", "amount": .number(try #require(JSONNumber(text: "12.50"))),
                        "urgent": false, "note": "7",
                    ], capabilities: ["Look up an order", "Write a response"], intent: "The customer has an answer")
            ])
        #expect(grounding.constraints.last == "(requires payment-service before refund-service)")
    }

    @Test("JSON is YAML, and names match without regard to case")
    func json() throws {
        let text = #"{"Name":"a","domain":"b","version":"2","UseCases":[{"action":"c"}]}"#
        #expect(
            try Self.grounding(text)
                == Grounding(name: "a", domain: "b", version: "2", useCases: [.init(action: "c")]))
    }

    @Test(
        "A fault is told with its line",
        arguments: [
            ("name: [a", "g.yaml: line 2, column 1: "),
            (
                "name: a\ndomain: b\nversion: 1\nuseCases:\n  - intent: x\n",
                "g.yaml: line 5: useCases[0].action: is missing"
            ),
            ("name: a\ndomain: b\nversion: 1\nuseCases: none\n", "g.yaml: line 4: useCases: must be an array"),
            ("name: a\nname: b\n", "g.yaml: line 1: name stands there twice"),
            ("- a\n", "g.yaml: the grounding: must be an object"), ("", "g.yaml: it is empty"),
            ("name: a\n---\nname: b\n", "g.yaml: line 2, column 1: "),
        ])
    func faults(text: String, start: String) throws {
        let message = try #require(Self.fault(text))
        #expect(message.hasPrefix(start), "\(message)")
    }

    @Test("What aliases come to is bounded, and so is the nesting")
    func bounded() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1...8 {
            let last = "*a\(level - 1)"
            text += "a\(level): &a\(level) [\(Array(repeating: last, count: 9).joined(separator: ", "))]\n"
        }
        #expect(Self.fault(text)?.hasSuffix("it holds too much, or nests too deep") == true)
        let deep = String(repeating: "[", count: 60) + String(repeating: "]", count: 60)
        #expect(Self.fault("name: \(deep)\n")?.hasSuffix("it holds too much, or nests too deep") == true)
        #expect(Self.fault(String(repeating: "#", count: 300 * 1_024))?.contains("at most 256 KiB") == true)
        #expect(
            throws: CLIError.self, performing: { try GroundingFile(path: "g", content: [0xFF, 0xFE, 0x41]) })
    }

    @Test("Damaged files are refused, and never crash", arguments: 0..<200)
    func fuzz(seed: Int) {
        var bytes = Array(Self.yaml.utf8)
        var state = UInt64(seed &+ 1) &* 0x9E37_79B9_7F4A_7C15
        for _ in 0..<4 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let place = Int(state >> 33) % bytes.count
            let alphabet = Array("{}[]:-,&*!|>'\"%@`#\n \t0a\u{FF}".utf8)
            bytes[place] = alphabet[Int(state >> 20) % alphabet.count]
        }
        _ = try? GroundingFile(path: "g", content: bytes)
    }

    private func with(_ hub: FakeHub, _ body: @Sendable @escaping (CommandRun) async throws -> Void) async throws {
        try await hub.run { address in
            let run = CommandRun()
            defer { run.remove() }
            try run.useProject(on: address)
            try await body(run)
        }
    }

    @Test("apply sends what the file says, and tells the line of what the hub refuses")
    func apply() async throws {
        let hub = FakeHub { asked in
            asked.body.contains(#""version":"1.0""#)
                ? .init(201, asked.body)
                : .init(
                    400,
                    #"{"error":{"kind":"validation","code":"Orra:InvalidGrounding","param":"constraints[1]","message":"no service is called refund-service"}}"#
                )
        }
        try await with(hub) { run in
            let path = try run.write("support.yaml", Self.yaml)
            #expect(await run.orra("grounding", "apply", "-f", path) == 0)
            #expect(run.output.text == "✓ support 1.0  1 use case\n")
            let wrong = try run.write("wrong.yaml", Self.yaml.replacing("version: 1.0", with: "version: 2.0"))
            #expect(await run.orra("grounding", "apply", "-f", wrong) == 2)
            #expect(
                run.errors.text == "orra: \(wrong): line 16: constraints[1]: no service is called refund-service\n")
        }
        let sent = try JSONValue(parsing: try #require(hub.requests.first).body)
        #expect(sent["useCases"]?.array?.first?["params"]?["urgent"] == false)
    }

    @Test("ls is a table; rm takes a name or --all, and not both")
    func listAndRemove() async throws {
        let hub = FakeHub { asked in
            asked.method == "DELETE"
                ? .init(204, "")
                : .init(200, #"[{"name":"support","domain":"shop","version":"1.0","useCases":[{"action":"a"}]}]"#)
        }
        try await with(hub) { run in
            #expect(await run.orra("grounding", "ls") == 0)
            #expect(
                run.output.lines == [
                    "NAME     VERSION  USE CASES  CONSTRAINTS  DOMAIN",
                    "support  1.0      1          0            shop",
                ])
            #expect(await run.orra("grounding", "rm", "support") == 0)
            #expect(await run.orra("grounding", "rm", "--all") == 0)
            #expect(await run.orra("grounding", "rm") == 2)
            #expect(await run.orra("grounding", "rm", "support", "--all") == 2)
        }
        #expect(
            hub.requests.map { "\($0.method) \($0.path)" } == [
                "GET /groundings", "DELETE /groundings/support", "DELETE /groundings",
            ])
    }

    @Test("test shows the match, how near the others come, and what is wrong; and ends with 1 without a match")
    func test() async throws {
        let hub = FakeHub { asked in
            asked.body.contains("inquiry on")
                ? .init(
                    200,
                    #"{"match":{"useCase":"Handle it","similarity":0.83},"threshold":0.62,"considered":[{"useCase":"Handle it","similarity":0.83},{"useCase":"Other","similarity":0.1}],"errors":[]}"#
                ) : .init(200, #"{"threshold":0.62,"considered":[],"errors":["it covers nothing"]}"#)
        }
        try await with(hub) { run in
            let path = try run.write("support.yaml", Self.yaml)
            #expect(await run.orra("grounding", "test", path, "An inquiry on ORD9", "-d", "orderId:ORD9") == 0)
            #expect(
                run.output.text
                    == "✓ matches Handle it\n  a match needs 0.62\n  ● 0.83  Handle it\n  ○ 0.10  Other\n")
            #expect(await run.orra("grounding", "test", path, "Sing") == 1)
            #expect(
                run.output.text.hasSuffix("✕ no use case is near enough\n  a match needs 0.62\n✕ it covers nothing\n"))
        }
        #expect(try JSONValue(parsing: hub.requests[0].body)["action"] == ["content": "An inquiry on ORD9"])
    }

    @Test("Every grounding in the documents is one that is read")
    func documents() throws {
        let page = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "docs/grounding.md")
        guard let content = try? Data(contentsOf: page) else { return }
        let parts = String(decoding: content, as: UTF8.self).split(separator: "```yaml\n").dropFirst()
        #expect(!parts.isEmpty)
        for part in parts {
            let text = try #require(part.split(separator: "```", maxSplits: 1).first)
            #expect(Self.fault(String(text)) == nil, "\(text)")
        }
        let document = try Document("docs/grounding.md")
        let yaml = try Self.grounding(document.blocks("yaml", below: "The form")[0])
        let json = try document.blocks("json", below: "The form")[0]
        #expect(try WireDecoder().decode(Grounding.self, from: Array(json.utf8)) == yaml)
    }
}
