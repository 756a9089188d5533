import ArgumentParser
import OrraModel
import OrraProtocol
import OrraSDK

struct GroundingCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "grounding", abstract: "Say which actions a project serves, and what every plan must keep to.",
        subcommands: [Apply.self, List.self, Remove.self, Test.self])

    struct Apply: ContextCommand {
        static let configuration = CommandConfiguration(abstract: "Put a grounding into force.")

        @Option(name: [.customShort("f"), .long], help: "YAML, or JSON.") var file: String
        @OptionGroup var global: GlobalOptions

        func run(in context: CommandContext) async throws {
            let source = try GroundingFile(path: file)
            let hub = try global.access(in: context).hub
            let grounding: Grounding
            do {
                grounding = try await hub.apply(source.grounding)
            } catch OperatorError.refused(_, let refusal) where refusal.code == .invalidGrounding {
                throw CLIError(source.located(refusal))
            }
            if global.json { return try context.print(json: grounding) }
            let count = grounding.useCases.count
            context.print(
                Line("✓ ", .good).adding(grounding.name, .bold).adding(" \(grounding.version)  ")
                    .adding("\(count) use case\(count == 1 ? "" : "s")", .faint))
        }
    }

    struct List: ContextCommand {
        static let configuration = CommandConfiguration(commandName: "ls", abstract: "List the groundings in force.")

        @OptionGroup var global: GlobalOptions

        func run(in context: CommandContext) async throws {
            let groundings = try await global.access(in: context).hub.groundings()
            if global.json { return try context.print(json: groundings) }
            guard !groundings.isEmpty else {
                context.print(
                    Line("No groundings: every action may be planned. Add one with `orra grounding apply -f`."))
                return
            }
            let rows = groundings.map { grounding -> [Line.Span] in
                [
                    .init(text: grounding.name, style: .bold), .init(text: grounding.version, style: .plain),
                    .init(text: "\(grounding.useCases.count)", style: .plain),
                    .init(text: "\(grounding.constraints.count)", style: .plain),
                    .init(text: grounding.domain, style: .plain),
                ]
            }
            let width = context.terminal()?.width
            let table = Table(
                heading: ["NAME", "VERSION", "USE CASES", "CONSTRAINTS", "DOMAIN"], rows: rows, flexible: 4)
            context.print(table.lines(width: width), width: width)
        }
    }

    struct Remove: ContextCommand {
        static let configuration = CommandConfiguration(commandName: "rm", abstract: "Take groundings out of force.")

        @Argument(help: "A name: all of its versions.") var name: String?
        @Flag(help: "All groundings of the project.") var all = false
        @OptionGroup var global: GlobalOptions

        func run(in context: CommandContext) async throws {
            guard (name == nil) == all else {
                throw CLIError(
                    "give either a name or --all", advice: "orra grounding rm <name>, or orra grounding rm --all")
            }
            let hub = try global.access(in: context).hub
            if let name { try await hub.removeGrounding(name) } else { try await hub.removeGroundings() }
            if global.json { return try context.print(json: ["removed": name ?? "*"]) }
            context.print(Line("✓ ", .good).adding(name ?? "All groundings", .bold).adding(" removed"))
        }
    }

    struct Test: ContextCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show which use case of a file an action matches, and what is wrong with the file.",
            discussion: "Nothing is put into force. Ends with 1 without a match, or with errors.")

        @Argument(help: "YAML, or JSON.") var file: String
        @OptionGroup var asked: AskedAction
        @OptionGroup var global: GlobalOptions

        func run(in context: CommandContext) async throws {
            let source = try GroundingFile(path: file)
            let asked = try asked.read(command: "grounding test \(ShellText.quoted(file))")
            let hub = try global.access(in: context).hub
            let request = GroundingTestRequest(grounding: source.grounding, action: asked.action, data: asked.data)
            let answer: GroundingTest
            do {
                answer = try await hub.test(request)
            } catch OperatorError.refused(_, let refusal) where refusal.code == .invalidGrounding {
                throw CLIError(source.located(refusal))
            }
            if global.json { try context.print(json: answer) } else { context.print(Self.lines(answer)) }
            if answer.match == nil || !answer.errors.isEmpty { throw ExitStatus.notCompleted.code }
        }

        static func lines(_ answer: GroundingTest) -> [Line] {
            var lines: [Line]
            if let match = answer.match {
                lines = [Line("✓ ", .good).adding("matches ").adding(match.useCase, .bold)]
            } else {
                lines = [Line("✕ ", .bad).adding("no use case is near enough")]
            }
            lines.append(Line("  a match needs \(PlanText.decimal(answer.threshold))", .faint))
            lines += answer.considered.map {
                let isMatch = $0.useCase == answer.match?.useCase
                return Line("  ").adding(isMatch ? "● " : "○ ", isMatch ? .good : .faint)
                    .adding("\(PlanText.decimal($0.similarity))  ", .faint).adding($0.useCase)
            }
            return lines + answer.errors.map { Line("✕ ", .bad).adding($0, .bad) }
        }
    }
}
