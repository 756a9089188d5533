import OrraModel
import OrraPlanner
import Testing

@Suite("Refusals of the offline planner")
struct RefusalTests {
    private let parameters: JSONObject = ["orderId": "ORD1", "customerId": "C1", "items": []]

    private func reason(_ action: String, _ catalogue: [Service] = Sample.shop) -> String {
        refusal(Offline.plan(action, parameters, catalogue))
            ?? "planned: \(shape(Offline.plan(action, parameters, catalogue), catalogue))"
    }

    @Test("It names the part that nothing covers, and the nearest services")
    func uncovered() {
        let reason = reason("Book a flight to Paris")
        #expect(reason.contains("'Book a flight to Paris'"))
        #expect(reason.contains("flight"))
        #expect(self.reason("Notify the customer and water the plants").contains("'water the plants'"))
        #expect(
            self.reason("Charge the gold customer twice in Berlin, then launch a rocket").contains("launch a rocket"))
    }

    @Test(
        "It refuses to take back what nothing takes back",
        arguments: ["Cancel the order", "Delete the customer", "Refund the payment"])
    func foreignVerb(action: String) { #expect(reason(action).contains("no registered service covers")) }

    @Test("Of another verb that harms nothing it is not sure enough to run")
    func unknownVerb() {
        let plan = OfflinePlanner(index: CatalogueIndex(Sample.shop))
            .plan(action: "Estimate order delivery", parameters: parameters)
        #expect(plan.confidence < 0.7)
    }

    @Test("It refuses an action that asks for nothing", arguments: ["please do it", "", "and then", "123 456", "now!"])
    func nothing(action: String) { #expect(reason(action).contains("names nothing that a service could do")) }

    @Test("It says how to register a service when there is none")
    func empty() {
        let reason = reason("Process new order", [])
        #expect(reason.contains("no service is registered"))
        #expect(reason.contains("/register/service"))
    }

    @Test("It names service and field of an input that nothing gives")
    func unbound() {
        let reason = reason("Process order payment", [Sample.payment])
        #expect(
            reason.contains(
                "service payment-service needs 'amount', which no parameter, no value in the text and no other service "
                    + "gives"))
    }

    @Test("It follows a missing input to its root")
    func unboundRoot() {
        let catalogue = [
            Sample.payment, Sample.service("pricing", "Knows prices", in: ["tariff"], out: ["amount:number"]),
        ]
        let reason = reason("Process order payment", catalogue)
        #expect(reason.contains("which pricing gives, but that needs 'tariff'"))
    }

    @Test("An output of another type feeds nothing")
    func types() {
        let catalogue = [
            Sample.payment, Sample.service("pricing", "Knows prices", in: ["orderId"], out: ["amount:string"]),
        ]
        #expect(reason("Process order payment", catalogue).contains("needs 'amount'"))
    }

    @Test("A parameter that does not fit is named")
    func unsuitable() {
        let outcome = Offline.plan(
            "Reserve the ordered items in stock", ["orderId": "1", "items": "many"], Sample.shop)
        #expect(
            refusal(outcome)
                == "the parameter 'items' does not fit service inventory-tool: it must be an array, but is a string")
    }

    @Test("It does not choose by chance between equals")
    func ambiguous() {
        let catalogue = [
            Sample.service("red-line", "Red orders", in: ["orderId"], out: ["a"]),
            Sample.service("blue-line", "Blue orders", in: ["orderId"], out: ["a"]),
        ]
        #expect(
            reason("the orders", catalogue)
                == "'the orders' fits blue-line and red-line equally well: say what is to be done")
    }

    @Test("Two services that wait for each other are refused")
    func circular() {
        let catalogue = [
            Sample.service("chicken", "Lays eggs", in: ["egg"], out: ["chicken"]),
            Sample.service("egg", "Hatches chickens", in: ["chicken"], out: ["egg"]),
        ]
        #expect(reason("Lay eggs", catalogue).contains("service chicken needs 'egg'"))
    }
}
