import OrraEngine
public import OrraModel
import OrraStore

/// Projects, keys, webhooks and services: small, wholly in memory, copied before each batch.
public struct Directory: Sendable {
    /// Grows with every change of what it tells; positions, which change all the time, do not count.
    public private(set) var version = 0
    public private(set) var projects: [ProjectID: Project] = [:]
    private var projectsByKeyHash: [String: ProjectID] = [:]
    private var webhooks: [ProjectID: [Webhook]] = [:]
    private var services: [ServiceID: Service] = [:]
    /// By name and kind, so that plans do not depend on chance. Every action asks for them.
    private var servicesByProject: [ProjectID: [Service]] = [:]
    private var servicesByName: [ServiceName: ServiceID] = [:]
    /// Ids of services whose stored definition can't be read: the next registration under the name takes it over.
    private var unreadable: [ServiceName: ServiceID] = [:]
    private var keyCounts: [ProjectID: Int] = [:]
    /// The last position that was assigned.
    private var positions: [ProjectID: Int64] = [:]
    /// Settings of projects that have one of their own.
    private var retention: [ProjectID: Duration] = [:]

    private struct ServiceName: Hashable {
        var project: ProjectID
        var kind: ServiceKind
        var name: String
    }

    init(_ recovery: Recovery) {
        for project in recovery.projects { projects[project.id] = project }
        for key in recovery.apiKeys { add(keyHash: key.hash, to: key.project) }
        for webhook in recovery.webhooks { add(webhook) }
        for service in recovery.services { put(service) }
        for service in recovery.unreadableServices {
            guard let kind = service.kind else { continue }
            unreadable[ServiceName(project: service.project, kind: kind, name: service.name)] = service.id
        }
        positions = recovery.positions
        retention = recovery.retention
    }

    public func project(keyHash: String) -> ProjectID? { projectsByKeyHash[keyHash] }
    public func service(_ id: ServiceID) -> Service? { services[id] }
    public func webhooks(of project: ProjectID, for purpose: Webhook.Purpose) -> [Webhook] {
        (webhooks[project] ?? []).filter { $0.purpose == purpose }
    }
    public func keyCount(of project: ProjectID) -> Int { keyCounts[project] ?? 0 }

    /// By name and kind.
    public func services(of project: ProjectID) -> [Service] { servicesByProject[project] ?? [] }

    public func service(_ kind: ServiceKind, named name: String, of project: ProjectID) -> Service? {
        servicesByName[ServiceName(project: project, kind: kind, name: name)].flatMap { services[$0] }
    }

    func unreadableService(_ kind: ServiceKind, named name: String, of project: ProjectID) -> ServiceID? {
        unreadable[ServiceName(project: project, kind: kind, name: name)]
    }

    /// How long the project keeps ended orchestrations, if it says; 0 for ever.
    public func retention(of project: ProjectID) -> Duration? { retention[project] }

    mutating func setRetention(_ duration: Duration?, of project: ProjectID) {
        version += 1
        retention[project] = duration
    }

    mutating func add(_ project: Project) {
        version += 1
        projects[project.id] = project
    }

    mutating func add(keyHash: String, to project: ProjectID) {
        version += 1
        projectsByKeyHash[keyHash] = project
        keyCounts[project, default: 0] += 1
    }

    mutating func add(_ webhook: Webhook) {
        version += 1
        webhooks[webhook.project, default: []].append(webhook)
    }

    mutating func put(_ service: Service) {
        version += 1
        func order(_ service: Service) -> (String, String) { (service.name, service.kind.rawValue) }
        var others = servicesByProject.removeValue(forKey: service.project) ?? []
        others.removeAll { $0.id == service.id }
        others.insert(service, at: others.firstIndex { order(service) < order($0) } ?? others.endIndex)
        servicesByProject[service.project] = others
        services[service.id] = service
        servicesByName[ServiceName(project: service.project, kind: service.kind, name: service.name)] = service.id
    }

    mutating func nextPosition(of project: ProjectID) -> Int64 {
        func advance(_ position: inout Int64) -> Int64 {
            position += 1
            return position
        }
        return advance(&positions[project, default: 0])
    }
}
