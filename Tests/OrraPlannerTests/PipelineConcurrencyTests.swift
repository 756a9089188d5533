import OrraModel
import Testing

@testable import OrraPlanner

@Suite("PlanningPipeline under concurrent actions")
struct PipelineConcurrencyTests {
    private let action = "Charge the customer for the order"

    private func parameters(_ number: Int) -> JSONObject {
        [
            "orderId": .string("ORD\(1_000 + number)"), "customerId": .string("customer-\(number)@example.org"),
            "amount": .number(JSONNumber(7_000 + number)),
        ]
    }

    /// A plan that holds the values of the action that it was asked for, as careless models write it.
    @Sendable private static func careless(_ request: ModelRequest) -> String {
        let text = request.messages.map(\.text).joined()
        func value(after start: String) -> String {
            guard let range = text.firstRange(of: start) else { return "" }
            return start + text[range.upperBound...].prefix { $0.isNumber }
        }
        let number = value(after: "ORD1").dropFirst(4)
        return wire(
            (
                "payment-service",
                [
                    "orderId": .string("ORD1\(number)"), "customerId": "$task0.customerId", "amount": "$task0.amount",
                ]
            ))
    }

    @Test("200 actions of the same text, cold cache, slow model: one call, and each has its own values")
    func coldCache() async {
        let gate = Gate()
        let model = TestModel { (request, _) throws(ModelFault) in
            await gate.pass()
            return Self.careless(request)
        }
        let test = TestPipeline(model)
        let outcomes = await withTaskGroup(of: (Int, PlanningOutcome).self) { group in
            for number in 0..<200 {
                group.addTask { (number, await test.plan(action, parameters(number))) }
            }
            await until { await test.pipeline.flights.waitingCount == 199 }
            await gate.open()
            var outcomes: [(Int, PlanningOutcome)] = []
            for await outcome in group { outcomes.append(outcome) }
            return outcomes
        }
        #expect(model.calls == 1)
        #expect(outcomes.count == 200)
        let wrong = outcomes.filter { $0.1.values(of: 1) != parameters($0.0) }
        #expect(wrong.isEmpty)
        #expect(outcomes.filter { $0.1.origin == .model }.count == 1)
        #expect(outcomes.filter { $0.1.origin == .cache }.count == 199)
        #expect(await test.cached().count == 1)
        #expect(await test.cached().first?.uses == 199)
        // Those who come later find it.
        #expect(await test.plan(action, parameters(500)).origin == .cache)
        #expect(model.calls == 1)
    }

    @Test("Values in the text of the action are each action's own, too")
    func literals() async {
        let gate = Gate()
        let model = TestModel { (request, _) throws(ModelFault) in
            await gate.pass()
            return Self.careless(request)
        }
        let test = TestPipeline(model)
        let outcomes = await withTaskGroup(of: (Int, PlanningOutcome).self) { group in
            for number in 0..<50 {
                group.addTask {
                    let data: JSONObject = [
                        "customerId": .string("c-\(number)"), "amount": .number(JSONNumber(number)),
                    ]
                    return (number, await test.plan("Charge the customer for order ORD\(1_000 + number)", data))
                }
            }
            await until { await test.pipeline.flights.waitingCount == 49 }
            await gate.open()
            var outcomes: [(Int, PlanningOutcome)] = []
            for await outcome in group { outcomes.append(outcome) }
            return outcomes
        }
        #expect(model.calls == 1)
        for (number, outcome) in outcomes {
            #expect(outcome.values(of: 1)["orderId"] == .string("ORD\(1_000 + number)"))
            #expect(outcome.values(of: 1)["customerId"] == .string("c-\(number)"))
        }
    }

    @Test("When the one who asked is cancelled, another one asks")
    func leaderCancelled() async {
        let gate = Gate()
        let model = TestModel { (request, number) throws(ModelFault) in
            await gate.pass()
            if number == 1 { throw ModelFault(.timedOut, "cancelled") }
            return Self.careless(request)
        }
        let test = TestPipeline(model)
        let leader = Task { await test.plan(action, parameters(0)) }
        await until { model.calls == 1 }
        let followers = (1...5).map { number in Task { await test.plan(action, parameters(number)) } }
        await until { await test.pipeline.flights.waitingCount == 5 }
        leader.cancel()
        #expect(await leader.value.refusal?.kind == .plannerUnavailable)
        await gate.open()
        for (number, follower) in followers.enumerated() {
            #expect(await follower.value.values(of: 1) == parameters(number + 1))
        }
        #expect(model.calls == 2)
    }

    @Test("When the model fails once, another one asks; when it fails again, all are told")
    func leaderFails() async {
        for failures in 1...2 {
            let gate = Gate()
            let model = TestModel { (request, number) throws(ModelFault) in
                await gate.pass()
                if number <= failures { throw ModelFault(.unreachable, "connection refused") }
                return Self.careless(request)
            }
            let test = TestPipeline(model)
            let settings = PlanningSettings(runThreshold: 1.1)
            let all = (0..<6).map { number in
                Task { await test.plan(action, parameters(number), settings: settings) }
            }
            await until { await test.pipeline.flights.waitingCount == 5 }
            await gate.open()
            var outcomes: [PlanningOutcome] = []
            for task in all { outcomes.append(await task.value) }
            #expect(model.calls == 2)
            let refused = outcomes.filter { $0.refusal?.kind == .plannerUnavailable }
            #expect(refused.count == (failures == 1 ? 1 : 6))
            #expect(refused.allSatisfy { $0.refusal?.reason.contains("connection refused") == true })
            for (number, outcome) in outcomes.enumerated() where outcome.plan != nil {
                #expect(outcome.values(of: 1) == parameters(number))
            }
            #expect(await test.pipeline.flights.isIdle)
        }
    }

    @Test("One that waits can be cancelled, and the others have their plans all the same")
    func followerCancelled() async {
        let gate = Gate()
        let model = TestModel { (request, _) throws(ModelFault) in
            await gate.pass()
            return Self.careless(request)
        }
        let test = TestPipeline(model)
        let leader = Task { await test.plan(action, parameters(0)) }
        await until { model.calls == 1 }
        let one = Task { await test.plan(action, parameters(1)) }
        let other = Task { await test.plan(action, parameters(2)) }
        await until { await test.pipeline.flights.waitingCount == 2 }
        one.cancel()
        #expect(await one.value.refusal?.reason.contains("cancelled") == true)
        await gate.open()
        #expect(await leader.value.values(of: 1) == parameters(0))
        #expect(await other.value.values(of: 1) == parameters(2))
        #expect(model.calls == 1)
        #expect(await test.pipeline.flights.isIdle)
    }

    @Test("A plan that holds values of its action is shared with nobody")
    func unshareable() async {
        let gate = Gate()
        let model = TestModel { (request, _) throws(ModelFault) in
            await gate.pass()
            let own = Self.careless(request)
            let order = own.firstRange(of: "ORD1").map { own[$0.lowerBound...].prefix(7) } ?? ""
            return wire(
                (
                    "payment-service",
                    [
                        "orderId": .string("order \(order)"), "customerId": "$task0.customerId",
                        "amount": "$task0.amount",
                    ]
                ))
        }
        let test = TestPipeline(model)
        let all = (0..<4).map { number in Task { await test.plan(action, parameters(number)) } }
        await until { await test.pipeline.flights.waitingCount == 3 }
        await gate.open()
        for (number, task) in all.enumerated() {
            #expect(await task.value.values(of: 1)["orderId"] == .string("order ORD\(1_000 + number)"))
        }
        #expect(model.calls == 4)
        #expect(await test.cached().isEmpty)
    }
}
