import OrraModel

/// What is built once for a project's services and groundings: indexes and digests. Bounded; the project that was not
/// asked for longest goes.
actor ProjectIndexes {
    private var projects = RecentProjects<ProjectIndex>()

    func index(of project: ProjectID) -> ProjectIndex {
        projects.touch(project)
        if let known = projects[project] { return known }
        let made = ProjectIndex()
        projects[project] = made
        return made
    }

    var count: Int { projects.count }
}

/// One project's. An actor of its own, so that a large catalogue keeps no other project waiting.
actor ProjectIndex {
    struct Catalogue: Sendable {
        let index: CatalogueIndex
        let digest: String
    }

    private struct Version: Hashable {
        var id: ServiceID
        var version: Int
    }

    private var catalogue: (versions: [Version], built: Catalogue)?
    private var grounding: GroundingIndex?
    private var rules: PlanRules?
    private var isBuilding = false
    private var waiting: [AsyncStream<Void>.Continuation] = []
    /// For tests.
    private(set) var builds = 0
    private(set) var readings = 0

    func catalogue(_ services: [Service], digest: @Sendable ([UInt8]) -> String) -> Catalogue {
        let versions = services.map { Version(id: $0.id, version: $0.version) }
        if let catalogue, catalogue.versions == versions { return catalogue.built }
        builds += 1
        let built = Catalogue(index: CatalogueIndex(services), digest: CatalogueDigest.of(services, digest: digest))
        catalogue = (versions, built)
        return built
    }

    /// The checked constraints, read once for each version of the groundings.
    func rules(_ groundings: [Grounding]) -> PlanRules {
        if let rules, rules.groundings == groundings { return rules }
        readings += 1
        let read = PlanRules(groundings)
        rules = read
        return read
    }

    /// Use cases with their vectors. Those who come while an embedder works wait for it rather than ask it again.
    func grounding(
        _ groundings: [Grounding], _ embedder: any Embedder, for project: ProjectID
    ) async throws(EmbeddingFault) -> GroundingIndex {
        while true {
            if let grounding, grounding.groundings == groundings, grounding.embedder == embedder.name {
                return grounding
            }
            guard isBuilding, !Task.isCancelled else { break }
            let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
            waiting.append(continuation)
            for await _ in stream {}
        }
        isBuilding = true
        defer {
            isBuilding = false
            for continuation in waiting { continuation.finish() }
            waiting = []
        }
        let built = try await GroundingIndex(groundings, embedder: embedder, for: project)
        grounding = built
        return built
    }
}
