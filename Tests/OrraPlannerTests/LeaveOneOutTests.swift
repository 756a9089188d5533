import OrraModel
import OrraPlanner
import Testing

@testable import PlanBench

@Suite("LeaveOneOut")
struct LeaveOneOutTests {
    private static let pack = CasePack(
        catalogues: [
            ("shop", services(["charge-payment": "Charges a customer", "send-mail": "Sends a mail"])),
            ("travel", services(["book-hotel": "Books a hotel", "rent-car": "Rents a car"])),
            ("media", services(["play-song": "Plays a song", "stop-player": "Stops the player"])),
            ("lonely", services(["tell-joke": "Tells a joke"])),
        ],
        cases: [
            item("shop", "Charge the payment", "charge-payment"), item("shop", "Send the mail", "send-mail"),
            item("travel", "Book a hotel", "book-hotel"), item("travel", "Rent a car", "rent-car"),
            item("media", "Play a song", "play-song"), item("shop", "Paint the fence", nil),
            item("lonely", "Mow the lawn", nil),
        ])

    private static func services(_ descriptions: [String: String]) -> [Service] {
        descriptions.sorted { $0.key < $1.key }.enumerated().map { number, service in
            CasePack.service(["name": .string(service.key), "description": .string(service.value)], number: number)
        }
    }

    private static func item(_ catalogue: String, _ action: String, _ service: String?) -> CasePack.Case {
        CasePack.Case(
            id: "\(catalogue): \(action)", domain: catalogue,
            source: service == nil ? "composed" : catalogue == "shop" ? "ours" : "theirs", catalogue: catalogue,
            action: action, parameters: [:], isActionable: service != nil, scoresEdges: true,
            expected: service.map { [PlanScore.Task(service: $0, dependencies: [])] } ?? [])
    }

    @Test(
        "fits to no case of the unit that is left out, and plans every case once",
        arguments: [LeaveOneOut.Unit.catalogue, .source])
    func folds(unit: LeaveOneOut.Unit) {
        var seen: [[CasePack.Case]] = []
        let measurement = LeaveOneOut(pack: Self.pack, unit: unit) { cases in
            seen.append(cases)
            return PlannerWeights()
        }
        let folds = measurement.folds()
        #expect(
            folds.map(\.name)
                == (unit == .catalogue
                    ? ["shop", "travel", "media", "impossible actions only"]
                    : ["ours", "theirs", "impossible actions only"]))
        for (fold, fitted) in zip(folds, seen) {
            let left = Set(fold.answers.map(\.item.catalogue))
            #expect(!fitted.isEmpty)
            #expect(!fitted.contains { left.contains($0.catalogue) })
            if unit == .source { #expect(!fitted.contains { $0.isActionable && $0.source == fold.name }) }
        }
        #expect(folds.flatMap(\.answers).map(\.item.id).sorted() == Self.pack.cases.map(\.id).sorted())
    }

    @Test("a fit plans no case but those that it is given, and gives the same weights every time")
    func fit() {
        let given = Self.pack.cases.filter { $0.catalogue != "shop" }
        var planned: Set<String> = []
        func weights() -> PlannerWeights {
            WeightFit { cases, weights in
                planned.formUnion(cases.map(\.id))
                return Self.pack.plan(cases, weights: weights)
            }.weights(for: given)
        }
        let first = weights()
        #expect(planned == Set(given.map(\.id)))
        #expect(first == weights())
        #expect(first.evidence != PlannerWeights().evidence)
    }

    @Test("the product's weights are the default, and others make other plans")
    func weights() {
        let product = Self.pack.plan().map(\.plan)
        #expect(product == Self.pack.plan(weights: PlannerWeights()).map(\.plan))
        #expect(product.contains { !$0.graph.isEmpty })
        var strict = PlannerWeights()
        strict.segmentation.plain = 100
        #expect(Self.pack.plan(weights: strict).allSatisfy { $0.plan.graph.isEmpty })
        var sure = PlannerWeights()
        sure.confidence.features[0] = 100
        #expect(Self.pack.plan(weights: sure).contains { $0.plan.confidence > 0.999 })
    }

    @Test("every fitted weight is one of its own, and starts where the product's value does not tell")
    func coordinates() {
        let all = FittedWeights.all
        #expect(Set(all.map(\.path)).count == all.count)
        #expect(Set(all.map(\.start)) == [0.5, 0.1, -0.1, 1, -1, 2])
        #expect(FittedWeights.start.confidence.features.allSatisfy { $0 == 0 })
    }
}

@Suite("WeightSearch")
struct WeightSearchTests {
    private let coordinates = [
        FittedWeights.Coordinate(path: \.evidence.context, start: 0.5, step: 0.25),
        FittedWeights.Coordinate(path: \.evidence.previous, start: 0.5, step: 0.25),
    ]

    private func distance(_ weights: PlannerWeights) -> Double {
        abs(weights.evidence.context - 0.8) + abs(weights.evidence.previous + 0.1)
    }

    @Test("finds the top of a hill")
    func hill() {
        let found = WeightSearch(coordinates: coordinates, rounds: 6).best(from: FittedWeights.start) { -distance($0) }
        #expect(distance(found) < 0.05)
    }

    @Test("tries no more often than the budget says, and keeps what gains nothing")
    func budget() {
        var tries = 0
        let found = WeightSearch(coordinates: coordinates, budget: 5).best(from: FittedWeights.start) { _ in
            tries += 1
            return 1
        }
        #expect(tries == 5)
        #expect(found == FittedWeights.start)
    }
}

@Suite("ConfidenceFit")
struct ConfidenceFitTests {
    private func example(_ value: Double, _ isRight: Bool) -> ConfidenceFit.Example {
        .init(signals: [1, value] + Array(repeating: 0, count: 17), isRight: isRight)
    }

    @Test("learns which signal speaks for a plan, and how often plans are right")
    func learns() {
        let told = (0..<20).map { example($0 < 10 ? 0 : 1, $0 >= 10) }
        let fitted = ConfidenceFit().weights(told)
        #expect(fitted.features[1] > 1)
        #expect(fitted.features[2] == 0)
        let even = ConfidenceFit(ridge: 0).weights((0..<40).map { example(0, $0 < 30) })
        #expect(abs(even.features[0] - 1.0986) < 0.01)
    }

    @Test("weighs nothing where there is nothing to learn from")
    func nothing() {
        let fitted = ConfidenceFit().weights([.init(signals: [], isRight: true)])
        #expect(fitted.features.allSatisfy { $0 == 0 })
    }
}
