import OrraModel

/// The plan's graph, unfolded into a tree for reading: a task hangs under the dependency that stands deepest; the others
/// are named behind it.
struct TaskTree: Sendable, Hashable {
    struct Row: Sendable, Hashable {
        var task: TaskView
        /// What stands before the icon: `│  └─ `.
        var guides: String
        /// Dependencies that the tree does not show.
        var furtherDependencies: [TaskID]
    }

    /// Deeper tasks are not indented further, so that a long chain stays readable.
    static let maximumIndentation = 6

    /// Parents before their children, siblings by number.
    let rows: [Row]

    init(_ tasks: [TaskView]) {
        let depth = Self.depths(of: tasks)
        var children: [TaskID?: [TaskView]] = [:]
        var parents: [TaskID: TaskID] = [:]
        for task in tasks.sorted(by: { $0.id < $1.id }) {
            let known = task.dependencies.filter { depth[$0] != nil }.sorted()
            let parent = known.max { (depth[$0] ?? 0, $1) < (depth[$1] ?? 0, $0) }
            parents[task.id] = parent
            children[parent, default: []].append(task)
        }
        var rows: [Row] = []
        func visit(_ task: TaskView, guides: String, inner: String, level: Int) {
            let further = task.dependencies.filter { $0 != parents[task.id] }
            rows.append(Row(task: task, guides: guides, furtherDependencies: further))
            let below = children[task.id] ?? []
            for (index, child) in below.enumerated() {
                let isLast = index == below.count - 1
                guard level < Self.maximumIndentation else {
                    visit(child, guides: guides, inner: inner, level: level)
                    continue
                }
                visit(
                    child, guides: inner + (isLast ? "└─ " : "├─ "), inner: inner + (isLast ? "   " : "│  "),
                    level: level + 1)
            }
        }
        for task in children[nil] ?? [] { visit(task, guides: "", inner: "", level: 0) }
        self.rows = rows
    }

    /// The length of the longest chain above each task. A cycle, which no valid plan has, is cut.
    private static func depths(of tasks: [TaskView]) -> [TaskID: Int] {
        var depths: [TaskID: Int] = [:]
        let ids = Set(tasks.map(\.id))
        var rest = tasks
        while !rest.isEmpty {
            let ready = rest.filter { $0.dependencies.allSatisfy { depths[$0] != nil || !ids.contains($0) } }
            guard !ready.isEmpty else { break }
            for task in ready {
                depths[task.id] = task.dependencies.compactMap { depths[$0] }.max().map { $0 + 1 } ?? 0
            }
            rest.removeAll { depths[$0.id] != nil }
        }
        return depths
    }
}
