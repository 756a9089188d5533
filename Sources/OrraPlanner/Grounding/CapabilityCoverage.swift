public import OrraModel

/// Whether services can do what a use case asks for, judged by their words: name, description and examples.
public enum CapabilityCoverage {
    /// The share of a capability's words that one service must know. Calibrated on `capability-pairs.json` of the tests.
    static let threshold = 0.6

    /// The capabilities that no one of the services covers, in order.
    public static func uncovered(capabilities: [String], by services: [Service]) -> [String] {
        guard !capabilities.isEmpty else { return [] }
        let known = services.map(Words.init)
        return capabilities.filter { capability in
            let wanted = Words.stems(capability)
            return !known.contains { $0.share(of: wanted) >= threshold }
        }
    }

    static func covers(_ capability: String, _ service: Service) -> Bool {
        share(of: capability, in: service) >= threshold
    }

    /// How much of the capability the service's words cover, from 0 to 1.
    static func share(of capability: String, in service: Service) -> Double {
        Words(service).share(of: Words.stems(capability))
    }

    /// What a service knows.
    private struct Words {
        private var stems: Set<String> = []
        private var groups: Set<Int> = []

        init(_ service: Service) {
            for text in [service.name, service.description] + service.examples {
                for stem in Self.stems(text) {
                    stems.insert(stem)
                    groups.formUnion(Lexicon.synonymGroups[stem] ?? [])
                }
            }
        }

        /// Stems of the words that say something; of all words if none does.
        static func stems(_ text: String) -> [String] {
            let stems = ValueText.stems(text)
            return stems.isEmpty ? WordSplitter.words(text).map(Stemmer.stem) : stems
        }

        func share(of wanted: [String]) -> Double {
            var (total, found) = (0.0, 0.0)
            for (index, stem) in wanted.enumerated() {
                // The verb says what has to be done: it counts more than what it is done to.
                let weight = CapabilityCoverage.pale.contains(stem) ? 0.3 : index == 0 ? 1.2 : 1
                total += weight
                if stems.contains(stem) {
                    found += weight
                } else if let own = Lexicon.synonymGroups[stem], own.contains(where: groups.contains) {
                    found += weight * 0.85
                }
            }
            return total > 0 ? found / total : 0
        }
    }

    /// They narrow a capability a little, or say no more than that something is done, and descriptions differ in them.
    private static let pale = Set(
        """
        detail details information info data process handle manage perform support able ability new existing customer
        client status current automatically system appropriate relevant issue generate make arrange provide send
        """.split(whereSeparator: \.isWhitespace).map { Stemmer.stem(String($0)) })
}
