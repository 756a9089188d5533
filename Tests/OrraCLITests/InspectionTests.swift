import OrraModel
import OrraProtocol
import Testing

@testable import OrraCLI

@Suite struct InspectionTests {
    static let text = #"""
        {"id":"o_23456789ABCDEFGHJKLMNP","status":"completed","action":"Estimate order delivery",
        "timestamp":"2026-11-22T17:16:00.000Z","duration":1500000000,"results":[{"estimatedDelivery":"2024-11-10"}],
        "tasks":[{"id":"task1","serviceId":"s_a","serviceName":"inventory-tool","status":"completed","isRevertible":false,
        "duration":400000000,"attempts":1,"input":{"orderId":"ORD456"},"output":{"stock":2},"statusHistory":[
        {"id":"h1","orchestrationId":"o_1","taskId":"task1","status":"pending","timestamp":"2026-11-22T17:16:00.100Z"},
        {"id":"h2","orchestrationId":"o_1","taskId":"task1","status":"processing","timestamp":"2026-11-22T17:16:00.200Z"},
        {"id":"h3","orchestrationId":"o_1","taskId":"task1","status":"completed","timestamp":"2026-11-22T17:16:00.600Z"}]},
        {"id":"task2","serviceId":"s_b","serviceName":"delivery-agent","status":"completed","isRevertible":true,
        "duration":800000000,"attempts":2,"dependencies":["task1"],"statusHistory":[],"interimResults":[
        {"id":"i_1","timestamp":"2026-11-22T17:16:00.700Z","data":{"progress":0.5,"message":"asking carriers"}},
        {"id":"i_2","timestamp":"2026-11-22T17:16:00.900Z","data":{"carriers":["a","b"]}}]}]}
        """#

    private func inspection() throws -> Inspection {
        try WireDecoder().decode(Inspection.self, from: Array(Self.text.utf8))
    }

    private func lines(_ detail: InspectionDetail) throws -> String {
        try detail.lines(inspection(), now: CommandRun.now, width: nil)
            .map { $0.rendered(width: nil, isColored: false) }.joined(separator: "\n")
    }

    private let head = """
        ● Estimate order delivery
          o_23456789ABCDEFGHJKLMNP
          2026-11-22 17:16:00 UTC

        ┌─ Tasks
        │ ✓ inventory-tool          0.4s
        │ └─ ✓ delivery-agent       0.8s
        └─ ✓ completed in 1.5s

        """
    private let results = """

        Results
        {
          "estimatedDelivery": "2024-11-10"
        }
        """

    @Test("An inspection shows header, tasks and results")
    func plain() throws {
        #expect(try lines(InspectionDetail()) == head + results)
    }

    @Test("Details show inputs, outputs, history and attempts")
    func detailed() throws {
        #expect(
            try lines(InspectionDetail(isDetailed: true)) == head + """

                ✓ inventory-tool  task1  completed  0.4s  1 attempt
                  history
                    17:16:00.100  pending
                    17:16:00.200  processing
                    17:16:00.600  completed
                  input
                    {
                      "orderId": "ORD456"
                    }
                  output
                    {
                      "stock": 2
                    }

                ✓ delivery-agent  task2  completed  0.8s  2 attempts
                  needs  task1

                """ + results)
    }

    @Test("Updates are shortened, or whole")
    func updates() throws {
        #expect(
            try lines(InspectionDetail(updates: .shortened)) == head + """

                ✓ delivery-agent  task2
                  updates
                    17:16:00.700  50 %  asking carriers
                    17:16:00.900  {"carriers":["a","b"]}

                """ + results)
        #expect(
            try lines(InspectionDetail(updates: .whole)).contains(
                """
                    17:16:00.900
                    {
                      "carriers": [
                        "a",
                        "b"
                      ]
                    }
                """))
    }
}
