public import OrraModel

/// The words and fields of a catalogue, worked out once for each version of it.
public final class CatalogueIndex: Sendable {
    enum Place: UInt8 { case name, description, inputName, capital }

    struct Posting: Sendable {
        var service: Int32
        var place: Place
    }

    /// In the order of names and kinds, so that the order of registration decides nothing.
    public let services: [Service]
    let profiles: [ServiceProfile]
    let vocabulary: Vocabulary
    /// By stem: how much it tells in names and descriptions; 1 for one that neither has.
    let rarity: [Double]
    let capitalRarity: [Double]
    let rarestWeight: Double
    /// What the words of each service's name weigh together.
    let nameWeights: [Double]
    /// By which the words of each service's description count: less in a long one.
    let descriptionFactors: [Double]
    /// Numbers of the services that each declares to need, and names that nobody has.
    let requirements: [[Int]]
    let missingRequirements: [[String]]
    let postings: [[Posting]]
    /// By stem: the examples that hold it, as service and number of the example.
    let examplePostings: [Int: [(service: Int, example: Int)]]
    /// Most services give a medium: a text, a picture, a sound.
    let isTyped: Bool
    /// Most services say what they give.
    let hasOutputs: Bool
    let fields: FieldIndex

    public init(_ catalogue: [Service]) {
        let services = catalogue.sorted { ($0.name, $0.kind.rawValue, $0.id) < ($1.name, $1.kind.rawValue, $1.id) }
        self.services = services
        var vocabulary = Vocabulary.english
        var keys = FieldKeys()
        let profiles = services.map { ServiceProfile($0, &vocabulary, &keys) }
        let statistics = WordStatistics(profiles, vocabulary: vocabulary)
        isTyped = statistics.isTyped
        hasOutputs = statistics.hasOutputs
        rarity = statistics.rarity
        capitalRarity = statistics.capitalRarity
        rarestWeight = statistics.rarestWeight
        let norm = Evidence.descriptionNorm
        let rarest = Mathematics.power(rarestWeight, norm)
        var byName: [String: Int] = [:]
        for (number, service) in services.enumerated() where byName[service.name] == nil {
            byName[service.name] = number
        }
        var nameWeights: [Double] = []
        var descriptionFactors: [Double] = []
        var requirements: [[Int]] = []
        var missing: [[String]] = []
        for number in profiles.indices {
            let name = profiles[number].name.reduce(0) { $0 + statistics.rarity[$1] }
            let description = profiles[number].description.reduce(0) { $0 + statistics.rarity[$1] }
            nameWeights.append(max(name, 1))
            descriptionFactors.append(1 / (Mathematics.power(description > 0 ? description : 1, norm) * rarest))
            requirements.append([])
            missing.append([])
            for requirement in services[number].requires {
                if let found = byName[requirement] {
                    if found != number { requirements[number].append(found) }
                } else {
                    missing[number].append(requirement)
                }
            }
        }
        self.profiles = profiles
        self.nameWeights = nameWeights
        self.descriptionFactors = descriptionFactors
        self.requirements = requirements
        missingRequirements = missing
        postings = Self.postings(profiles, count: vocabulary.count)
        examplePostings = Self.examplePostings(profiles)
        var known = postings.map { !$0.isEmpty }
        for profile in profiles { for stem in profile.outputNames { known[stem] = true } }
        for stem in examplePostings.keys { known[stem] = true }
        vocabulary.relate(known: known)
        self.vocabulary = vocabulary
        fields = FieldIndex(profiles, keys)
    }

    private static func postings(_ profiles: [ServiceProfile], count: Int) -> [[Posting]] {
        var postings: [[Posting]] = Array(repeating: [], count: count)
        for (number, profile) in profiles.enumerated() {
            let places: [([Int], Place)] = [
                (profile.name, .name), (profile.description, .description), (profile.inputNames, .inputName),
                (profile.capitals, .capital),
            ]
            for (stems, place) in places {
                for stem in stems { postings[stem].append(Posting(service: Int32(number), place: place)) }
            }
        }
        return postings
    }

    private static func examplePostings(_ profiles: [ServiceProfile]) -> [Int: [(service: Int, example: Int)]] {
        var postings: [Int: [(service: Int, example: Int)]] = [:]
        for (number, profile) in profiles.enumerated() {
            for (example, stems) in profile.examples.enumerated() {
                for stem in stems { postings[stem, default: []].append((number, example)) }
            }
        }
        return postings
    }
}

/// How often words stand in a catalogue.
struct WordStatistics {
    /// Media nouns name the type of nearly everything where most services give media.
    static let mediumFactor = 0.2

    private(set) var rarity: [Double]
    private(set) var capitalRarity: [Double]
    let rarestWeight: Double
    let isTyped: Bool
    let hasOutputs: Bool

    init(_ profiles: [ServiceProfile], vocabulary: Vocabulary) {
        let count = profiles.count
        isTyped = profiles.count { !$0.outputMedia.isEmpty } * 2 > count
        hasOutputs = profiles.count { !$0.outputs.isEmpty } * 2 > count
        var frequency = Array(repeating: 0, count: vocabulary.count)
        var capitals = frequency
        for profile in profiles {
            for stem in profile.name { frequency[stem] += 1 }
            for stem in profile.description where !profile.name.contains(stem) { frequency[stem] += 1 }
            for stem in profile.capitals { capitals[stem] += 1 }
        }
        rarestWeight = Self.rarity(documents: count, having: 0) + 0.1
        rarity = frequency.map { $0 == 0 ? 1 : Self.rarity(documents: count, having: $0) + 0.1 }
        capitalRarity = capitals.map { $0 == 0 ? 1 : Self.rarity(documents: count, having: $0) }
        guard isTyped else { return }
        for stem in rarity.indices where vocabulary.traits[stem].contains(.medium) && frequency[stem] > 0 {
            rarity[stem] *= Self.mediumFactor
        }
    }

    /// The probabilistic idf of BM25, never negative.
    private static func rarity(documents: Int, having count: Int) -> Double {
        let all = Double(documents)
        let some = Double(count)
        return Mathematics.logarithm(1 + (all - some + 0.5) / (some + 0.5))
    }
}
