import OrraModel
import OrraPlanner
import Testing

@Suite("Binding of the offline planner")
struct OfflineBindingTests {
    private func inputs(_ action: String, _ parameters: JSONObject = [:], _ catalogue: [Service]) -> [String: JSONValue]
    {
        let plan = OfflinePlanner(index: CatalogueIndex(catalogue)).plan(action: action, parameters: parameters)
        let members = plan.draft?["tasks"]?.array?.last?["input"]?.object?.members ?? []
        return Dictionary(members.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
    }

    private let mailer = Sample.service(
        "mailer", "Sends a mail to an address", in: ["email", "subject", "?copies:integer"], out: ["sent:boolean"])

    @Test("Values of the text go where their kind belongs")
    func kinds() {
        #expect(
            inputs("Send 3 copies of a mail with the subject 'Hello' to ada@example.org", [:], [mailer])
                == ["email": "ada@example.org", "subject": "Hello", "copies": 3])
    }

    @Test("Parameters win over values of the text")
    func parametersFirst() {
        let bound = inputs(
            "Send a mail with the subject 'Hello' to ada@example.org", ["email": "bob@example.org"], [mailer])
        #expect(bound["email"] == "$task0.email")
        #expect(bound["subject"] == "Hello")
    }

    @Test("A parameter whose name shares the field's words stands in, if it fits")
    func similarName() {
        let shipper = Sample.service("shipper", "Ships orders", in: ["orderId"], out: ["tracking"])
        #expect(inputs("Ship the order", ["order": "ORD-1"], [shipper]) == ["orderId": "$task0.order"])
        #expect(inputs("Ship the order", ["order": ["id": "ORD-1"]], [shipper]).isEmpty)
    }

    @Test("A code that belongs to another noun is not taken for an id")
    func codes() {
        let tracker = Sample.service("parcel-tracker", "Tracks parcels", in: ["trackingNumber"], out: ["place"])
        let lookup = Sample.service("order-lookup", "Looks up orders", in: ["orderId"], out: ["trackingNumber"])
        let outcome = Offline.plan("Track the parcel of order ORD-1042", [:], [tracker, lookup], from: 0)
        #expect(
            shape(outcome, [tracker, lookup]) == [
                "order-lookup", "parcel-tracker(trackingNumber<order-lookup.trackingNumber)",
            ])
        #expect(Offline.plan("Track the parcel of order ORD-1042", [:], [tracker], from: 0).plan == nil)
    }

    @Test("A number is bound to numbers, and never to a text in its place")
    func types() {
        let scaler = Sample.service(
            "scaler", "Scales a cluster to replicas", in: ["replicas:integer"], out: ["done:boolean"])
        #expect(inputs("Scale the cluster to 5 replicas", [:], [scaler]) == ["replicas": 5])
        #expect(inputs("Scale the cluster to many replicas", [:], [scaler]).isEmpty)
        #expect(inputs("Scale the cluster to 2.5 replicas", [:], [scaler]).isEmpty)
    }

    @Test("A required input that nothing gives is refused by service and field, with other services named")
    func unbound() {
        let plan = OfflinePlanner(index: CatalogueIndex([mailer] + Sample.shop))
            .plan(action: "Send a mail", parameters: [:])
        #expect(plan.draft == nil)
        #expect(plan.refusal?.contains("service mailer needs 'email'") == true)
        #expect(plan.refusal?.contains("send 'email'") == true)
    }

    @Test("A missing id is had from the service that finds the thing")
    func chains() {
        let catalogue = [
            Sample.service(
                "movie-search", "Searches movies by title", in: ["title"], out: ["movieId", "year:integer"]),
            Sample.service("review-reader", "Fetches reviews of a movie", in: ["movieId"], out: ["reviews:array"]),
        ]
        let outcome = Offline.plan("Fetch reviews of the movie titled 'Heat'", [:], catalogue, from: 0)
        #expect(shape(outcome, catalogue) == ["movie-search", "review-reader(movieId<movie-search.movieId)"])
        let given = Offline.plan("Fetch reviews of the movie", ["movieId": "m1"], catalogue, from: 0)
        #expect(shape(given, catalogue) == ["review-reader"])
    }

    @Test("Requirements of requirements run too, first of all")
    func closure() {
        let catalogue = [
            Sample.service("shipper", "Ships parcels", in: ["orderId"], out: ["tracking"], requires: ["packer"]),
            Sample.service("packer", "Packs boxes", in: ["orderId"], out: ["weight:number"], requires: ["picker"]),
            Sample.service("picker", "Picks goods", in: ["orderId"], out: ["bin"]),
        ]
        let outcome = Offline.plan("Ship the parcel", ["orderId": "1"], catalogue)
        #expect(shape(outcome, catalogue) == ["picker", "packer", "shipper"])
    }

    @Test("A text that looks like a reference is no value")
    func references() {
        #expect(
            inputs("Send a mail with the subject '$task9.secret' to ada@example.org", [:], [mailer])["subject"] == nil)
    }
}
