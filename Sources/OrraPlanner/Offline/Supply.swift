import OrraModel

/// What can be had at all: from the parameters, and from services that can be fed.
struct Supply {
    private let index: CatalogueIndex
    /// By number of a key: whether the parameters or the text give it.
    private let isGiven: [Bool]
    /// In how many steps a service can run: 0 for one that the parameters suffice for; `nil`: it can't be fed.
    private(set) var level: [Int?]

    init(_ index: CatalogueIndex, _ parameters: NamedParameters, _ values: TextValues? = nil) {
        self.index = index
        level = Array(repeating: nil, count: index.profiles.count)
        var isGiven = Array(repeating: false, count: index.fields.keys.count)
        for key in parameters.keys { isGiven[key] = true }
        if let values, values.hasDistinctive {
            for (key, takers) in index.fields.takers.enumerated() where !isGiven[key] {
                guard let taker = takers.first else { continue }
                let profile = index.profiles[taker.service]
                if values.mayGive(profile.inputs[taker.field], of: profile) { isGiven[key] = true }
            }
        }
        self.isGiven = isGiven
        fill()
    }

    /// Services with an output that fits, by number.
    func producers(of field: ServiceField) -> [(service: Int, output: ServiceField)] {
        index.fields.givers[field.keyNumber].compactMap { service in
            index.profiles[service].output(feeding: field).map { (service, $0) }
        }
    }

    /// The first required input that neither a parameter nor a service which can run gives.
    func missing(for service: Int) -> ServiceField? {
        index.profiles[service].inputs.first { field in
            field.isRequired && !isGiven[field.keyNumber]
                && !producers(of: field).contains { $0.service != service && level[$0.service] != nil }
        }
    }

    /// Forward chaining, from the services that the parameters suffice for to those that their outputs feed.
    private mutating func fill() {
        var open = index.fields.requiredCounts
        for (key, takers) in index.fields.takers.enumerated() where isGiven[key] {
            for taker in takers { open[taker.service] -= 1 }
        }
        var ready = open.indices.filter { open[$0] == 0 }
        var isFed = Array(repeating: false, count: index.fields.takerCount)
        var told: [[[String]]] = Array(repeating: [], count: index.fields.keys.count)
        var round = 0
        while !ready.isEmpty {
            for service in ready { level[service] = round }
            var next: [Int] = []
            for service in ready {
                for output in index.profiles[service].outputs {
                    let key = output.keyNumber
                    // What one output of this name and these types feeds, the next one feeds no better.
                    guard !isGiven[key], !index.fields.takers[key].isEmpty, !told[key].contains(output.types) else {
                        continue
                    }
                    told[key].append(output.types)
                    for taker in index.fields.takers[key] where level[taker.service] == nil && !isFed[taker.number] {
                        let field = index.profiles[taker.service].inputs[taker.field]
                        guard ServiceField.isCompatible(output.types, with: field.types) else { continue }
                        isFed[taker.number] = true
                        open[taker.service] -= 1
                        if open[taker.service] == 0 { next.append(taker.service) }
                    }
                }
            }
            ready = next
            round += 1
        }
    }
}
