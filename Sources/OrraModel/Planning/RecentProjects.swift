/// What is held in memory for projects: for a bounded number of them. The project that was asked for longest ago goes
/// first, and none that is in use.
public struct RecentProjects<Value: Sendable>: Sendable {
    private let maximum: Int
    private var values: [ProjectID: Value] = [:]
    /// Of those with a value. The last one was asked for last.
    private var order: [ProjectID] = []
    private var users: [ProjectID: Int] = [:]

    public init(maximum: Int = Limits.projectsInMemory) { self.maximum = maximum }

    public var count: Int { values.count }

    /// Setting a value counts as asking for it.
    public subscript(project: ProjectID) -> Value? {
        get { values[project] }
        set {
            values[project] = newValue
            order.removeAll { $0 == project }
            if newValue != nil { order.append(project) }
            trim()
        }
    }

    /// Somebody asks for it.
    public mutating func touch(_ project: ProjectID) {
        guard values[project] != nil else { return }
        order.removeAll { $0 == project }
        order.append(project)
    }

    /// From now until ``end(_:)`` the project's value stays, so that what is changed across a wait is not read anew in
    /// between. Counts as asking for it.
    public mutating func begin(_ project: ProjectID) {
        users[project, default: 0] += 1
        touch(project)
    }

    public mutating func end(_ project: ProjectID) {
        guard let count = users[project] else { return }
        users[project] = count > 1 ? count - 1 : nil
        trim()
    }

    /// Changes the value in its place. Nothing where there is none.
    public mutating func change(_ project: ProjectID, _ body: (inout Value) -> Void) {
        guard var value = values.removeValue(forKey: project) else { return }
        body(&value)
        values[project] = value
    }

    private mutating func trim() {
        while order.count > maximum, let index = order.firstIndex(where: { users[$0] == nil }) {
            values[order.remove(at: index)] = nil
        }
    }
}
