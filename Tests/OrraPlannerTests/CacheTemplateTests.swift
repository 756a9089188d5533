import OrraModel
import Testing

@testable import OrraPlanner

@Suite("PlanTemplate")
struct CacheTemplateTests {
    private let services = [
        Sample.service(
            "ticket-service", "Opens a ticket",
            in: ["?id", "?note", "?count:number", "?flag:boolean", "?extra:object"],
            out: ["ticket"]),
        Sample.service("close-service", "Closes a ticket", in: ["ticket"], out: ["done"]),
    ]

    private func template(
        _ action: String, _ parameters: JSONObject = [:], input: JSONObject, reason: String? = nil
    ) throws -> PlanTemplate {
        var first: JSONObject = ["id": "task1", "service": "ticket-service", "input": .object(input)]
        if let reason { first["reason"] = .string(reason) }
        let wire: JSONValue = [
            "tasks": [
                .object(first), ["id": "task2", "service": "close-service", "input": ["ticket": "$task1.ticket"]],
            ]
        ]
        let plan = try PlanValidator.validate(wire, parameters: parameters, catalogue: services)
        return try PlanTemplate(plan, action: LiftedText(action), parameters: parameters, catalogue: services)
    }

    private func input(_ template: PlanTemplate) -> JSONValue? { template.wire["tasks"]?.array?[0]["input"] }

    private func isKept(_ action: String, _ parameters: JSONObject, _ input: JSONObject) -> Bool {
        (try? template(action, parameters, input: input)) != nil
    }

    @Test("References and constants of the words stay, constants that are a parameter for certain become references")
    func references() throws {
        let made = try template(
            "Open a ticket, and say hello there", ["orderId": "ORD7", "express": true],
            input: ["id": "ORD7", "note": "hello there", "flag": "$task0.express"])
        #expect(input(made) == ["id": "$task0.orderId", "note": "hello there", "flag": "$task0.express"])
        #expect(made.wire["tasks"]?.array?[1]["input"] == ["ticket": "$task1.ticket"])
        #expect(made.parameters == ["orderId": "string", "express": "boolean"])
    }

    @Test("Values of the text become slots, and other actions put their own into them")
    func slots() throws {
        let made = try template("Open a ticket for ORD456 with 3 pages", input: ["id": "ORD456", "count": 3])
        #expect(input(made) == ["id": "⟦0⟧", "count": "⟦#1⟧"])
        let bound = made.bound(to: LiftedText("Open a ticket for XYZ99 with 12 pages"))
        #expect(bound?["tasks"]?.array?[0]["input"] == ["id": "XYZ99", "count": 12])
        #expect(made.bound(to: LiftedText("Open a ticket for XYZ99")) == nil)
        #expect(made.bound(to: LiftedText("Open a ticket for a@b.org with 3 pages")) == nil)
    }

    @Test(
        "What has to do with a value is not kept",
        arguments: [
            // A part of the constant, in any case, in arrays and objects.
            (["name": "Anna"], ["note": "Dear anna"]),
            (["name": "Anna"], ["extra": ["to": ["ANNA"]]]),
            (["name": "key"], ["extra": ["key": "x"]]),
            // The constant is a part, or shares a word.
            (["name": "Anna Smith"], ["note": "Anna"]),
            (["name": "Anna Smith"], ["note": "Dear Anna, hello"]),
            (["who": ["first": "Anna"]], ["note": "Anna"]),
            // Two parameters have the value, or it stands within another one as well.
            (["a": "same", "b": "same"], ["note": "same"]),
            (["a": "same", "b": ["same"]], ["note": "same"]),
            // Equal by chance, perhaps.
            (["express": true], ["flag": true]),
            (["quantity": 1], ["count": 1]),
            // Computed, or concluded from a value, perhaps.
            (["tier": "gold"], ["count": 20]),
            (["amount": 5000], ["note": "high"]),
            (["price": "19.99"], ["count": 20]),
            (["price": 19.99], ["note": "1999 cents"]),
            // The same text of another type.
            (["id": 5], ["note": "5"]),
            // It would be taken for a slot.
            ([:], ["note": "⟦0⟧"]),
        ] as [(JSONObject, JSONObject)])
    func tainted(parameters: JSONObject, input: JSONObject) {
        #expect(!isKept("Open it", parameters, input))
    }

    @Test("A value of the text within a constant is not kept either")
    func taintedLiterals() {
        #expect(!isKept("Open a ticket for ORD456", [:], ["note": "about ORD456"]))
        #expect(!isKept("Open a ticket for ORD456", ["id": "ORD456"], ["id": "ORD456"]))
        #expect(!isKept("Say \"hello Anna\"", [:], ["note": "Anna"]))
        #expect(!isKept("Order 3 and 3", [:], ["count": 3]))
    }

    @Test("Constants that nothing says are kept when there is no value to conclude them from, or the schema names them")
    func digits() throws {
        #expect(isKept("Open it", [:], ["count": 20]))
        #expect(isKept("Open it", ["flag": true], ["flag": true]))
        var service = services[0]
        service.schema.input = JSONSchema([
            "type": "object", "properties": ["count": ["type": "integer", "default": 20]],
        ])
        let plan = try PlanValidator.validate(
            ["tasks": [["id": "task1", "service": "ticket-service", "input": ["count": 20]]]],
            parameters: ["price": 19.99], catalogue: [service])
        let made = try PlanTemplate(
            plan, action: LiftedText("Open it"), parameters: ["price": 19.99], catalogue: [service])
        #expect(input(made) == ["count": 20])
    }

