import OrraModel

/// What is built once for a project's services and groundings: indexes and digests. Bounded; the project that was not
/// asked for longest goes.
actor ProjectIndexes {
    static let maximumProjects = 64

    private var projects: [ProjectID: ProjectIndex] = [:]
    /// The last one was asked for last.
    private var order: [ProjectID] = []

    func index(of project: ProjectID) -> ProjectIndex {
        order.removeAll { $0 == project }
        order.append(project)
        if let known = projects[project] { return known }
        let made = ProjectIndex()
        projects[project] = made
        if order.count > Self.maximumProjects { projects[order.removeFirst()] = nil }
        return made
    }

    func forget(_ project: ProjectID) {
        order.removeAll { $0 == project }
        projects[project] = nil
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
    private var isBuilding = false
    private var waiting: [AsyncStream<Void>.Continuation] = []
    /// For tests.
    private(set) var builds = 0

    func catalogue(_ services: [Service], digest: @Sendable ([UInt8]) -> String) -> Catalogue {
        let versions = services.map { Version(id: $0.id, version: $0.version) }
        if let catalogue, catalogue.versions == versions { return catalogue.built }
        builds += 1
        let built = Catalogue(index: CatalogueIndex(services), digest: CatalogueDigest.of(services, digest: digest))
        catalogue = (versions, built)
        return built
    }

    /// Use cases with their vectors. Those who come while an embedder works wait for it rather than ask it again.
    func grounding(_ groundings: [Grounding], _ embedder: any Embedder) async throws(EmbeddingFault) -> GroundingIndex {
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
        let built = try await GroundingIndex(groundings, embedder: embedder)
        grounding = built
        return built
    }
}
