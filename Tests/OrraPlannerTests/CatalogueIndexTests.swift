import OrraModel
import OrraPlanner
import Testing

@Suite("CatalogueIndex")
struct CatalogueIndexTests {
    @Test("The nearest services come first, whatever their order")
    func nearest() {
        for catalogue in [Sample.shop, Sample.shop.reversed()] {
            let found = CatalogueIndex(catalogue).nearest(to: "charge the payment", limit: 2)
            #expect(found.first?.service.name == "payment-service")
            #expect(found.count <= 2)
        }
        #expect(CatalogueIndex(Sample.shop).nearest(to: "rocket", limit: 3).isEmpty)
        #expect(CatalogueIndex([]).nearest(to: "order", limit: 3).isEmpty)
        #expect(CatalogueIndex(Sample.shop).nearest(to: "order", limit: 0).isEmpty)
    }

    @Test("What is relevant brings along what it requires, and the sources of its ids")
    func relevant() {
        let catalogue =
            Sample.shop + [
                Sample.service("audit-log", "Writes the books", in: ["year"], out: ["entry"]),
                Sample.service("movie-search", "Searches movies", in: ["title"], out: ["movieId"]),
                Sample.service(
                    "ticket-office", "Sells cinema seats", in: ["movieId"], out: ["seat"], requires: ["audit-log"]),
            ]
        let found = CatalogueIndex(catalogue).relevant(to: "Sell seats", limit: 1).map(\.service.name)
        #expect(found.first == "ticket-office")
        #expect(Set(found).isSuperset(of: ["audit-log", "movie-search"]))
    }

    @Test("Examples are words of the service")
    func examples() {
        let guide = Sample.service(
            "concierge", "Serves guests", in: ["guest"], out: ["done:boolean"], examples: ["Book a table"])
        let found = CatalogueIndex(Sample.shop + [guide]).nearest(to: "book a table", limit: 1)
        #expect(found.first?.service.name == "concierge")
    }
}
