import Foundation
import OrraSDK
import ProcessSupport

/// A service that tests kill. Its outputs follow from its inputs, its effects are on disk before it answers, and tests
/// decide when it goes on.
@main
struct TestService {
    static func main() async throws {
        let settings = try Settings(CommandLine.arguments.dropFirst())
        let journals = try EffectJournals(
            of: settings.name, in: settings.directory, deduplicates: settings.deduplicates)
        switch settings.kind {
        case "tool": try await component(settings, journals, ToolRole.self).run()
        case "agent": try await component(settings, journals, AgentRole.self).run()
        default: try await component(settings, journals, ServiceRole.self).run()
        }
    }

    private static func component<Role: ComponentRole>(
        _ settings: Settings, _ journals: EffectJournals, _ role: Role.Type
    ) throws -> Component<Role> {
        var options = ComponentOptions()
        options.dataDirectory = settings.directory.appending(path: "sdk").path()
        options.maximumAttempts = settings.attempts
        let undo: @Sendable ([String: String], [String: String], RevertContext) async throws -> Void = {
            input, output, revert in
            try await Task.sleep(for: settings.delay)
            try await journals.undo(
                ServiceRecord(
                    key: revert.idempotencyKey, task: revert.id, execution: revert.executionID, input: input,
                    output: output, process: ProcessInfo.processInfo.processIdentifier))
            try await Task.sleep(for: settings.linger)
        }
        return try Component<Role>(
            settings.name, settings.description, concurrency: settings.concurrency,
            input: settings.schema(settings.takes), output: settings.schema(settings.gives), options: options,
            handler: { (input: [String: String], task) in try await perform(input, task, settings, journals) },
            onRevert: settings.revertible ? undo : nil)
    }

    private static func perform(
        _ input: [String: String], _ task: TaskContext, _ settings: Settings, _ journals: EffectJournals
    ) async throws -> [String: String] {
        var record = ServiceRecord(
            key: task.idempotencyKey, task: task.id, execution: task.executionID, input: input, output: nil,
            process: ProcessInfo.processInfo.processIdentifier)
        try await journals.run(record)
        try await settings.wait(for: settings.gate)
        try await Task.sleep(for: settings.delay)
        switch input["mode"] {
        case "fail": throw ProcessFault("this task fails")
        case "abort": try await task.abort(["reason": "this task gives up"])
        default: break
        }
        record.output = settings.output(of: input)
        let output = try await journals.effect(record)
        try await settings.wait(for: settings.hold)
        try await Task.sleep(for: settings.linger)
        return output
    }
}

/// From arguments such as `name=stock takes=orderId gives=stock delay=50`.
struct Settings: Sendable {
    var name: String
    var description: String
    var kind: String
    /// Where its journals are.
    var directory: URL
    var takes: [String]
    var gives: [String]
    var concurrency: Int
    /// How long a task takes before its effect, and after it.
    var delay: Duration
    var linger: Duration
    /// A file without which no effect happens.
    var gate: String?
    /// A file without which no effect is answered.
    var hold: String?
    /// `nil`: the hub's.
    var attempts: Int?
    /// Whether effects happen once per key.
    var deduplicates: Bool
    /// Whether its effects can be undone.
    var revertible: Bool

    init(_ arguments: some Sequence<String>) throws {
        var values: [String: String] = [:]
        for argument in arguments {
            let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { throw ProcessFault("not name=value: \(argument)") }
            values[parts[0]] = parts[1]
        }
        func number(_ name: String) -> Int? { values[name].flatMap { Int($0) } }
        name = values["name"] ?? "test-service"
        description = values["description"] ?? "Does a test's work."
        kind = values["kind"] ?? "service"
        directory = URL(filePath: values["directory"] ?? ".")
        takes = (values["takes"] ?? "item").split(separator: ",").map(String.init)
        gives = (values["gives"] ?? "result").split(separator: ",").map(String.init)
        concurrency = number("concurrency") ?? 16
        delay = .milliseconds(number("delay") ?? 0)
        linger = .milliseconds(number("linger") ?? 0)
        gate = values["gate"]
        hold = values["hold"]
        attempts = number("attempts")
        deduplicates = values["deduplicates"] != "no"
        revertible = values["revertible"] == "yes"
    }

    func schema(_ fields: [String]) throws -> Schema {
        let properties = fields.map { #""\#($0)":{"type":"string"}"# }.joined(separator: ",")
        let required = fields.map { #""\#($0)""# }.joined(separator: ",")
        return try Schema(json: #"{"type":"object","properties":{\#(properties)},"required":[\#(required)]}"#)
    }

    /// Each field tells who made it of what: `stock(ORD1)`.
    func output(of input: [String: String]) -> [String: String] {
        let made = "\(name)(\(takes.map { input[$0] ?? "nothing" }.joined(separator: ",")))"
        return Dictionary(uniqueKeysWithValues: gives.map { ($0, made) })
    }

    func wait(for file: String?) async throws {
        guard let file else { return }
        while !FileManager.default.fileExists(atPath: directory.appending(path: file).path()) {
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}
