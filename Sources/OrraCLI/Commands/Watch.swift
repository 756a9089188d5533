import OrraModel
import OrraProtocol
import OrraSDK

extension CommandContext {
    /// Waits for a plan. On a terminal it says so meanwhile, because that can take a while.
    func planning<Answer>(isShown: Bool, _ ask: () async throws -> Answer) async throws -> Answer {
        guard isShown, terminal()?.canRedraw == true else { return try await ask() }
        output.write("○ planning …")
        defer { output.write("\r" + Escape.eraseLineRest) }
        return try await ask()
    }

    /// Watches an action that was accepted just now, or, if quiet, only says its id. Throws the exit code of another end
    /// than completed. Of a plan that waits for a yes it asks first, if somebody is there.
    func watch(
        _ accepted: OrchestrationAnswer, of hub: OperatorClient, saysYes: Bool = false, isQuiet: Bool, asJSON: Bool
    ) async throws {
        if let held = HeldPlan(accepted, hub: hub, context: self) {
            try await held.decide(saysYes: saysYes, isQuiet: isQuiet, asJSON: asJSON)
        }
        if isQuiet {
            if asJSON { return try print(json: ["id": accepted.id.rawValue]) }
            return output.line(VisibleText.clean(accepted.id.rawValue))
        }
        let watch = Watch(id: accepted.id, action: accepted.action.content, hub: hub, context: self)
        let status = try await watch.run(asJSON: asJSON)
        if status != .success { throw status.code }
    }
}

/// Follows one action to its end: shows it, and can be left with Ctrl-C.
struct Watch: Sendable {
    let id: OrchestrationID
    let action: String
    let hub: OperatorClient
    let context: CommandContext

    private enum End: Sendable { case streamed, detached }

    /// - Returns: success for an action that completed.
    func run(asJSON: Bool) async throws -> ExitStatus {
        let mode: WatchScreen.Mode =
            asJSON ? .json : context.terminal()?.canRedraw == true ? .live : .lines
        let screen = WatchScreen(ActionView(id: id, action: action), mode: mode, context: context)
        let end: End
        do {
            end = try await follow(screen)
        } catch {
            await screen.close()
            throw error
        }
        switch end {
        case .detached:
            await screen.close()
            context.errors.write(
                """
                Detached: the action goes on.
                  orra inspect \(VisibleText.clean(id.rawValue))  shows where it stands
                  orra cancel \(VisibleText.clean(id.rawValue))   ends it

                """)
            return .interrupted
        case .streamed:
            if await !screen.view.hasEnded { await screen.replace(ActionView(try await hub.inspection(id))) }
            await screen.finish()
            return await screen.view.status == .completed ? .success : .notCompleted
        }
    }

    private func follow(_ screen: WatchScreen) async throws -> End {
        try await withThrowingTaskGroup(of: End?.self) { group in
            group.addTask {
                let patience = ProgressPatience(coversFirstConnection: true)
                try await hub.progress(orchestration: id, patience: patience, onLoss: { await screen.lost($0) }) {
                    try await screen.take($0)
                }
                return .streamed
            }
            group.addTask {
                await context.interruption()
                return .detached
            }
            group.addTask {
                while !Task.isCancelled {
                    await screen.draw()
                    try? await Task.sleep(for: .milliseconds(100))
                }
                return nil
            }
            defer { group.cancelAll() }
            while let end = try await group.next() {
                if let end { return end }
            }
            throw CancellationError()
        }
    }
}

/// What the watcher sees: a tree that is drawn again and again, a line per event, or the events as JSON.
actor WatchScreen {
    enum Mode: Sendable { case live, lines, json }

    private(set) var view: ActionView
    private let mode: Mode
    private let context: CommandContext
    private var region = LiveRegion()
    private var tick = 0
    /// Shown under the tree while the hub is away.
    private var remark: String?
    /// The newest time that the hub told, and when it came: its clock may differ from ours.
    private var hubTime: (timestamp: Timestamp, at: ContinuousClock.Instant)?

    init(_ view: ActionView, mode: Mode, context: CommandContext) {
        self.view = view
        self.mode = mode
        self.context = context
    }

    func take(_ frame: ProgressFrame) throws {
        view.apply(frame)
        remark = nil
        if let timestamp = frame.timestamp, timestamp >= hubTime?.timestamp ?? timestamp {
            hubTime = (timestamp, .now)
        }
        switch mode {
        case .live: break  // drawn ten times a second, however many frames come
        case .lines: if let line = Narration.line(frame, view) { context.print(line) }
        case .json: try context.print(json: frame)
        }
    }

    func lost(_ error: OperatorError) {
        let text = error.remark
        if mode == .lines, remark == nil { context.errors.line("orra: \(VisibleText.clean(text))") }
        remark = text
    }

    func replace(_ view: ActionView) { self.view = view }

    func draw() {
        guard mode == .live, let terminal = context.terminal() else { return }
        tick += 1
        // The spinner turns slower than the drawing.
        var box = TaskBox(view: view, now: now, tick: tick / 2, width: terminal.width - 1)
        box.maximumTasks = max(1, terminal.height - 8)
        var lines = box.header + [Line()] + box.box
        if let remark { lines.append(Line(remark, .warning)) }
        let drawn = lines.prefix(terminal.height - 1).map {
            $0.rendered(width: terminal.width - 1, isColored: terminal.isColored)
        }
        context.output.write(region.draw(drawn))
    }

    /// Leaves the whole of it in place of the drawing, with the outcome.
    func finish() {
        switch mode {
        case .json: break
        case .live:
            close()
            show(Outcome.lines(view))
        case .lines: show(Outcome.lines(view).filter { $0.text != view.error })
        }
        let advice = mode == .json ? [] : Outcome.advice(view)
        if !advice.isEmpty { show([Line()] + advice) }
    }

    /// Ends the drawing and leaves the last state in its place.
    func close() {
        guard mode == .live else { return }
        context.output.write(region.clear())
        let width = (context.terminal()?.width ?? 80) - 1
        let box = TaskBox(view: view, now: now, width: width)
        context.print(box.header + [Line()] + box.box, width: width)
    }

    private func show(_ lines: [Line]) { context.print(lines) }

    private var now: Timestamp {
        guard let hubTime else { return context.now() }
        return hubTime.timestamp + hubTime.at.duration(to: .now)
    }
}
