import OrraModel

/// Services that one would register together, of several teams: most of them speak of the same things, and an action
/// means few of them.
enum Fleets {
    // MARK: - A shop

    /// As in docs/examples.
    static let demo = [
        Sample.service(
            "customer-notification", .tool, "Sends the customer a message that the new order is being processed.",
            in: ["orderId", "customerId"], out: ["orderStatus"]),
        Sample.service(
            "delivery-agent", .agent, "Finds the optimal delivery for an order and arranges it with a carrier.",
            in: ["orderId", "warehouse"], out: ["deliveryTracking", "estimatedDelivery"]),
        Sample.service(
            "inventory-tool", .tool,
            "Reserves the items of an order in the nearest warehouse that has them, and tells the amount due.",
            in: ["orderId", "items:array"], out: ["warehouse", "amount:number"]),
        Sample.service(
            "payment-service", "Charges the customer's card for the amount of an order and confirms the payment.",
            in: ["orderId", "customerId", "amount:number"], out: ["paymentStatus"]),
    ]

    static let support = [
        Sample.service(
            "customer-history", .tool, "Looks up a customer's earlier orders and conversations.", in: ["customerId"],
            out: ["history"], examples: ["look up what we know of the customer"]),
        Sample.service(
            "order-details", .tool, "Fetches the details of an order: its state, carrier and expected delivery.",
            in: ["orderId"], out: ["state", "expectedDelivery"], examples: ["where is the order"]),
        Sample.service(
            "response-agent", .agent,
            "Helps a customer with an order: writes a response from the customer's history and the order's details.",
            in: ["history", "state", "expectedDelivery"], out: ["response"],
            requires: ["customer-history", "order-details"],
            examples: ["help the customer with a delayed order", "answer a question about an order"]),
    ]

    /// The same, as another person would describe them.
    static let supportInOtherWords = [
        Sample.service(
            "customer-history", .tool, "Gives a customer's past orders and tickets.", in: ["customerId"],
            out: ["history:array"]),
        Sample.service(
            "order-details", .tool, "Order details: items, carrier, delivery date.", in: ["orderId"],
            out: ["details:object"]),
        Sample.service(
            "response-agent", .agent, "Drafts a response to a customer who has trouble with an order.",
            in: ["history:array", "details:object"], out: ["response"],
            examples: ["help a customer with a delayed order"]),
    ]

    static let refunds = [
        Sample.service(
            "fraud-check", "Checks a refund request for fraud: compares it with what the customer asked for before.",
            in: ["orderId"], out: ["fraudulent:boolean", "risk:number"],
            examples: ["ensure that a refund request is not fraudulent"]),
        Sample.service(
            "refund-service", "Processes a refund request: pays the money for an order back to the customer.",
            in: ["orderId", "?fraudulent:boolean"], out: ["refundId"], requires: ["fraud-check"],
            examples: ["process a refund request"]),
    ]

    static let returns = [
        Sample.service(
            "order-cancellation", "Handles the cancellation of an order.", in: ["orderId"], out: ["cancelled:boolean"]),
        Sample.service(
            "returns-desk", "Takes an order back and sends the customer a return label.", in: ["orderId"],
            out: ["labelUrl"]),
        Sample.service(
            "dispute-agent", .agent, "Manages chargebacks for an order.", in: ["orderId"], out: ["disputeId"]),
        Sample.service("order-reversal", "Starts the reversal of an order.", in: ["orderId"], out: ["reversalId"]),
        Sample.service(
            "payout", "Gives the customer the money for an order back.", in: ["orderId"], out: ["payoutId"]),
    ]

