import Foundation
import OrraModel
import OrraPlanner
import ProcessSupport
import Testing

/// The hub's own PDDL against unified-planning from PyPI: the same verdict on domains, problems and plans, sound and
/// broken.
@Suite("PDDL beside unified-planning")
struct PDDLCrossCheckTests {
    private struct Case {
        var name: String
        /// `valid`, or what is broken: `domain`, `problem`, `plan`, or `goal` if the plan does not reach it.
        var expected = ""
        /// Why the tool accepts what the standard does not.
        var leniency: String?
        var domain = ""
        var problem = ""
        var plan = ""

        init(name: String, text: String) {
            self.name = name
            var part = ""
            for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
                if line.hasPrefix(";;; expect: ") {
                    expected = String(line.dropFirst(12))
                } else if line.hasPrefix(";;; lenient: ") {
                    leniency = String(line.dropFirst(13))
                } else if line.hasPrefix(";;; ") {
                    part = String(line.dropFirst(4))
                } else if part == "domain" {
                    domain += line + "\n"
                } else if part == "problem" {
                    problem += line + "\n"
                } else {
                    plan += line + "\n"
                }
            }
        }

        var verdict: String {
            do {
                try PDDLValidator.validate(domain: domain, problem: problem, plan: plan)
                return "valid"
            } catch {
                return error.reason.hasPrefix("the goal is not reached") ? "goal" : error.file.rawValue
            }
        }
    }

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()

    private func cases() throws -> [Case] {
        let folder = Self.folder.appending(path: "Fixtures/pddl")
        return try FileManager.default.contentsOfDirectory(atPath: folder.path()).filter { $0.hasSuffix(".txt") }
            .sorted()
            .map { Case(name: $0, text: try String(contentsOf: folder.appending(path: $0), encoding: .utf8)) }
    }

    /// What unified-planning says of the cases in a folder, by file.
    private func verdicts(of folder: URL) throws -> [String: String] {
        let python = BuildFolder.package.appending(path: ".build/venv/bin/python")
        try #require(
            FileManager.default.isExecutableFile(atPath: python.path()), "run `make test`, which makes \(python.path())"
        )
        let process = Process()
        process.executableURL = python
        process.arguments = [Self.folder.appending(path: "Python/pddl_verdicts.py").path(), folder.path()]
        process.environment = ProcessInfo.processInfo.environment.merging(["PYTHONDONTWRITEBYTECODE": "1"]) { $1 }
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        let answer = try JSONScanner.scan(Array(bytes)) { try $0.value() }
        let members = try #require(answer.object).members
        return Dictionary(members.map { ($0.key, $0.value.string ?? "") }, uniquingKeysWith: { $1 })
    }

    @Test("the same verdict on every case, but where the tool asks less than the standard")
    func corpus() throws {
        let cases = try cases()
        #expect(cases.count >= 60)
        for part in ["valid", "domain", "problem", "plan"] {
            #expect(cases.filter { $0.expected == part }.count >= 8, "\(part)")
        }
        let verdicts = try verdicts(of: Self.folder.appending(path: "Fixtures/pddl"))
        for item in cases {
            #expect(item.verdict == item.expected, "\(item.name)")
            let other = try #require(verdicts[item.name])
            let isAccepted = item.expected == "valid" || item.leniency != nil
            #expect((other == "valid") == isAccepted, "\(item.name): \(other)")
        }
        #expect(cases.count { $0.leniency != nil } <= 4)
    }

    private static func service(_ name: String, requires: [String] = []) -> Service {
        let schema = JSONSchema(["type": "object", "properties": ["value": ["type": "string"]]])
        return Service(
            id: ServiceID("s_\(name.filter(\.isLetter))"), project: ProjectID("p_1"), kind: .service, name: name,
            description: name, schema: ServiceSchema(input: schema, output: schema), requires: requires,
            registeredAt: Timestamp(milliseconds: 0))
    }

    @Test("plans that are translated get the same verdict too")
    func translations() throws {
        let catalogue = [
            Self.service("verify-customer"), Self.service("refund.service"),
            Self.service("notify-customer", requires: ["refund.service"]),
        ]
        let grounding = Grounding(
            name: "g", domain: "d", version: "1", useCases: [Grounding.UseCase(action: "Refund")],
            constraints: [
                "(requires verify-customer before refund.service)", "(at-most-once refund.service)",
                "(imply (used refund.service) (exists (?s - service) (before ?s refund.service)))",
            ])
        // The task's service, and the tasks that it takes something from.
        let plans: [[(service: Int, sources: [Int])]] = [
            [(0, []), (1, [1]), (2, [2])], [(0, []), (1, [])], [(1, [])], [(0, []), (1, [1]), (1, [1])],
            [(0, []), (2, [1])], [(1, []), (0, [1])], [(0, [])],
        ]
        let folder = FileManager.default.temporaryDirectory.appending(path: "orra-pddl-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var expected: [String: Bool] = [:]
        for (number, tasks) in plans.enumerated() {
            let plan = Plan(
                parameters: RawJSON(["value": "v"]),
                tasks: tasks.enumerated().map { index, task in
                    Plan.Task(
                        id: TaskID(index + 1), service: catalogue[task.service].id,
                        input: ([0] + task.sources).map {
                            Plan.Input(field: "value\($0)", source: TaskID($0), sourceField: "value")
                        })
                })
            let translation = try PlanTranslation(plan, catalogue: catalogue, grounding: grounding)
            let text =
                ";;; domain\n\(translation.domain)\n;;; problem\n\(translation.problem)\n;;; plan\n\(translation.schedule)\n"
            try Data(text.utf8).write(to: folder.appending(path: "\(number).txt"))
            expected["\(number).txt"] = translation.violation() == nil
        }
        #expect(expected.values.contains(true) && expected.values.contains(false))
        for (name, verdict) in try verdicts(of: folder) {
            #expect((verdict == "valid") == expected[name], "\(name): \(verdict)")
        }
    }
}
