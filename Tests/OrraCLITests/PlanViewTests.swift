import OrraModel
import OrraProtocol
import Testing

@testable import OrraCLI

@Suite struct PlanViewTests {
    static let preview = #"""
        {"plan":{"tasks":[{"id":"task0","input":{"orderId":"ORD1"}},
        {"id":"task1","service":"s_a","input":{"orderId":"$task0.orderId"},"reason":"holds the \u001b[31mgoods"},
        {"id":"task2","service":"s_b","input":{"orderId":"$task0.orderId","total":"$task1.total"}},
        {"id":"task3","service":"s_c","input":{"orderId":"$task0.orderId","note":"$task1"}}]},
        "failurePoints":[
        {"taskId":"task1","serviceName":"inventory-tool","undone":[],"maybeUndone":[],
        "cannotUndo":[{"taskId":"task3","serviceName":"mailer","certain":false}]},
        {"taskId":"task2","serviceName":"payment-service","undone":[{"taskId":"task1","serviceName":"inventory-tool"}],
        "maybeUndone":[],"cannotUndo":[{"taskId":"task3","serviceName":"mailer","certain":true}]},
        {"taskId":"task3","serviceName":"mailer","undone":[],"maybeUndone":[
        {"taskId":"task2","serviceName":"payment-service"},{"taskId":"task1","serviceName":"inventory-tool"}],
        "cannotUndo":[]}]}
        """#

    private static let text = """
        ○ Ship it

        ┌─ Plan
        │ ○ inventory-tool                holds the [31mgoods
        │ └─ ○ payment-service
        │ ○ mailer
        └─ 3 tasks

        ┌─ If inventory-tool fails
        │ ✕ mailer                  can't be undone, if it has completed by then
        └─ something may stay

        ┌─ If payment-service fails
        │ ✓ inventory-tool          is undone
        │ ✕ mailer                  can't be undone
        └─ something stays

        ┌─ If mailer fails
        │ ○ payment-service         is undone, if it has completed by then
        │ ○ inventory-tool          is undone, if it has completed by then
        └─ all is undone

        """

    @Test("A plan is a tree, and for each point of failure what would be undone and what can't be")
    func plan() throws {
        let preview = try WireDecoder().decode(PlanPreview.self, from: Array(Self.preview.utf8))
        let lines = PlanView(preview, action: "Ship it").lines(now: CommandRun.now, width: nil)
        #expect(lines.map { $0.rendered(width: nil, isColored: false) + "\n" }.joined() == Self.text)
    }

    @Test("A plan of one task has nothing to undo")
    func alone() throws {
        let text = #"""
            {"plan":{"tasks":[{"id":"task1","service":"price-tool","input":{}}]},"failurePoints":[{"taskId":"task1",
            "serviceName":"price-tool","undone":[],"maybeUndone":[],"cannotUndo":[]}]}
            """#
        let preview = try WireDecoder().decode(PlanPreview.self, from: Array(text.utf8))
        let lines = PlanView(preview, action: "Price").lines(now: CommandRun.now, width: nil).map(\.text)
        #expect(lines.suffix(3) == ["", "┌─ If price-tool fails", "└─ there is nothing to undo"])
        #expect(lines.contains("└─ 1 task"))
    }

    @Test("verify plan asks for a plan, and runs nothing")
    func command() async throws {
        let hub = FakeHub { asked in
            asked.path == "/plans" && asked.body.contains("Ship")
                ? .init(200, Self.preview)
                : .init(400, #"{"error":{"kind":"validation","code":"Orra:ActionNotActionable","message":"no"}}"#)
        }
        try await hub.run { address in
            let run = CommandRun()
            defer { run.remove() }
            try run.useProject(on: address)
            #expect(await run.orra("verify", "plan", "Ship it", "-d", "orderId:ORD1") == 0)
            #expect(run.output.text == Self.text)
            #expect(await run.orra("verify", "plan", "Ship it", "--json") == 0)
            #expect(
                try JSONValue(parsing: run.output.lines.last ?? "")["failurePoints"]?.array?.count == 3)
            #expect(await run.orra("verify", "plan", "Sing") == 1)
            #expect(await run.orra("verify", "plan") == 2)
            #expect(run.errors.lines.last == #"  Say what is to be done: orra verify plan "…""#)
        }
        #expect(
            hub.requests.first?.body
                == #"{"action":{"content":"Ship it"},"data":[{"field":"orderId","value":"ORD1"}]}"#)
    }
}
