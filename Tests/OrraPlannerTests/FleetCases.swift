import OrraModel

/// An action in a fleet, and the services that it means.
struct FleetCase: Sendable, CustomStringConvertible {
    var action: String
    var parameters: String
    var fleet: String
    var services: [Service]
    var expected: String
    /// Clear enough to run; else it may be a draft, but may not run with other services.
    var runs = true

    var description: String { "\(action) (\(fleet))" }
    var names: [String] { expected.split(separator: " ").map(String.init).sorted() }

    var values: JSONObject {
        var values = JSONObject()
        for name in parameters.split(separator: " ").map(String.init) {
            values[name] =
                switch name {
                case "amount": "299.99"
                case "items": [["id": "PROD789", "quantity": 2]]
                default: .string("\(name.prefix(3).uppercased())-123")
                }
        }
        return values
    }
}

extension FleetCase {
    private static let newOrder = "Process new order and arrange optimal delivery"
    private static let order = "orderId customerId items"
    private static let demo = "customer-notification delivery-agent inventory-tool payment-service"
    private static let mixed = Fleets.demo + Fleets.support + Fleets.refunds + Fleets.office

    /// With examples and requirements as declared, and without.
    private static func both(
        _ action: String, _ parameters: String, _ fleet: String, _ services: [Service], _ expected: String,
        _ runs: Bool = true, bare: Bool? = nil
    ) -> [FleetCase] {
        [
            FleetCase(
                action: action, parameters: parameters, fleet: fleet, services: services, expected: expected, runs: runs
            ),
            FleetCase(
                action: action, parameters: parameters, fleet: "bare \(fleet)", services: Fleets.bare(services),
                expected: expected, runs: bare ?? runs),
        ]
    }

    static let shop: [FleetCase] =
        both(newOrder, order, "demo", Fleets.demo, demo)
        + both(newOrder, order, "demo, support", Fleets.demo + Fleets.support, demo)
        + both(newOrder, order, "demo, other support", Fleets.demo + Fleets.supportInOtherWords, demo)
        + both(newOrder, order, "demo, refunds", Fleets.demo + Fleets.refunds, demo)
        + both(newOrder, order, "demo, returns", Fleets.demo + Fleets.returns, demo)
        + both(newOrder, order, "demo, support, refunds", Fleets.demo + Fleets.support + Fleets.refunds, demo)
        // Two services take the payment: a person has to decide.
        + both(newOrder, order, "mixed", mixed, demo, false)
        // Whether the delivery belongs to it, a person has to decide.
        + both("Process new order", order, "demo, support", Fleets.demo + Fleets.support, demo, false)
        + both(
            "Help customer with delayed order", "orderId customerId", "mixed", mixed,
            "customer-history order-details response-agent", true, bare: false)
        + both(
            "Help customer with delayed order", "orderId customerId", "other support",
            Fleets.demo + Fleets.supportInOtherWords + Fleets.office,
            "customer-history order-details response-agent", true, bare: false)
        + both(
            "Process order payment and update inventory", "orderId amount productId", "mixed", mixed,
            "order-payment stock-update")
        + both(
            "Process refund request ensuring it is not fraudulent", "orderId", "mixed", mixed,
            "fraud-check refund-service", false)
        + both(
            "Estimate order delivery and notify customer", "orderId customerId", "mixed", mixed,
            "delivery-estimator delivery-notice")

    static let others: [FleetCase] =
        both(
            "Process the new invoice", "invoiceId", "invoices", Fleets.invoices + Fleets.invoicesBeside,
            "invoice-booking invoice-reader supplier-payment")
        + both(
            "Handle the new ticket", "ticketId", "tickets", Fleets.tickets + Fleets.ticketsBeside,
            "ticket-assignment ticket-classifier ticket-receipt")
        + both(
            "Process new subscription", "subscriptionId customerId", "subscriptions",
            Fleets.subscriptions + Fleets.subscriptionsBeside,
            "subscription-activation subscription-billing welcome-mail")
        + both(
            "Handle the new shipment", "shipmentId", "shipments", Fleets.shipments + Fleets.shipmentsBeside,
            "carrier-booking customs-service label-printer")
        + both(
            "Manage the incident", "incidentId", "incidents", Fleets.incidents + Fleets.incidentsBeside,
            "incident-log incident-triage pager")
        + [
            FleetCase(
                action: "Help supplier with unpaid invoice", parameters: "invoiceId", fleet: "invoices",
                services: Fleets.invoices + Fleets.invoicesBeside, expected: "supplier-assistant"),
            FleetCase(
                action: "Help customer with the unwanted subscription", parameters: "subscriptionId customerId",
                fleet: "subscriptions", services: Fleets.subscriptions + Fleets.subscriptionsBeside,
                expected: "retention-agent"),
            FleetCase(
                action: "Help the receiver with a lost shipment", parameters: "shipmentId", fleet: "shipments",
                services: Fleets.shipments + Fleets.shipmentsBeside, expected: "receiver-support shipment-status"),
            FleetCase(
                action: "Help customers with open incident", parameters: "incidentId", fleet: "incidents",
                services: Fleets.incidents + Fleets.incidentsBeside, expected: "communications-agent incident-report"),
        ]
}
