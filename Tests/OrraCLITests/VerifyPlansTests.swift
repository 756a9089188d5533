import OrraModel
import OrraProtocol
import Testing

@testable import OrraCLI

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Plans explained, and plans scored.
@Suite struct VerifyPlansTests {
    private static let services = #"""
        {"services":[{"id":"s_a","type":"tool","name":"inventory-tool","description":"d","version":1,"revertible":false,
        "schema":{"input":{"type":"object"},"output":{"type":"object"}},"connections":[],"waiting":0},
        {"id":"s_b","type":"service","name":"payment-service","description":"d","version":1,"revertible":false,
        "schema":{"input":{"type":"object"},"output":{"type":"object"}},"connections":[],"waiting":0}]}
        """#
    private static func stage(_ confidence: Double, _ more: String = "") -> String {
        #"{"stage":"offline","result":"passed","summary":"2 of 2 phrases matched","microseconds":85,"confidence":\#(confidence)\#(more)}"#
    }
    private static func preview(
        _ verdict: String, _ confidence: Double, both: Bool = true, stage: String = ""
    ) -> String {
        let second = #",{"id":"task2","service":"s_b","input":{"total":"$task1.total"}}"#
        let planner = verdict == "refused" ? #""reason":"too unsure""# : #""planner":"offline""#
        return
            #"{"plan":{"tasks":[{"id":"task0","input":{}},{"id":"task1","service":"s_a","input":{}}\#(both ? second : "")]},"failurePoints":[],"verdict":"\#(verdict)",\#(planner),"confidence":\#(confidence),"planHash":"h","stages":[\#(Self.stage(confidence, stage))]}"#
    }

    private func with(_ hub: FakeHub, _ body: @Sendable @escaping (CommandRun) async throws -> Void) async throws {
        try await hub.run { address in
            let run = CommandRun()
            defer { run.remove() }
            try run.useProject(on: address)
            try await body(run)
        }
    }

    @Test(
        "verify plan --explain shows each stage: what was looked at, why each step is there, what is unused, the cost")
    func explain() async throws {
        let more = #"""
            ,"considered":[{"service":"inventory-tool","score":0.92,"chosen":true},{"service":"mailer","score":0.4,
            "chosen":false}],"steps":[{"task":"task1","service":"inventory-tool","reason":"'check the stock' names it",
            "bindings":[{"field":"orderId","source":"$task0.orderId","reason":"same name"}]}],"unused":["quickly"],
            "usage":{"model":"small","promptTokens":812,"completionTokens":64,"microcost":1200,"requests":2}
            """#
        let hub = FakeHub { _ in .init(200, Self.preview("confirmation", 0.54, both: false, stage: more)) }
        try await with(hub) { run in
            #expect(await run.orra("verify", "plan", "Check it", "--explain") == 0)
            #expect(
                run.output.text == """
                    ○ Check it

                    ┌─ Plan
                    │ ○ s_a
                    └─ 1 task

                    planned: offline, confidence 0.54
                    It would wait for confirmation before it runs.

                    ┌─ Planning
                    │ ✓ offline      2 of 2 phrases matched  85µs  confidence 0.54
                    │     small: 2 requests, 812 + 64 tokens, cost 0.0012
                    │     ● 0.92  inventory-tool
                    │     ○ 0.40  mailer
                    │     task1  inventory-tool  'check the stock' names it
                    │       orderId ← $task0.orderId  same name
                    │     unused: quickly
                    └─ 85µs

