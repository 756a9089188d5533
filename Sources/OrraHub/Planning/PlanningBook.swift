import OrraCore
import OrraModel
import OrraStore

/// Groundings and settings of the projects that planned last, read from the store and changed through it.
actor PlanningBook {
    struct Page: Sendable {
        /// Newest first.
        var groundings: [Grounding]
        var settings: PlanningSettings

        /// Of each name the version that was applied last.
        var inForce: [Grounding] {
            var seen: Set<String> = []
            return groundings.filter { seen.insert($0.name).inserted }
        }
    }

    private let documents: ProjectDocuments
    private var pages = RecentProjects<Page>()

    init(_ documents: ProjectDocuments) { self.documents = documents }

    /// How many pages are held in memory. For tests.
    var count: Int { pages.count }

    func page(of project: ProjectID) async throws(StoreError) -> Page {
        // What was read before a change is never put in the place of what was changed.
        pages.begin(project)
        defer { pages.end(project) }
        if let page = pages[project] { return page }
        let groundings = try await documents.all(
            .grounding, of: project, limit: Limits.groundingsPerProject, as: Grounding.self)
        let settings = try await documents.one(
            .planningSettings, named: Self.settings, of: project, as: PlanningSettings.self)
        // Somebody else may have changed it while the store was asked.
        if let page = pages[project] { return page }
        let page = Page(groundings: groundings, settings: settings ?? PlanningSettings())
        pages[project] = page
        return page
    }

    enum Refusal: Error {
        case store(StoreError)
        case request(RequestFailure)
        case versionExists
        case tooMany
        case unknown
    }

    func apply(_ grounding: Grounding, to project: ProjectID) async throws(Refusal) {
        pages.begin(project)
        defer { pages.end(project) }
        let page = try await readable(project)
        guard !page.groundings.contains(where: { $0.name == grounding.name && $0.version == grounding.version }) else {
            throw .versionExists
        }
        guard page.groundings.count < Limits.groundingsPerProject else { throw .tooMany }
        // Before it is written, so that the same version that comes meanwhile is refused.
        pages.change(project) { $0.groundings.insert(grounding, at: 0) }
        do throws(RequestFailure) {
            try await documents.keep(
                grounding, as: .grounding, named: Self.name(grounding), of: project)
        } catch {
            pages.change(project) { $0.groundings.removeAll { Self.name($0) == Self.name(grounding) } }
            throw .request(error)
        }
    }

    /// All versions of this name, or of every name.
    func remove(_ name: String?, from project: ProjectID) async throws(Refusal) {
        pages.begin(project)
        defer { pages.end(project) }
        let page = try await readable(project)
        let gone = page.groundings.filter { name == nil || $0.name == name }
        guard name == nil || !gone.isEmpty else { throw .unknown }
        guard !gone.isEmpty else { return }
        do throws(RequestFailure) {
            try await documents.discard(gone.map(Self.name), of: .grounding, from: project)
        } catch { throw .request(error) }
        let names = Set(gone.map(Self.name))
        pages.change(project) { $0.groundings.removeAll { names.contains(Self.name($0)) } }
    }

    func set(_ settings: PlanningSettings, of project: ProjectID) async throws(Refusal) {
        pages.begin(project)
        defer { pages.end(project) }
        _ = try await readable(project)
        do throws(RequestFailure) {
            try await documents.keep(settings, as: .planningSettings, named: Self.settings, of: project)
        } catch { throw .request(error) }
        pages.change(project) { $0.settings = settings }
    }

    private func readable(_ project: ProjectID) async throws(Refusal) -> Page {
        do throws(StoreError) { return try await page(of: project) } catch { throw .store(error) }
    }

    private static let settings = "settings"

    private static func name(_ grounding: Grounding) -> String { "\(grounding.name)@\(grounding.version)" }
}
