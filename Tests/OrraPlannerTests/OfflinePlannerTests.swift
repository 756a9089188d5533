import OrraModel
import OrraPlanner
import Testing

@Suite("OfflinePlanner")
struct OfflinePlannerTests {
    private let order: JSONObject = [
        "orderId": "ORD123", "customerId": "CUST456", "items": [["id": "PROD789", "quantity": 2]],
    ]

    @Test("A new order takes all that concerns it, and data flow orders it")
    func newOrder() throws {
        let outcome = Offline.plan("Process new order and arrange optimal delivery", order, Sample.shop)
        #expect(
            Set(shape(outcome, Sample.shop)) == [
                "inventory-tool", "customer-notification", "payment-service(amount<inventory-tool.amount)",
                "delivery-agent(warehouse<inventory-tool.warehouse)",
            ])
        guard let plan = outcome.plan else { return }
        #expect(plan.parameters.value == .object(order))
        #expect(plan.parallelGroups.count == 2)
        #expect(plan.tasks.allSatisfy { $0.reason?.isEmpty == false })
        #expect(
            plan.tasks.first { $0.service == Sample.notification.id }?.input == [
                .init(field: "orderId", source: .zero, sourceField: "orderId"),
                .init(field: "customerId", source: .zero, sourceField: "customerId"),
            ])
    }

    @Test("Another wording of the same shop gives the same plan")
    func rewordedShop() {
        let catalogue = [
            Sample.service(
                "billing", "Processes payments for orders with the customer's card",
                in: ["order_id", "customer_id", "total:number"], out: ["receipt"]),
            Sample.service(
                "stock-keeper", .tool, "Manages inventory: checks and sets aside all items of an order",
                in: ["order_id", "items:array"], out: ["total:number", "pickup_point"]),
            Sample.service(
                "logistics", .agent, "Finds the best carrier and arranges shipping for an order",
                in: ["order_id", "pickupPoint"], out: ["tracking"]),
            Sample.service(
                "mailer", .tool, "Sends customers a message about their order", in: ["orderId", "customerId"],
                out: ["sent:boolean"]),
        ]
        let outcome = Offline.plan("Process new order and arrange optimal delivery", order, catalogue)
        #expect(
            Set(shape(outcome, catalogue)) == [
                "stock-keeper", "mailer", "billing(total<stock-keeper.total)",
                "logistics(pickupPoint<stock-keeper.pickup_point)",
            ])
    }

    @Test("A general verb takes nothing back and looks nothing up unasked")
    func generalVerb() {
        let catalogue =
            Sample.shop + [
                Sample.service("refund-service", "Refunds an order", in: ["orderId"], out: ["refundId"]),
                Sample.service("order-canceller", "Cancels an order", in: ["orderId"], out: ["cancelled:boolean"]),
                Sample.service("order-lookup", "Looks up the status of an order", in: ["orderId"], out: ["status"]),
            ]
        let outcome = Offline.plan("Process new order", order, catalogue)
        #expect(
            Set(shape(outcome, catalogue).map { $0.prefix { $0 != "(" } }) == [
                "inventory-tool", "customer-notification", "payment-service", "delivery-agent",
            ])
    }

    @Test("A specific verb takes its own service only")
    func estimate() {
        let catalogue =
            Sample.shop + [
                Sample.service(
                    "delivery-estimator", "Estimates when an order will be delivered", in: ["orderId"],
                    out: ["estimatedDelivery"])
            ]
        let outcome = Offline.plan(
            "Estimate order delivery and notify customer", ["orderId": "ORD456", "customerId": "ABC123"], catalogue)
        #expect(shape(outcome, catalogue) == ["delivery-estimator", "customer-notification"])
    }

    @Test("A refund that must not be fraudulent is refunded and checked")
    func refund() {
        let catalogue =
            Sample.shop + [
                Sample.service(
                    "refunds", "Returns the money of an order to the customer after a refund request",
                    in: ["orderId", "fraudScore:number"], out: ["refundId"]),
                Sample.service(
                    "risk-agent", .agent, "Checks a refund for fraud", in: ["orderId"], out: ["fraudScore:number"]),
            ]
        for action in [
            "Process refund request ensuring it is not fraudulent", "Check for fraud and then refund the order",
            "Refund the order after a fraud check",
        ] {
            let outcome = Offline.plan(action, ["orderId": "ORD789"], catalogue)
            #expect(
                shape(outcome, catalogue) == ["risk-agent", "refunds(fraudScore<risk-agent.fraudScore)"], "\(action)")
        }
    }

    @Test("An action without parameters needs none if its service needs none")
    func invoices() {
        let catalogue =
            Sample.shop + [
                Sample.service(
                    "ledger", "Reconciles invoices with the bank's statements", in: ["?date"], out: ["matched:integer"])
            ]
        #expect(shape(Offline.plan("reconcile last nights invoices", [:], catalogue), catalogue) == ["ledger"])
    }

    @Test("Missing inputs bring in the services that give them")
    func delayedOrder() {
        let catalogue =
            Sample.shop + [
                Sample.service(
                    "customer-history", .tool, "Retrieves what a customer bought and wrote before", in: ["customerId"],
                    out: ["history:array"]),
                Sample.service(
                    "order-details", .tool, "Fetches the details of an order", in: ["orderId"], out: ["details:object"]),
                Sample.service(
                    "support-agent", .agent, "Helps customers with late orders by writing a friendly response",
                    in: ["history:array", "details:object"], out: ["response"]),
            ]
        let outcome = Offline.plan(
            "Help customer with delayed order", ["customerId": "CUST789", "orderId": "ORD456"], catalogue)
        #expect(
            shape(outcome, catalogue) == [
                "customer-history", "order-details",
                "support-agent(history<customer-history.history, details<order-details.details)",
            ])
    }

    @Test("Strings that are numbers bind to numbers")
    func payment() {
        let catalogue = [
            Sample.service(
                "payments", "Takes the payment for an order", in: ["orderId", "amount:number"], out: ["paymentId"]),
            Sample.service(
                "inventory", .tool, "Updates the stock of a product", in: ["productId"], out: ["left:integer"]),
            Sample.delivery,
        ]
        let outcome = Offline.plan(
            "Process order payment and update inventory",
            ["orderId": "ORD123", "amount": "299.99", "productId": "PROD456"], catalogue)
        #expect(shape(outcome, catalogue) == ["payments", "inventory"])
    }

    @Test("A single service answers to its own words")
    func echo() {
        let catalogue = [
            Sample.service("echo", "Echoes a message back to the sender", in: ["message"], out: ["echo"])
        ]
        #expect(shape(Offline.plan("Echo the message", ["message": "hi"], catalogue), catalogue) == ["echo"])
        #expect(shape(Offline.plan("Echo this message", ["message": "hi"], catalogue), catalogue) == ["echo"])
        #expect(refusal(Offline.plan("Book a flight to Paris", ["message": "hi"], catalogue)) != nil)
    }

    @Test("A chain passes each result on to the next step", arguments: [false, true])
    func chain(isReversed: Bool) {
        let catalogue = [
            Sample.service("extractor", "Extracts raw records from a source", in: ["source"], out: ["records:array"]),
            Sample.service(
                "transformer", "Transforms records into rows of a report", in: ["records:array"], out: ["rows:array"]),
            Sample.service(
                "loader", "Loads rows of a report into the sales warehouse", in: ["rows:array"], out: ["count:integer"]),
        ]
        let outcome = Offline.plan(
            "Extract, transform and load the sales report", ["source": "crm"],
            isReversed ? catalogue.reversed() : catalogue)
        #expect(
            shape(outcome, catalogue) == [
                "extractor", "transformer(records<extractor.records)", "loader(rows<transformer.rows)",
            ])
    }

    @Test("Of several sources the nearest earlier step feeds a field")
    func sameField() {
        let catalogue = [
            Sample.service("cleaner", "Cleans text", in: ["text"], out: ["text"]),
            Sample.service("reader", "Downloads a page", in: ["url"], out: ["text"]),
            Sample.service("translator", "Translates text into English", in: ["text"], out: ["text"]),
        ]
        let outcome = Offline.plan(
            "Download the page, clean the text and translate it", ["url": "https://a.b"], catalogue)
        #expect(shape(outcome, catalogue) == ["reader", "cleaner(text<reader.text)", "translator(text<cleaner.text)"])
    }

    @Test("A caller's parameter wins over an output of the same name")
    func parameterWins() {
        var parameters = order
        parameters["amount"] = 12.5
        parameters["warehouse"] = "north"
        let outcome = Offline.plan("Process new order", parameters, Sample.shop)
        #expect(Set(shape(outcome, Sample.shop)) == Set(Sample.shop.map(\.name)))
    }

    @Test("What a service requires runs too")
    func requires() {
        let catalogue = [
            Sample.service("audit-log", "Writes an entry of the books", in: ["orderId"], out: ["entry"]),
            Sample.service(
                "shipper", "Ships parcels", in: ["orderId"], out: ["tracking"], requires: ["audit-log"]),
        ]
        #expect(
            shape(Offline.plan("Ship the parcel", ["orderId": "1"], catalogue), catalogue) == ["audit-log", "shipper"])
        let refused = refusal(Offline.plan("Ship the parcel", ["orderId": "1"], [catalogue[1]]))
        #expect(refused?.contains("shipper requires 'audit-log'") == true)
    }

    @Test("Examples count as words of the service")
    func examples() {
        let catalogue =
            Sample.shop + [
                Sample.service(
                    "concierge", .agent, "Serves guests", in: ["guest"], out: ["done:boolean"],
                    examples: ["Book a flight", "Reserve a table"])
            ]
        #expect(shape(Offline.plan("Book a flight to Paris", ["guest": "A"], catalogue), catalogue) == ["concierge"])
    }

    @Test(
        "Values in the text choose nothing",
        arguments: [
            "Notify the customer 'Refund Me' at refund@example.com",
            "Notify the customer about \"the refund\" in file refund.pdf",
            "Tell the customer's wife that 'it's refunded'",
        ])
    func values(action: String) {
        let catalogue =
            Sample.shop + [Sample.service("refunds", "Refunds an order", in: ["orderId"], out: ["refundId"])]
        #expect(shape(Offline.plan(action, order, catalogue), catalogue) == ["customer-notification"])
    }

    @Test("The same request gives the same plan, in whatever order the services registered")
    func deterministic() {
        let outcome = Offline.plan("Process new order and arrange optimal delivery", order, Sample.shop)
        for shift in 1..<4 {
            let shifted = Array(Sample.shop[shift...] + Sample.shop[..<shift])
            #expect(Offline.plan("Process new order and arrange optimal delivery", order, shifted) == outcome)
        }
    }

    @Test("What it plans passes the validation of plans from outside")
    func validates() throws {
        let outcome = Offline.plan("Process new order and arrange optimal delivery", order, Sample.shop)
        guard var plan = outcome.plan else { throw PlanError.noTasks }
        let again = try PlanValidator.validate(PlanValidator.wire(plan), parameters: [:], catalogue: Sample.shop)
        #expect(again == plan)
        plan.tasks.removeAll()
        #expect(throws: PlanError.noTasks) {
            try PlanValidator.validate(PlanValidator.wire(plan), parameters: [:], catalogue: Sample.shop)
        }
    }
}
