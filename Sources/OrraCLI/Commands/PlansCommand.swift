import ArgumentParser
import OrraModel
import OrraProtocol
import OrraSDK

struct PlansCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plans", abstract: "Plans that are kept: cached ones, and ones saved under a name.",
        subcommands: [List.self, Show.self, Remove.self, Pin.self, Export.self, Import.self])

    struct List: ContextCommand {
        static let configuration = CommandConfiguration(commandName: "ls", abstract: "List the kept plans.")

        @OptionGroup var global: GlobalOptions

        func run(in context: CommandContext) async throws {
            let list = try await global.access(in: context).hub.plans()
            if global.json { return try context.print(json: list) }
            guard !list.cached.isEmpty || !list.pinned.isEmpty else {
                context.print(Line("No plans are kept. Save one with `orra plans pin <o_…> --name <name>`."))
                return
            }
            let width = context.terminal()?.width
            context.print(Self.table(list, now: context.now()).lines(width: width), width: width)
        }

        static func table(_ list: PlanList, now: Timestamp) -> Table {
            let pinned = list.pinned.map { plan -> [Line.Span] in
                [
                    .init(text: "●", style: .good), .init(text: plan.name, style: .bold),
                    .init(text: plan.action, style: .plain),
                    .init(text: plan.services.joined(separator: ", "), style: .plain),
                    .init(text: Times.age(now - plan.pinnedAt), style: .plain), .init(text: "saved", style: .faint),
                ]
            }
            let cached = list.cached.map { plan -> [Line.Span] in
                [
                    .init(text: "○", style: .faint), .init(text: plan.id.rawValue, style: .faint),
                    .init(text: plan.action, style: .plain),
                    .init(text: plan.services.joined(separator: ", "), style: .plain),
                    .init(text: Times.age(now - plan.createdAt), style: .plain),
                    .init(text: "\(plan.uses)× of \(plan.model)", style: .faint),
                ]
            }
            return Table(
                heading: ["", "PLAN", "ACTION", "SERVICES", "AGE", "KEPT"], rows: pinned + cached, flexible: 2)
        }
    }

    struct Show: ContextCommand {
        static let configuration = CommandConfiguration(abstract: "Show a kept plan.")

        @Argument(help: "A name, or the id of a cached plan: pl_…") var plan: String
        @OptionGroup var global: GlobalOptions

        func run(in context: CommandContext) async throws {
            let answer = try await global.access(in: context).hub.plan(plan)
            if global.json { return try context.print(json: answer) }
            context.print(Self.lines(answer, now: context.now()))
        }

        static func lines(_ answer: KeptPlanAnswer, now: Timestamp) -> [Line] {
            let plan: RawJSON?
            var lines: [Line]
            switch answer {
            case .pinned(let pin):
                plan = pin.plan
                lines = [
                    Line("● ", .good).adding(pin.name, .bold).adding("  \(pin.planHash)", .faint),
                    Line("  \(pin.action)"), Line("  saved \(Times.moment(pin.pinnedAt))", .faint),
                ]
            case .cached(let cached):
                plan = cached.plan
                lines = [
                    Line("○ ", .faint).adding(cached.id.rawValue, .bold).adding("  \(cached.model)", .faint),
                    Line("  \(cached.action)"),
                    Line(
                        "  made \(Times.moment(cached.createdAt)), until \(Times.moment(cached.expiresAt)), "
                            + "used \(cached.uses)× since the hub took it into memory", .faint),
                ]
            }
            if let plan { lines += [Line()] + JSONText.prettyLines(plan.value).map { Line($0) } }
            return lines
        }
    }

    struct Remove: ContextCommand {
        static let configuration = CommandConfiguration(commandName: "rm", abstract: "Forget a kept plan.")

        @Argument(help: "A name, or the id of a cached plan: pl_…") var plan: String
        @OptionGroup var global: GlobalOptions

        func run(in context: CommandContext) async throws {
            try await global.access(in: context).hub.removePlan(plan)
            if global.json { return try context.print(json: ["removed": plan]) }
            context.print(Line("✓ ", .good).adding(plan, .bold).adding(" is forgotten"))
        }
    }

    struct Pin: ContextCommand {
        static let configuration = CommandConfiguration(
            abstract: "Save a plan under a name.", discussion: "Run it with `orra verify run --plan <name> -d …`.")

        @Argument(help: "An action's id (o_…), or that of a cached plan (pl_…).") var plan: String
        @Option(help: "1 to 63 characters.") var name: String
        @OptionGroup var global: GlobalOptions

        func run(in context: CommandContext) async throws {
            guard plan.hasPrefix("o_") || plan.hasPrefix("pl_") else {
                throw CLIError(
                    "\(plan) is neither an action's id nor that of a cached plan",
                    advice: "`orra ps` lists the actions, `orra plans ls` the plans.")
            }
            let pin = try await global.access(in: context).hub.pin(plan, as: name)
            try context.print(saved: pin, asJSON: global.json)
        }
    }

    struct Export: ContextCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a saved plan as a file, to be reviewed and kept like code.")

        @Argument(help: "A name that `orra plans ls` shows.") var name: String
        @Option(name: [.customShort("o"), .long], help: "The file. (default: standard output)") var output: String?
        @OptionGroup var global: GlobalOptions

        func run(in context: CommandContext) async throws {
            let file = try await global.access(in: context).hub.planDocument(name).file()
            guard let output else { return context.output.write(String(decoding: file, as: UTF8.self)) }
            do {
                try SmallFile(path: output).write(file)
            } catch {
                throw CLIError("\(output) can't be written: \(error.reason)")
            }
            if !global.json { context.print(Line("✓ ", .good).adding("written to \(output)")) }
        }
    }

    struct Import: ContextCommand {
        static let configuration = CommandConfiguration(
            abstract: "Save a plan from a file, if the registered services still fit it.")

        @Argument(help: "A file that `orra plans export` wrote.") var file: String
        @Option(help: "Another name than the one in the file.") var name: String?
        @OptionGroup var global: GlobalOptions

        func run(in context: CommandContext) async throws {
            let document: PlanDocument
            do {
                document = try PlanDocument(file: InputFile.read(file))
            } catch let error as CLIError {
                throw error
            } catch {
                throw CLIError(
                    "\(file) is no plan: \(WireDecoder.describe(error))",
                    advice: "Take a file that `orra plans export <name> -o <file>` wrote.")
            }
            let pin = try await global.access(in: context).hub.pin(document, as: name ?? document.name)
            try context.print(saved: pin, asJSON: global.json)
        }
    }
}

extension CommandContext {
    fileprivate func print(saved pin: PinnedPlanAnswer, asJSON: Bool) throws {
        if asJSON { return try print(json: pin) }
        self.print(Line("✓ ", .good).adding("saved as ").adding(pin.name, .bold).adding("  \(pin.planHash)", .faint))
        self.print(Line("  orra verify run --plan \(pin.name)  runs it", .faint))
    }
}

/// A file that a command was given.
enum InputFile {
    static func read(_ path: String) throws(CLIError) -> [UInt8] {
        let content: [UInt8]?
        do {
            content = try SmallFile(path: path).read()
        } catch {
            throw CLIError("\(path) can't be read: \(error.reason)")
        }
        guard let content else { throw CLIError("there is no file \(path)") }
        return content
    }
}