                    """)
        }
        #expect(hub.requests.map(\.body) == [#"{"action":{"content":"Check it"},"explain":true}"#])
    }

    @Test("A refused action is explained, too, and ends with 1")
    func refused() async throws {
        let hub = FakeHub { _ in .init(200, Self.preview("refused", 0.2)) }
        try await with(hub) { run in
            #expect(await run.orra("verify", "plan", "Sing", "--explain") == 1)
            #expect(run.output.text.hasPrefix("⊘ Sing\n\n┌─ Plan\n"))
            #expect(run.output.text.contains("\ntoo unsure\n\n┌─ Planning\n"))
        }
    }

    private static let cases = #"""
        {"cases":[
        {"action":"right","params":{"orderId":"ORD1"},"expected":{"tasks":[
        {"id":"t0","service":"inventory-tool","deps":[]},{"id":"t1","service":"payment-service","deps":["t0"]}]}},
        {"action":"draft","data":[{"field":"orderId","value":"ORD1"}],"expected":{"tasks":[
        {"id":"a","service":"inventory-tool"},{"id":"b","service":"payment-service","deps":[0]}]}},
        {"action":"half","expected":{"tasks":[
        {"id":"t0","service":"inventory-tool"},{"id":"t1","service":"payment-service","deps":["t0"]}]}},
        {"action":"none","expected":{"tasks":[{"id":"t0","service":"inventory-tool"}]}},
        {"action":"fly","actionable":false},{"action":"sing","actionable":false}]}
        """#

    private static func answer(_ asked: FakeHub.Asked) -> FakeHub.Answer {
        func has(_ word: String) -> Bool { asked.body.contains(#""content":"\#(word)""#) }
        if asked.path == "/services" { return .init(200, services) }
        if has("right") { return .init(200, preview("run", 0.92)) }
        if has("draft") { return .init(200, preview("confirmation", 0.51)) }
        if has("half") { return .init(200, preview("confirmation", 0.42, both: false)) }
        if has("sing") { return .init(200, preview("refused", 0.22, both: false)) }
        return .init(400, #"{"error":{"kind":"validation","code":"Orra:ActionNotActionable","message":"no"}}"#)
    }

    @Test("verify plans scores a file of cases at the thresholds in force")
    func score() async throws {
        let hub = FakeHub(answer: Self.answer)
        try await with(hub) { run in
            let path = try run.write("cases.json", Self.cases)
            #expect(await run.orra("verify", "plans", path) == 0)
            #expect(
                run.output.lines == [
                    "MEASURE              VALUE",
                    // 5 of 5 predicted services are right, of 7 expected.
                    "node F1              83.3 %  the right services",
                    "edge F1              80.0 %  the right outputs handed on",
                    "exact                50.0 %  2 of 4 plans as expected",
                    "run at once          1       of 4", "wait for a yes       2       of 4",
                    "refused              1       of 4",
                    "impossible, refused  2       of 2 that the services can't do",
                ])
            let shown = try Document("docs/cli.md").blocks("text", below: "orra verify plans")[0]
            #expect(run.output.text == shown)
            #expect(await run.orra("verify", "plans", path, "--wrong") == 0)
            #expect(
                run.output.text.contains(
                    """
                    ✕ half
                      expected  inventory-tool; payment-service ← inventory-tool
                      came      inventory-tool

                    ✕ none
                      expected  inventory-tool
                      came      refused

