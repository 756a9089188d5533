/// Which services give and take which fields, by the numbers of the fields' keys.
struct FieldIndex: Sendable {
    /// A required input.
    struct Taker: Sendable {
        var service: Int
        /// Its number among the service's inputs, and among all required inputs.
        var field: Int
        var number: Int
    }

    let keys: FieldKeys
    /// The services with an output of this name at any depth.
    private let producers: [[Int]]
    /// The services with an output of this name that a plan can refer to.
    let givers: [[Int]]
    /// The services with a required input of this name.
    let takers: [[Taker]]
    /// How many required inputs each service has, and how many there are in all.
    let requiredCounts: [Int]
    let takerCount: Int

    init(_ profiles: [ServiceProfile], _ keys: FieldKeys) {
        var producers: [[Int]] = Array(repeating: [], count: keys.count)
        var givers = producers
        var takers: [[Taker]] = Array(repeating: [], count: keys.count)
        var takerCount = 0
        for (number, profile) in profiles.enumerated() {
            for leaf in profile.leaves { producers[leaf].append(number) }
            for output in profile.outputs where givers[output.keyNumber].last != number {
                givers[output.keyNumber].append(number)
            }
            for (place, field) in profile.inputs.enumerated() where field.isRequired {
                takers[field.keyNumber].append(Taker(service: number, field: place, number: takerCount))
                takerCount += 1
            }
        }
        self.keys = keys
        self.producers = producers
        self.givers = givers
        self.takers = takers
        self.takerCount = takerCount
        requiredCounts = profiles.map { $0.inputs.count(where: \.isRequired) }
    }

    /// Numbers of the services with an output of this key at any depth, in ascending order.
    func producers(ofKey key: String) -> [Int] { keys.number(of: key).map { producers[$0] } ?? [] }

    /// As ``producers(ofKey:)``, for the key of a field.
    func producers(of field: ServiceField) -> [Int] { producers[field.keyNumber] }
}
