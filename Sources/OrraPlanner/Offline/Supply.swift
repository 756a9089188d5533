import OrraModel

/// What can be had at all: from the parameters, and from services that can be fed.
struct Supply {
    private let fields: [ServiceFields]
    private let exact: Set<String>
    private let byKey: [String: String]
    private let producersByKey: [String: [Int]]
    /// In how many steps a service can run: 0 for one that the parameters suffice for. No entry: it can't be fed.
    private(set) var level: [Int: Int] = [:]

    init(fields: [ServiceFields], parameters: JSONObject) {
        self.fields = fields
        exact = Set(parameters.keys)
        byKey = Dictionary(parameters.keys.map { (ServiceFields.key($0), $0) }, uniquingKeysWith: { first, _ in first })
        var producers: [String: [Int]] = [:]
        for (entry, service) in fields.enumerated() {
            for output in service.outputs where producers[output.key]?.last != entry {
                producers[output.key, default: []].append(entry)
            }
        }
        producersByKey = producers
        fill()
    }

    /// The parameter of this name; else one of the same letters.
    func parameter(for field: ServiceFields.Field) -> String? {
        exact.contains(field.name) ? field.name : field.key.isEmpty ? nil : byKey[field.key]
    }

    /// Services with an output that fits, by number.
    func producers(of field: ServiceFields.Field) -> [(entry: Int, output: ServiceFields.Field)] {
        (producersByKey[field.key] ?? []).compactMap { entry in
            fields[entry].output(feeding: field).map { (entry, $0) }
        }
    }

    /// The first required input that neither a parameter nor a service which can run gives.
    func missing(for entry: Int) -> ServiceFields.Field? {
        fields[entry].inputs.first { field in
            field.isRequired && parameter(for: field) == nil
                && !producers(of: field).contains { $0.entry != entry && level[$0.entry] != nil }
        }
    }

    /// Forward chaining: round by round, the services whose required inputs earlier rounds give.
    private mutating func fill() {
        var waiting = Array(fields.indices)
        var round = 0
        while !waiting.isEmpty {
            let ready = waiting.filter { missing(for: $0) == nil }
            guard !ready.isEmpty else { return }
            for entry in ready { level[entry] = round }
            waiting.removeAll { level[$0] != nil }
            round += 1
        }
    }
}
