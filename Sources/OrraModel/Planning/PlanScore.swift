/// How near planned graphs come to expected ones: node F1 and edge F1 over all cases together, and exact graphs.
///
/// A graph's nodes are the set of its services, its edges the set of pairs of services. Exact is a graph with the same
/// services, each as often, and the same edges. F1 is taken over the sums of all cases (micro-averaged), as TaskBench's
/// evaluation has it; a refused action counts as an empty graph.
public struct PlanScore: Sendable, Hashable, Codable {
    /// Elements that were found, that were predicted, and that were expected.
    public struct Counts: Sendable, Hashable, Codable {
        public var found = 0
        public var predicted = 0
        public var expected = 0

        public init() {}

        /// The harmonic mean of precision and recall; 0 where either is nothing.
        public var f1: Double {
            predicted + expected == 0 ? 0 : 2 * Double(found) / Double(predicted + expected)
        }
    }

    /// One task: its service, and the numbers of the tasks that it uses.
    public struct Task: Sendable, Hashable {
        public var service: String
        public var dependencies: [Int]

        public init(service: String, dependencies: [Int]) {
            self.service = service
            self.dependencies = dependencies
        }
    }

    public var nodes = Counts()
    public var edges = Counts()
    public var exact = 0
    public var cases = 0

    public init() {}

    /// - Parameter scoresEdges: false for a case whose source says nothing of edges.
    public mutating func add(predicted: [Task], expected: [Task], scoresEdges: Bool = true) {
        let found = Graph(predicted, hasEdges: scoresEdges)
        let wanted = Graph(expected, hasEdges: scoresEdges)
        cases += 1
        nodes.found += Set(found.nodes).intersection(wanted.nodes).count
        nodes.predicted += Set(found.nodes).count
        nodes.expected += Set(wanted.nodes).count
        edges.found += found.edges.intersection(wanted.edges).count
        edges.predicted += found.edges.count
        edges.expected += wanted.edges.count
        if found == wanted { exact += 1 }
    }

    public mutating func add(_ other: PlanScore) {
        for path in [\PlanScore.nodes, \PlanScore.edges] {
            self[keyPath: path].found += other[keyPath: path].found
            self[keyPath: path].predicted += other[keyPath: path].predicted
            self[keyPath: path].expected += other[keyPath: path].expected
        }
        exact += other.exact
        cases += other.cases
    }

    public var exactShare: Double { cases == 0 ? 0 : Double(exact) / Double(cases) }

    private struct Graph: Equatable {
        struct Edge: Hashable {
            var source: String
            var target: String
        }

        var nodes: [String]
        var edges: Set<Edge> = []

        init(_ tasks: [Task], hasEdges: Bool) {
            nodes = tasks.map(\.service).sorted()
            guard hasEdges else { return }
            for task in tasks {
                for number in task.dependencies where tasks.indices.contains(number) {
                    guard tasks[number].service != task.service else { continue }
                    edges.insert(Edge(source: tasks[number].service, target: task.service))
                }
            }
        }
    }
}
