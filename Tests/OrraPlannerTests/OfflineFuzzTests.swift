import OrraModel
import OrraPlanner
import Testing

@Suite("Random actions for the offline planner")
struct OfflineFuzzTests {
    private struct Dice: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = state
            value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
            return value ^ (value >> 31)
        }
    }

    private static let words = [
        "order", "customer", "charge", "refund", "notify", "the", "a", "and", "then", "before", ",", ".", "if", "after",
        "first", "with", "to", "from", "ORD-17", "ada@example.org", "\"quoted text\"", "'open", "2024-03-01", "42",
        "$9.50",
        "https://example.com", "#tag", "items", "stock", "deliver", "process", "new", "cancel", "ünïcode", "日本", "⟦0⟧",
        "⟦",
        "\n", ":", "(", "it", "that", "I have", "is", "please", "warehouse", "amount", "payment", "text:", "$task1.x",
        "\u{0}",
    ]

    private static let types = ["string", "number", "integer", "boolean", "array", "object"]

    private func catalogue(_ count: Int, _ dice: inout Dice) -> [Service] {
        let nouns = ["order", "customer", "movie", "report", "ticket", "parcel", "invoice", "file"]
        let verbs = ["find", "charge", "send", "cancel", "build", "check", "ship", "read"]
        func field() -> String {
            let name =
                "\(nouns.randomElement(using: &dice) ?? "")\(["Id", "Name", "Url", "Total", ""].randomElement(using: &dice) ?? "")"
            let mark = Bool.random(using: &dice) ? "?" : ""
            return "\(mark)\(name):\(Self.types.randomElement(using: &dice) ?? "string")"
        }
        return (0..<count).map { number in
            let verb = verbs.randomElement(using: &dice) ?? ""
            let noun = nouns.randomElement(using: &dice) ?? ""
            let requires = Int.random(in: 0..<8, using: &dice) == 0 ? ["\(nouns[0])-\(number / 2)"] : []
            return Sample.service(
                "\(noun)-\(number)", "\(verb)s the \(noun) of a \(nouns.randomElement(using: &dice) ?? "")",
                in: (0..<Int.random(in: 0...4, using: &dice)).map { _ in field() },
                out: (0..<Int.random(in: 0...4, using: &dice)).map { _ in field().replacing("?", with: "") },
                requires: requires)
        }
    }

    private func services(_ count: Int, _ dice: inout Dice) -> [Service] {
        catalogue(count, &dice).enumerated().map { number, service in
            var service = service
            service.id = ServiceID("s_\(number)")
            return service
        }
    }

    @Test("500 of them never crash, and every draft is a valid plan")
    func drafts() {
        var dice = Dice(state: 7)
        var planned = 0
        for round in 0..<500 {
            let catalogue = round % 3 == 0 ? Sample.shop : services(Int.random(in: 1...12, using: &dice), &dice)
            let action = (0..<Int.random(in: 0...40, using: &dice))
                .map { _ in Self.words.randomElement(using: &dice) ?? "" }.joined(separator: " ")
            var parameters = JSONObject()
            for name in ["orderId", "customerId", "amount", "items", "movieName"] where Bool.random(using: &dice) {
                parameters[name] = [.string("x"), 3, .array([]), .bool(true)].randomElement(using: &dice)
            }
            let plan = OfflinePlanner(index: CatalogueIndex(catalogue)).plan(action: action, parameters: parameters)
            #expect(plan.confidence >= 0 && plan.confidence <= 1)
            #expect((plan.draft == nil) == (plan.refusal != nil))
            for (number, node) in plan.graph.enumerated() { #expect(node.dependencies.allSatisfy { $0 < number }) }
            guard let draft = plan.draft else { continue }
            planned += 1
            do {
                _ = try PlanValidator.validate(draft, parameters: parameters, catalogue: catalogue)
            } catch {
                Issue.record("\(round): \(error) in \(draft.text) for '\(action)'")
            }
        }
        #expect(planned > 20)
    }

    @Test("The same request gives the same plan, in whatever order the services registered")
    func order() {
        var dice = Dice(state: 11)
        for _ in 0..<40 {
            let catalogue = services(12, &dice)
            let action = (0..<16).map { _ in Self.words.randomElement(using: &dice) ?? "" }.joined(separator: " ")
            let plan = OfflinePlanner(index: CatalogueIndex(catalogue)).plan(
                action: action, parameters: ["orderId": "1"])
            let other = OfflinePlanner(index: CatalogueIndex(catalogue.shuffled(using: &dice)))
                .plan(action: action, parameters: ["orderId": "1"])
            #expect(plan == other)
        }
    }

    @Test("16 KiB of anything over 1,000 services come to an end")
    func bounds() {
        var dice = Dice(state: 3)
        let index = CatalogueIndex(services(1_000, &dice))
        let planner = OfflinePlanner(index: index)
        let mixed = (0..<3_000).map { _ in Self.words.randomElement(using: &dice) ?? "" }.joined(separator: " ")
        for text in [
            mixed, String(repeating: "charge the order, ", count: 900), String(repeating: "'", count: 16_384),
            String(repeating: "a", count: 16_384), String(repeating: "⟦0⟧", count: 5_000),
            String(repeating: "1", count: 16_384),
        ] {
            let plan = planner.plan(action: String(text.prefix(16_384)), parameters: [:])
            #expect(plan.considered.count <= 20)
        }
    }
}
