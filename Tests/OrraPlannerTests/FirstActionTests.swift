import OrraModel
import Testing

@testable import OrraPlanner

/// The actions with which the documents began, and services that one would register for them. How sure the planner is of
/// them differs; which services it takes must not.
@Suite("The first actions of docs/actions.md")
struct FirstActionTests {
    private static let services = [
        Sample.service(
            "invoice-reconciler", "Reconciles the invoices of a day or night with the payments that came in.",
            in: ["?date"], out: ["reconciled:integer", "open:integer"], examples: ["reconcile last night's invoices"]),
        Sample.service(
            "delivery-estimator", "Estimates when an order will be delivered.", in: ["orderId"],
            out: ["estimatedDelivery"], examples: ["estimate the delivery of an order"]),
        Sample.service(
            "delivery-notice", "Notifies the customer of the estimated delivery of an order.",
            in: ["orderId", "customerId", "estimatedDelivery"], out: ["sent:boolean"], examples: ["notify the customer"]
        ),
        Sample.service(
            "fraud-check", "Checks whether a refund request is fraudulent.", in: ["orderId"],
            out: ["fraudulent:boolean", "risk:number"], examples: ["ensure that a refund request is not fraudulent"]),
        Sample.service(
            "refund-service", "Processes a refund request: pays the money for an order back to the customer.",
            in: ["orderId", "?fraudulent:boolean"], out: ["refundId"], requires: ["fraud-check"],
            examples: ["process a refund request"]),
        Sample.service(
            "order-payment", "Processes the payment of an order.", in: ["orderId", "amount:number"], out: ["paymentId"],
            examples: ["process the order payment"]),
        Sample.service(
            "stock-update", "Updates the inventory of a product after a sale.", in: ["productId", "orderId"],
            out: ["stock:integer"], examples: ["update the inventory"]),
        Sample.service(
            "customer-history", "Looks up a customer's earlier orders and conversations.", in: ["customerId"],
            out: ["history"], examples: ["look up what we know of the customer"]),
        Sample.service(
            "order-details", "Fetches the details of an order: its state, carrier and expected delivery.",
            in: ["orderId"], out: ["state", "expectedDelivery"], examples: ["where is the order"]),
        Sample.service(
            "response-agent",
            "Helps a customer with an order: writes a response from the customer's history and the details of the order.",
            in: ["history", "state", "expectedDelivery"], out: ["response"],
            requires: ["customer-history", "order-details"],
            examples: ["help the customer with a delayed order", "answer a question about an order"]),
    ]

    @Test(
        "Each is planned with the services for it",
        arguments: [
            ("reconcile last nights invoices", "", "invoice-reconciler"),
            ("Reconcile last night's invoices", "", "invoice-reconciler"),
            (
                "Estimate order delivery and notify customer", "orderId customerId",
                "delivery-estimator delivery-notice"
            ), ("Process refund request ensuring it is not fraudulent", "orderId", "fraud-check refund-service"),
            ("Process order payment and update inventory", "orderId amount productId", "order-payment stock-update"),
            (
                "Help customer with delayed order", "customerId orderId",
                "customer-history order-details response-agent"
            ),
        ])
    func planned(action: String, parameters: String, expected: String) async throws {
        let names = expected.split(separator: " ").map(String.init)
        let catalogue = Self.services.filter { names.contains($0.name) }
        var values = JSONObject()
        for name in parameters.split(separator: " ") {
            values[String(name)] = name == "amount" ? "299.99" : .string("\(name.prefix(3).uppercased())-123")
        }
        let outcome = await TestPipeline().plan(action, values, catalogue)
        let plan = try #require(outcome.plan, "\(outcome.stages.last?.summary ?? "")")
        let taken = plan.tasks.compactMap { task in catalogue.first { $0.id == task.service }?.name }
        #expect(taken.sorted() == names.sorted())
    }
}
