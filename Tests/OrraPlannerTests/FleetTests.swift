import OrraModel
import OrraPlanner
import Testing

@Suite("Actions among the services of several teams")
struct FleetTests {
    @Test("What runs holds the services that are meant and no other", arguments: FleetCase.shop + FleetCase.others)
    func runs(item: FleetCase) {
        let plan = OfflinePlanner(index: CatalogueIndex(item.services))
            .plan(action: item.action, parameters: item.values)
        let taken = plan.steps.map(\.service).sorted()
        let isSure = plan.draft != nil && plan.confidence >= PlanningSettings.standard.runThreshold ?? 1
        #expect(taken == item.names || !isSure, "\(item): \(plan.confidence) \(taken)")
        #expect(isSure || !item.runs, "\(item): \(plan.confidence) \(plan.refusal ?? "")")
    }

    @Test("Nothing is taken back, ended or answered that the action does not name", arguments: FleetCase.shop)
    func unasked(item: FleetCase) {
        guard item.action.hasPrefix("Process new order") else { return }
        let plan = OfflinePlanner(index: CatalogueIndex(item.services))
            .plan(action: item.action, parameters: item.values)
        let unasked = Set((Fleets.support + Fleets.refunds + Fleets.returns).map(\.name))
        #expect(unasked.isDisjoint(with: plan.steps.map(\.service)), "\(item)")
    }

    @Test(
        "What takes something back is taken when the action names it",
        arguments: [
            ("Process the cancellation of the order", "order-cancellation"),
            ("Process the chargeback for the order", "dispute-agent"),
            ("Handle the return of the order", "returns-desk"),
            ("Manage the reversal of the order", "order-reversal"),
            ("Process the refund request for the order", "refund-service"),
        ])
    func named(action: String, service: String) {
        let fleet = Fleets.demo + Fleets.returns + Fleets.refunds
        let plan = OfflinePlanner(index: CatalogueIndex(fleet)).plan(action: action, parameters: ["orderId": "ORD1"])
        #expect(plan.steps.map(\.service).contains(service), "\(plan.steps.map(\.service)) \(plan.refusal ?? "")")
        #expect(Set(plan.steps.map(\.service)).isDisjoint(with: Fleets.demo.map(\.name)))
    }

    @Test(
        "A service beside the demo's that may not come next is left out, or the plan waits for a person",
        arguments: [
            "Processes refunds of orders.", "Issues a refund for an order.", "Pays an order back.",
            "Processes requests for cancellation of an order.", "Executes order reversals.",
            "Creates a chargeback for an order.", "Service that refunds an order.", "A tool to cancel orders.",
            "Voids an order.", "Sends a credit note for an order to the customer.",
            "Customer asks for a refund of an order: decides whether to grant it.", "Charges or refunds an order.",
            "Archives orders.", "Audits orders for compliance.", "Handles complaints about an order.",
            "Writes replies to customers with order trouble.", "Answers questions on orders.", "Order status.",
            "Keeps notes on an order.", "Changes an order.", "Asks the customer to review an order.",
        ])
    func stranger(description: String) {
        let stranger = Sample.service("stranger", description, in: ["orderId"], out: ["strange"])
        let plan = OfflinePlanner(index: CatalogueIndex(Fleets.demo + [stranger])).plan(
            action: "Process new order and arrange optimal delivery",
            parameters: ["orderId": "ORD1", "customerId": "C1", "items": [["id": "P1", "quantity": 1]]])
        #expect(!plan.steps.map(\.service).contains("stranger") && plan.steps.count == 4)
    }

    // MARK: - Examples

    private static let concierge = Sample.service(
        "concierge", .agent, "Serves guests.", in: ["guestId"], out: ["done:boolean"],
        examples: ["wake the guest up early"])

    @Test(
        "An example that is the action itself, or nearly, suffices",
        arguments: ["Wake the guest up early", "wake guest up early", "Please wake the guests up early!"])
    func example(action: String) {
        let plan = OfflinePlanner(index: CatalogueIndex([Self.concierge] + Fleets.demo))
            .plan(action: action, parameters: ["guestId": "G1"])
        #expect(plan.steps.map(\.service) == ["concierge"])
        #expect(plan.confidence >= 0.7)
    }

    @Test(
        "It does not, if the action says more, or the opposite",
        arguments: ["Wake the guest up early and clean the room", "Do not wake the guest up early"])
    func anotherExample(action: String) {
        let index = CatalogueIndex([Self.concierge] + Fleets.demo)
        let exact = OfflinePlanner(index: index)
            .plan(action: "Wake the guest up early", parameters: ["guestId": "G1"]).confidence
        let plan = OfflinePlanner(index: index).plan(action: action, parameters: ["guestId": "G1"])
        #expect(plan.confidence < exact, "\(plan.confidence)")
    }

    @Test("It does not, if another service has the same")
    func sameExample() {
        let other = Sample.service(
            "night-desk", "Rings for guests.", in: ["guestId"], out: ["rung:boolean"],
            examples: ["wake a guest up early"])
        let plan = OfflinePlanner(index: CatalogueIndex([Self.concierge, other] + Fleets.demo))
            .plan(action: "Wake the guest up early", parameters: ["guestId": "G1"])
        #expect(plan.confidence < 0.7, "\(plan.confidence) \(plan.steps.map(\.service))")
    }

    // MARK: - Outputs

    @Test("An output of another meaning feeds nothing, though its type fits")
    func foreignOutput() {
        let fleet = [Fleets.demo[0]] + Fleets.bare(Fleets.office).filter { $0.name == "delivery-notice" }
        let plan = OfflinePlanner(index: CatalogueIndex(fleet)).plan(
            action: "Send the customer a message about the new order and notify him of the estimated delivery",
            parameters: ["orderId": "ORD1", "customerId": "C1"])
        #expect(!plan.steps.flatMap(\.bindings).contains { $0.source.hasSuffix("orderStatus") }, "\(plan.steps)")
    }
}
