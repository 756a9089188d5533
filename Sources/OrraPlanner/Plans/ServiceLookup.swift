import OrraModel

/// Services of a catalogue by id. A plan of a few tasks walks the list: a table of a large catalogue would cost each
/// action more than it saves.
struct ServiceLookup {
    private let catalogue: [Service]
    private let table: [ServiceID: Service]?

    private static let walks = 16

    init(_ catalogue: [Service], tasks: Int) {
        self.catalogue = catalogue
        table =
            tasks > Self.walks
            ? Dictionary(catalogue.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first }) : nil
    }

    subscript(id: ServiceID) -> Service? {
        guard let table else { return catalogue.first { $0.id == id } }
        return table[id]
    }
}
