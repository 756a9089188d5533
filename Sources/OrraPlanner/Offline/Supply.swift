import OrraModel

/// What can be had at all: from the parameters, and from services that can be fed.
struct Supply {
    private let index: CatalogueIndex
    private let given: Set<String>
    /// In how many steps a service can run: 0 for one that the parameters suffice for; `nil`: it can't be fed.
    private(set) var level: [Int?]

    private let inText: Set<String>

    init(_ index: CatalogueIndex, _ parameters: JSONObject, _ values: TextValues? = nil) {
        self.index = index
        level = Array(repeating: nil, count: index.profiles.count)
        given = Set(parameters.keys.map(ServiceField.key))
        var inText: Set<String> = []
        if let values, values.hasMarked {
            for (key, takers) in index.takers where !given.contains(key) {
                guard let taker = takers.first else { continue }
                let profile = index.profiles[taker.service]
                if values.mayGive(profile.inputs[taker.field], of: profile) { inText.insert(key) }
            }
        }
        self.inText = inText
        fill()
    }

    private func isGiven(_ field: ServiceField) -> Bool {
        given.contains(field.key) || inText.contains(field.key)
    }

    /// Services with an output that fits, by number.
    func producers(of field: ServiceField) -> [(service: Int, output: ServiceField)] {
        (index.givers[field.key] ?? []).compactMap { service in
            index.profiles[service].output(feeding: field).map { (service, $0) }
        }
    }

    /// The first required input that neither a parameter nor a service which can run gives.
    func missing(for service: Int) -> ServiceField? {
        index.profiles[service].inputs.first { field in
            field.isRequired && !isGiven(field)
                && !producers(of: field).contains { $0.service != service && level[$0.service] != nil }
        }
    }

    /// Forward chaining, from the services that the parameters suffice for to those that their outputs feed.
    private mutating func fill() {
        var open = index.requiredCounts
        for key in given.union(inText) {
            for taker in index.takers[key] ?? [] { open[taker.service] -= 1 }
        }
        var ready = open.indices.filter { open[$0] == 0 }
        var isFed = Array(repeating: false, count: index.requiredCounts.reduce(0, +))
        var told: [String: [[String]]] = [:]
        var round = 0
        while !ready.isEmpty {
            for service in ready { level[service] = round }
            var next: [Int] = []
            for output in ready.flatMap({ index.profiles[$0].outputs }) {
                // What one output of this name and these types feeds, the next one feeds no better.
                guard let takers = index.takers[output.key], told[output.key]?.contains(output.types) != true,
                    !given.contains(output.key), !inText.contains(output.key)
                else { continue }
                told[output.key, default: []].append(output.types)
                for taker in takers where level[taker.service] == nil && !isFed[taker.number] {
                    let field = index.profiles[taker.service].inputs[taker.field]
                    guard ServiceField.isCompatible(output.types, with: field.types) else { continue }
                    isFed[taker.number] = true
                    open[taker.service] -= 1
                    if open[taker.service] == 0 { next.append(taker.service) }
                }
            }
            ready = next
            round += 1
        }
    }
}
