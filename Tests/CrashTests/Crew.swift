import Foundation
import OrraModel
import ProcessSupport

/// How a test starts its `TestService`.
struct Crew: Sendable {
    var name: String
    var description = "Does a test's work."
    var takes = ["item"]
    var gives = ["result"]
    var delay = 0
    var concurrency = 16
    var gate: String?
    var hold: String?

    /// Starts a process of it. Every process of one name shares its journals and its identity.
    func start(on stage: Stage, for project: Operator) throws -> ChildProcess {
        var arguments = [
            "name=\(name)", "description=\(description)", "takes=\(takes.joined(separator: ","))",
            "gives=\(gives.joined(separator: ","))", "delay=\(delay)", "concurrency=\(concurrency)",
            "directory=\(stage.directory.path())",
        ]
        if let gate { arguments.append("gate=\(gate)") }
        if let hold { arguments.append("hold=\(hold)") }
        return try stage.start("TestService", arguments, environment: project.environment, name: name)
    }

    func records(_ journal: ServiceRecord.Journal, on stage: Stage) -> [ServiceRecord] {
        journal.records(of: name, in: stage.directory)
    }

    /// Waits until the journal has that many records.
    func records(_ journal: ServiceRecord.Journal, on stage: Stage, atLeast count: Int) async throws -> [ServiceRecord]
    {
        try await eventually("\(count) \(journal.rawValue) of \(name)") {
            let records = records(journal, on: stage)
            return records.count >= count ? records : nil
        }
    }
}

extension Collection where Element == ServiceRecord {
    /// By idempotency key, in the order in which they happened.
    var byKey: [String: [ServiceRecord]] { Dictionary(grouping: self, by: \.key) }
}