    @Test("Words of the action that every taker shares are no values")
    func sharedWords() {
        #expect(isKept("Refund the order", ["text": "refund soon"], ["note": "refund the order"]))
        #expect(!isKept("Settle the order", ["text": "refund soon"], ["note": "refund the order"]))
    }

    @Test("A reason that names a value is left out, another one stays")
    func reasons() throws {
        let named = try template("Open it", ["id": "ORD7"], input: ["id": "$task0.id"], reason: "opens ORD7")
        #expect(named.wire["tasks"]?.array?[0]["reason"] == nil)
        let plain = try template("Open it", ["id": "ORD7"], input: ["id": "$task0.id"], reason: "opens a ticket")
        #expect(plain.wire["tasks"]?.array?[0]["reason"] == "opens a ticket")
    }

    // MARK: - Never a value of another action

    private struct Random: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    private static let words = ["anna", "berlin", "refund", "Urgent", "blue", "Smith", "Paris", "order", "fast"]

    private func value(_ random: inout Random) -> JSONValue {
        let word = Self.words[Int.random(in: 0..<Self.words.count, using: &random)]
        switch Int.random(in: 0..<7, using: &random) {
        case 0: return .number(JSONNumber(Int.random(in: 0..<5_000, using: &random)))
        case 1: return .string("ORD\(Int.random(in: 100..<999, using: &random))")
        case 2: return .string("\(word) \(Self.words[Int.random(in: 0..<Self.words.count, using: &random)])")
        case 3: return .array([.string(word), .number(JSONNumber(Int.random(in: 0..<99, using: &random)))])
        case 4: return .object(["k": .string("\(word)-\(Int.random(in: 0..<99, using: &random))")])
        default: return .string(word)
        }
    }

    private func leaves(_ value: JSONValue) -> Set<String> {
        var texts: [String] = []
        switch value {
        case .object(let object): for member in object.members { texts += leaves(member.value) }
        case .array(let elements): for element in elements { texts += leaves(element) }
        case .string(let text): texts = [text]
        case .number(let number): texts = [number.text]
        case .null, .bool: break
        }
        return Set(texts.map { $0.lowercased() }.filter { !$0.isEmpty })
    }

    @Test("After binding for another action no value of the first one occurs, unless that one has it too")
    func property() throws {
        var kept = 0
        var slotted = 0
        for seed in 0..<1_500 {
            var random = Random(state: UInt64(seed))
            let names = ["p1", "p2", "p3"].prefix(Int.random(in: 0...3, using: &random))
            func action(_ random: inout Random) -> (text: String, parameters: JSONObject) {
                var parameters = JSONObject()
                for name in names { parameters[name] = value(&random) }
                let id = "ORD\(Int.random(in: 100..<999, using: &random))"
                let count = Int.random(in: 2..<90, using: &random)
                return ("Open a ticket for \(id) with \(count) pages", parameters)
            }
            let one = action(&random)
            let other = action(&random)
            let lifted = LiftedText(one.text)
            // A plan that mixes references, free constants, values of the action, parts and sums of them.
            var input = JSONObject()
            for field in ["id", "note", "extra", "count"] {
                let own = names.randomElement(using: &random)
                switch Int.random(in: 0..<6, using: &random) {
                case 0: input[field] = own.map { .string("$task0.\($0)") }
                case 1: input[field] = own.flatMap { one.parameters[$0] }
                case 2: input[field] = lifted.literals.randomElement(using: &random).map { .string($0.value) }
                case 3: input[field] = own.map { .string("for \(one.parameters[$0]?.text ?? "")") }
                case 4: input[field] = value(&random)
                default: input[field] = .string(["hello", "thanks a lot", "low"].randomElement(using: &random) ?? "")
                }
            }
            let open = [
                Sample.service("ticket-service", "Opens", in: [], out: ["ticket"])
            ].map { service in
                var service = service
                service.schema.input = JSONSchema(["type": "object"])
                return service
            }
            let wire: JSONValue = [
                "tasks": [["id": "task1", "service": "ticket-service", "input": .object(input)]]
            ]
            let plan = try PlanValidator.validate(wire, parameters: one.parameters, catalogue: open)
            guard
                let made = try? PlanTemplate(plan, action: lifted, parameters: one.parameters, catalogue: open)
            else { continue }
            kept += 1
            let taker = LiftedText(other.text)
            let bound = try #require(made.bound(to: taker), "seed \(seed)")
            if bound["tasks"] != made.wire["tasks"] { slotted += 1 }
            let ran = try PlanValidator.validate(bound, parameters: other.parameters, catalogue: open)
            // What the tasks get in the end.
            var got: Set<String> = []
            let values = ran.parameters.value
            for input in ran.tasks.flatMap(\.input) where input.source == .zero {
                got.formUnion(leaves(values[input.sourceField] ?? .null))
            }
            var theirs = Set(lifted.literals.map { $0.value.lowercased() })
            for member in one.parameters.members { theirs.formUnion(leaves(member.value)) }
            var ours = Set(taker.literals.map { $0.value.lowercased() })
            for member in other.parameters.members { ours.formUnion(leaves(member.value)) }
            for secret in theirs.subtracting(ours).sorted() {
                let carrier = got.subtracting(ours).first { $0.contains(secret) }
                #expect(carrier == nil, "seed \(seed): \(secret) is in \(carrier ?? "")")
            }
        }
        #expect(kept > 60)
        #expect(slotted > 30)
    }
}