                    """))
        }
        let sent = hub.requests.filter { $0.path == "/plans" }.map(\.body)
        #expect(sent.allSatisfy { $0.contains(#""explain":true"#) })
        #expect(sent.count { $0.contains(#""data":[{"field":"orderId","value":"ORD1"}]"#) } == 4)
    }

    @Test("--calibrate recommends the lowest thresholds that fit the cases, with the command that sets them")
    func calibrate() async throws {
        try await with(FakeHub(answer: Self.answer)) { run in
            let path = try run.write("cases.json", Self.cases)
            #expect(await run.orra("verify", "plans", path, "--calibrate") == 0)
            let lines = run.output.lines
            #expect(lines.contains("0.00       75.0 %    66.7 %   1            1"))
            #expect(lines.contains("0.25       75.0 %    66.7 %   1            0"))
            #expect(lines.contains("0.45       50.0 %    100.0 %  0            0"))
            #expect(lines.last == "  orra projects planning --run-threshold 0.45 --draft-threshold 0.25")
            #expect(await run.orra("verify", "plans", path, "--calibrate", "--json") == 0)
            let json = try JSONValue(parsing: run.output.lines.last ?? "")
            #expect(json["recommended"]?["run"]?.number?.double == 0.45)
            #expect(json["calibration"]?.array?.count == 21)
        }
    }

    @Test("Where no threshold fits it says so, and what helps")
    func nothingFits() {
        let outcomes = (0..<4).map { number in
            var outcome = PlanCaseOutcome(
                Self.made(expected: "a"),
                PlanPreview(
                    plan: ["tasks": [["id": "task1", "service": "b"]]], failurePoints: [], planner: .offline,
                    confidence: Double(number) / 4), names: [:])
            outcome.confidence = Double(number) / 4
            return outcome
        }
        let calibration = PlanCalibration(outcomes: outcomes)
        #expect(calibration.recommended == nil)
        #expect(calibration.lines.last?.text.hasPrefix("Better descriptions") == true)
        #expect(calibration.rows.allSatisfy { $0.exact == 0 })
    }

    @Test("Plans of a model are left out of the calibration, and told")
    func modelPlans() {
        let preview = PlanPreview(
            plan: ["tasks": [["id": "task1", "service": "a"]]], failurePoints: [], planner: .model)
        let calibration = PlanCalibration(outcomes: [PlanCaseOutcome(Self.made(expected: "a"), preview, names: [:])])
        #expect(calibration.rows.allSatisfy { $0.coverage == 0 })
        #expect(calibration.lines.contains { $0.text.hasPrefix("1 cases were not planned offline") })
    }

    private static func made(expected: String) -> PlanCase {
        let text = #"{"cases":[{"action":"x","expected":{"tasks":[{"service":"\#(expected)"}]}}]}"#
        guard let made = try? PlanCases(path: "c", content: Array(text.utf8)).cases.first else {
            preconditionFailure("the case is not read")
        }
        return made
    }

    @Test(
        "A file of cases with a fault is refused with the place",
        arguments: [
            (#"{"cases":[]}"#, "c.json: there must be 1 to 10000 cases, but there are 0"),
            (
                #"{"cases":[{"action":"x"}]}"#,
                #"c.json: cases[0].expected: needs tasks, or "actionable": false beside it"#
            ),
            (#"{"cases":[{"actionable":false}]}"#, "c.json: cases[0].action: is missing"),
            ("[]", "c.json: the file: must be an object, but is array"),
        ])
    func faults(text: String, message: String) {
        #expect {
            try PlanCases(path: "c.json", content: Array(text.utf8))
        } throws: {
            ($0 as? CLIError)?.message == message
        }
    }

    @Test("The product's own cases, and those in the documents, are read")
    func documents() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let product = root.appending(path: "Tests/OrraPlannerTests/Fixtures/cases/cases.json")
        #expect(try PlanCases(path: "c", content: Array(Data(contentsOf: product))).cases.count >= 100)
        let pages = try ["docs/planning-cases.md", "docs/cli.md"].map {
            String(decoding: try Data(contentsOf: root.appending(path: $0)), as: UTF8.self)
        }
        var examples: [String] = []
        for page in pages {
            for part in page.split(separator: "```json\n").dropFirst() {
                let example = String(part.split(separator: "```", maxSplits: 1).first ?? "")
                if example.contains("\"action\":") { examples.append(example) }
            }
        }
        #expect(examples.count >= 4)
        for example in examples {
            let file = example.contains("\"cases\":") ? example : "{\"cases\":[\(example)]}"
            #expect(throws: Never.self) { try PlanCases(path: "c", content: Array(file.utf8)) }
        }
    }

    @Test("Times, costs and shares are written shortly")
    func words() {
        #expect(PlanText.time(microseconds: 85) == "85µs")
        #expect(PlanText.time(microseconds: 1_750) == "1.7ms")
        #expect(PlanText.time(microseconds: 2_100_000) == "2.1s")
        #expect(PlanText.cost(microcost: 1_200) == "0.0012")
        #expect(PlanText.cost(microcost: 5_000_000) == "5.00")
        #expect(PlanText.decimal(0.6999) == "0.70")
        #expect(PlanText.decimal(-0.25) == "-0.25")
        #expect(PlanText.decimal(.nan) == "–")
    }
}
