import ArgumentParser
import OrraModel
import OrraProtocol
import OrraSDK

struct ListCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "ps", abstract: "List the actions, newest first.",
        discussion: "◎ processing  ● completed  ✕ failed  ○ pending  ⊘ not actionable  ⏸ paused  ⊟ aborted  ⊗ cancelled"
    )

    @Flag(name: [.customShort("w"), .long], help: "Keep the list up to date until Ctrl-C.") var watch = false
    @OptionGroup var global: GlobalOptions

    func run(in context: CommandContext) async throws {
        let hub = try global.access(in: context).hub
        guard watch else {
            let list = try await hub.orchestrations()
            if global.json { return try context.print(json: list) }
            let width = context.terminal()?.width
            return context.print(Self.lines(list.all, now: context.now(), width: width), width: width)
        }
        let screen = ListScreen(context: context, asJSON: global.json)
        do {
            try await Self.watch(hub, screen, context)
        } catch {
            await screen.close()
            throw error
        }
        await screen.close()
    }

    /// Asks every two seconds: cheap for the hub, and no event is so urgent in a list.
    private static func watch(_ hub: OperatorClient, _ screen: ListScreen, _ context: CommandContext) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await screen.show(hub.orchestrations())
                while true {
                    try await Task.sleep(for: .seconds(2))
                    do {
                        try await screen.show(hub.orchestrations())
                    } catch let error as OperatorError {
                        guard case .unreachable = error else { throw error }
                        await screen.lost(error)
                    }
                }
            }
            group.addTask { await context.interruption() }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    static func lines(_ actions: [OrchestrationSummary], now: Timestamp, width: Int?) -> [Line] {
        guard !actions.isEmpty else { return [Line("No actions yet. Try one with `orra verify run \"…\"`.")] }
        // Only where something is undone: most lists need no such column.
        let showsUndone = actions.contains { $0.compensation != nil }
        let rows = actions.map { action -> [Line.Span] in
            let undone = showsUndone ? [undone(action.compensation)] : []
            return [
                .init(text: action.status.icon, style: action.status.style),
                .init(text: action.id.rawValue, style: .faint),
                .init(text: DisplayWidth.shortened(VisibleText.clean(action.action), to: 48), style: .plain),
                .init(text: action.status.words, style: action.status.style),
                .init(text: Times.age(now - action.timestamp), style: .plain),
            ] + undone + [remark(action)]
        }
        let heading = ["", "ID", "ACTION", "STATUS", "AGE"] + (showsUndone ? ["UNDONE"] : []) + ["ERROR"]
        return Table(heading: heading, rows: rows, flexible: 2).lines(width: width)
    }

    /// What is wrong, or what it waits for.
    private static func remark(_ action: OrchestrationSummary) -> Line.Span {
        guard action.status == .paused, let reason = action.pauseReason else {
            return .init(text: action.error ?? "", style: .bad)
        }
        return .init(text: PlanText.waits(reason, action.id), style: .warning)
    }

    /// `2/2`, `◐ 1/3`, `1/2, 1 failed`.
    private static func undone(_ counts: CompensationCounts?) -> Line.Span {
        guard let counts, counts.total > 0 else { return .init(text: "", style: .plain) }
        let text = (counts.active > 0 ? "◐ " : "") + "\(counts.completed)/\(counts.total)"
        guard counts.failed == 0 else { return .init(text: text + ", \(counts.failed) failed", style: .bad) }
        return .init(text: text, style: counts.active > 0 ? .busy : .good)
    }
}

/// The list as it lives on a terminal, or its changes.
private actor ListScreen {
    private let context: CommandContext
    private let asJSON: Bool
    private var region = LiveRegion()
    private var shown: [OrchestrationSummary]?

    init(context: CommandContext, asJSON: Bool) {
        self.context = context
        self.asJSON = asJSON
    }

    func show(_ list: OrchestrationList) throws {
        let actions = list.all
        defer { shown = actions }
        if asJSON {
            if actions != shown { try context.print(json: list) }
        } else if let terminal = context.terminal(), terminal.canRedraw {
            draw(actions, terminal, remark: nil)
        } else {
            let known = Set(shown ?? [])
            let news = actions.filter { !known.contains($0) }
            if shown == nil || !news.isEmpty { context.print(ListCommand.lines(news, now: context.now(), width: nil)) }
        }
    }

    func lost(_ error: OperatorError) {
        let text = error.remark
        if let terminal = context.terminal(), terminal.canRedraw, !asJSON {
            draw(shown ?? [], terminal, remark: text)
        } else {
            context.errors.line("orra: \(VisibleText.clean(text))")
        }
    }

    func close() {
        // What stands there stays; only the cursor comes back.
        var rest = LiveRegion()
        swap(&rest, &region)
        if shown != nil, let terminal = context.terminal(), terminal.canRedraw, !asJSON {
            context.output.write(Escape.showCursor)
        }
    }

    private func draw(_ actions: [OrchestrationSummary], _ terminal: Terminal, remark: String?) {
        var lines = ListCommand.lines(actions, now: context.now(), width: terminal.width - 1)
        let room = terminal.height - 2
        if lines.count > room {
            let hidden = lines.count - room + 1
            lines = lines.prefix(room - 1) + [Line("… \(hidden) more", .faint)]
        }
        if let remark { lines.append(Line(remark, .warning)) }
        context.output.write(
            region.draw(lines.map { $0.rendered(width: terminal.width - 1, isColored: terminal.isColored) }))
    }
}
