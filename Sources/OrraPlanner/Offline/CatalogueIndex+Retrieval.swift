public import OrraModel

extension CatalogueIndex {
    /// The services that a text speaks for, the best first. Scores compare within one catalogue.
    public func nearest(to text: String, limit: Int) -> [(service: Service, score: Double)] {
        found(text, limit).map { (services[$0.service], $0.score) }
    }

    /// As ``nearest(to:limit:)``, and what these need: declared requirements and the sources of required ids.
    public func relevant(to action: String, limit: Int) -> [(service: Service, score: Double)] {
        var result = found(action, limit)
        var seen = Set(result.map(\.service))
        var place = 0
        while place < result.count, result.count < limit * 4 {
            let service = result[place].service
            var needed = requirements[service]
            for field in profiles[service].inputs where field.isRequired && field.isIdentifier {
                needed += Suppliers(self).services(giving: field, to: service).prefix(4)
            }
            for other in needed where seen.insert(other).inserted { result.append((other, 0)) }
            place += 1
        }
        return result.map { (services[$0.service], $0.score) }
    }

    /// By the best part of the text, and by the whole.
    private func found(_ text: String, _ limit: Int) -> [(service: Int, score: Double)] {
        guard limit > 0, !services.isEmpty else { return [] }
        let reading = ActionReading(LiftedText(String(text.prefix(Limits.actionCharacters.upperBound))), index: self)
        var evidence = Evidence(self)
        var best: [Int: Double] = [:]
        let all = Array(ServiceProfile.unique(reading.chunks.flatMap(\.stems)).prefix(512))
        for stems in [all] + reading.chunks.map(\.stems) {
            for (service, score) in evidence.scores(stems, of: reading.text) {
                best[service] = max(best[service] ?? 0, score)
            }
        }
        return best.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(limit).map { ($0.key, $0.value) }
    }
}