    static let office = [
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
            "order-payment", "Processes the payment of an order.", in: ["orderId", "amount:number"], out: ["paymentId"],
            examples: ["process the order payment"]),
        Sample.service(
            "stock-update", "Updates the inventory of a product after a sale.", in: ["productId", "orderId"],
            out: ["stock:integer"], examples: ["update the inventory"]),
    ]

    // MARK: - Other trades

    static let invoices = [
        Sample.service(
            "invoice-booking", "Books an invoice in the ledger.", in: ["invoiceId", "amount:number"], out: ["entryId"]),
        Sample.service(
            "invoice-reader", .tool, "Extracts the supplier and the amount from an invoice.", in: ["invoiceId"],
            out: ["supplierId", "amount:number"]),
        Sample.service(
            "supplier-payment", "Pays the supplier of an invoice.", in: ["invoiceId", "supplierId", "amount:number"],
            out: ["transferId"]),
    ]
    static let invoicesBeside = [
        Sample.service(
            "credit-note", "Processes the reversal of an invoice and writes a credit note.", in: ["invoiceId"],
            out: ["creditNoteId"]),
        Sample.service(
            "invoice-history", .tool, "Provides the history of an invoice.", in: ["invoiceId"], out: ["history:array"]),
        Sample.service("invoice-void", "Handles invoices that are void.", in: ["invoiceId"], out: ["voided:boolean"]),
        Sample.service(
            "supplier-assistant", .agent, "Answers suppliers who ask about an invoice.", in: ["invoiceId"],
            out: ["answer"], examples: ["help the supplier with an unpaid invoice"]),
    ]

    static let tickets = [
        Sample.service(
            "ticket-assignment", "Assigns a ticket to a team.", in: ["ticketId", "category"], out: ["teamId"]),
        Sample.service(
            "ticket-classifier", .agent, "Classifies a ticket by category.", in: ["ticketId"], out: ["category"]),
        Sample.service(
            "ticket-receipt", .tool, "Confirms to the sender that the ticket was received.", in: ["ticketId"],
            out: ["sent:boolean"]),
    ]
    static let ticketsBeside = [
        Sample.service("ticket-closing", "Closes a ticket.", in: ["ticketId"], out: ["closedAt"]),
        Sample.service(
            "ticket-removal", "Runs the deletion of a ticket and its attachments.", in: ["ticketId"],
            out: ["deleted:boolean"]),
        Sample.service(
            "ticket-statistics", .tool, "Shows how many tickets there are.", in: [], out: ["count:integer"]),
        Sample.service(
            "ticket-summary", .agent, "Summarizes a ticket for its team.", in: ["ticketId"], out: ["summary"]),
    ]

    static let subscriptions = [
        Sample.service(
            "subscription-activation", "Activates a subscription.", in: ["subscriptionId"], out: ["activeSince"]),
        Sample.service(
            "subscription-billing", "Charges the first month of a subscription.", in: ["subscriptionId", "customerId"],
            out: ["paymentId"]),
        Sample.service(
            "welcome-mail", .tool, "Sends the customer a welcome for the new subscription.",
            in: ["subscriptionId", "customerId"], out: ["sent:boolean"]),
    ]
    static let subscriptionsBeside = [
        Sample.service(
            "subscription-canceller", "Processes the end of a subscription.", in: ["subscriptionId"], out: ["endsAt"]),
        Sample.service(
            "subscription-offboarding", "Revokes what a subscription gave access to.", in: ["subscriptionId"],
            out: ["revoked:integer"]),
        Sample.service(
            "subscription-pause", "Suspends a subscription for a while.", in: ["subscriptionId"], out: ["until"]),
        Sample.service(
            "retention-agent", .agent, "Helps a customer who wants to leave a subscription.",
            in: ["subscriptionId", "customerId"], out: ["offer"],
            examples: ["help the customer with an unwanted subscription"]),
    ]

    static let shipments = [
        Sample.service(
            "label-printer", .tool, "Prints the label of a shipment.", in: ["shipmentId", "carrier"], out: ["labelUrl"]
        ),
        Sample.service(
            "carrier-booking", "Books a carrier for a shipment.", in: ["shipmentId"], out: ["carrier", "pickupAt"]),
        Sample.service(
            "customs-service", "Declares a shipment to the customs.", in: ["shipmentId"], out: ["declarationId"]),
    ]
    static let shipmentsBeside = [
        Sample.service(
            "shipment-return", "Organizes the return of a shipment to its sender.", in: ["shipmentId"],
            out: ["returnId"]),
        Sample.service("shipment-status", .tool, "Knows where a shipment is.", in: ["shipmentId"], out: ["place"]),
        Sample.service(
            "claims-service", "Processes claims: reimburses the sender for a lost shipment.", in: ["shipmentId"],
            out: ["claimId"]),
        Sample.service(
            "receiver-support", .agent, "Supports receivers of a shipment.", in: ["shipmentId", "place"],
            out: ["response"], examples: ["help the receiver with a lost shipment"]),
    ]

    static let incidents = [
        Sample.service("incident-log", "Opens a log for an incident.", in: ["incidentId"], out: ["logId"]),
        Sample.service(
            "pager", .tool, "Pages the engineer on duty about an incident.", in: ["incidentId", "severity"],
            out: ["pagedAt"]),
        Sample.service(
            "incident-triage", .agent, "Sets the severity of an incident.", in: ["incidentId"], out: ["severity"]),
    ]
    static let incidentsBeside = [
        Sample.service(
            "rollback-agent", .agent, "Performs the rollback of a deployment after an incident.", in: ["incidentId"],
            out: ["rolledBack:boolean"]),
        Sample.service(
            "incident-report", .tool, "Lists what happened in an incident.", in: ["incidentId"], out: ["timeline:array"]
        ),
        Sample.service(
            "key-rotation", "Handles the revocation of keys after an incident.", in: ["incidentId"],
            out: ["revoked:integer"]),
        Sample.service(
            "communications-agent", .agent, "Advises customers who are hit by an incident.",
            in: ["incidentId", "timeline:array"], out: ["statement"],
            examples: ["help the customers with an open incident"]),
    ]

    /// Neither examples nor what is declared to run before.
    static func bare(_ services: [Service]) -> [Service] {
        services.map { service in
            var service = service
            service.examples = []
            service.requires = []
            return service
        }
    }
}
