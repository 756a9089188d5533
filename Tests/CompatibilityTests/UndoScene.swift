import Foundation
import OrraModel
import OrraProtocol
import OrraSDK
import ProcessSupport

/// The scene of a test of undoing: one process with the Python services that can undo (`holding`, `charging` and
/// `fleeting`), another with the one that ends actions (`ending`).
struct UndoScene {
    let stage: Stage
    let hub: HubProcess
    let project: Operator
    let services: ChildProcess

    static let names = ["holding", "charging", "fleeting"]

    static func run(_ body: (UndoScene) async throws -> Void) async throws {
        try await Stage.run { stage in
            let hub = try await stage.startHub()
            let project = try await hub.makeProject()
            // Their actions end by an output that breaks its schema.
            _ = try await project.client.setPlanning(PlanningSettings(outputCheck: .enforce))
            let services = try stage.startPython("undoing", for: project)
            _ = try stage.startPython("ending", for: project)
            for name in names + ["ending"] { _ = try await project.connected(name) }
            try await body(UndoScene(stage: stage, hub: hub, project: project, services: services))
        }
    }

    // MARK: - Actions

    /// Something with every kind of value, none of which may change on its way there and back.
    static let details: JSONValue = [
        "žluťoučký 🐎": [1, 2.5, .number(JSONNumber(9_007_199_254_740_993)), true, .null],
        "nested": ["empty": [:], "list": [[]], "text": "\"quoted\"\\\n\u{7f}\u{2028}"],
    ]

    /// Submits an action whose first steps are these services', all independent, and whose last step ends it.
    ///
    /// - Parameters:
    ///   - work: how they work: `waits` for ``work(of:for:)``, `blocks` for some seconds.
    ///   - undo: how they undo.
    ///   - end: how the last step ends the action.
    func submit(
        _ order: String, _ services: [String] = ["holding"], work: String = "", seconds: Double = 0, undo: String = "",
        end: String? = "fails", timeout: Duration? = nil
    ) async throws -> OrchestrationID {
        var steps = services.map { service -> (service: String, input: JSONObject) in
            let names = ["orderId", "work", "seconds", "undo", "details"]
            return (service, JSONObject(names.map { .init(key: $0, value: .string("$task0.\($0)")) }))
        }
        if let end {
            let last: JSONObject = [
                "orderId": "$task0.orderId", "end": .string(end), "after": "$task1.held",
                "also": .string("$task\(services.count).held"),
            ]
            steps.append(("ending", last))
        }
        let parameters: JSONObject = [
            "orderId": .string(order), "work": .string(work), "seconds": .init(floatLiteral: seconds),
            "undo": .string(undo), "details": Self.details,
        ]
        return try await project.submit(parameters, steps: steps, timeout: timeout)
    }

    /// Waits until the action has ended and everything that it did is undone, or never will be.
    func undone(_ id: OrchestrationID) async throws -> Inspection {
        try await project.inspection(of: id, "the end of the undoing of \(id)", within: .seconds(120)) { inspection in
            let states = inspection.tasks.compactMap(\.compensation)
            return !states.isEmpty && states.allSatisfy { $0.status.isFinal }
        }
    }

    // MARK: - What the services noted

    /// A line of their journal.
    struct Note: Decodable, Hashable {
        let service: String
        let what: String
        let order: String?
        let process: Int32
        /// With `asked`: the request to undo, as it came.
        let request: JSONValue?
        /// With `undone`: what the handler was told of the reason.
        let context: JSONValue?
        let held: String?
    }

    func notes(_ what: String, _ order: String) throws -> [Note] {
        try notes().filter { $0.what == what && $0.order == order }
    }

    /// In the order in which they were written.
    func notes() throws -> [Note] {
        let data = FileManager.default.contents(atPath: stage.path("undoing.jsonl")) ?? Data()
        // The last line may not be whole yet.
        return try data.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast()
            .map { try JSONDecoder().decode(Note.self, from: $0) }
    }

    func noted(_ what: String, _ order: String, times: Int = 1) async throws {
        try await until("\(what) \(order), \(times) times") { try notes(what, order).count >= times }
    }

    func work(of service: String, for order: String) throws { try stage.open(gate: "work-\(service)-\(order)") }
}
