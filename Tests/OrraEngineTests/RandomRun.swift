import OrraModel

@testable import OrraEngine

/// One seed's orchestration: a random plan in a random world, driven by random inputs, then healed.
struct RandomRun {
    struct Generator: RandomNumberGenerator {
        var state: UInt64
        /// SplitMix64 (Steele, Lea and Flood, 2014).
        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var bits = state
            bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
            bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
            return bits ^ (bits >> 31)
        }
    }

    static let services = ["alpha", "beta", "gamma"]
    private var random: Generator
    private(set) var run: Run
    private var executions = 0
    private var connections: UInt64 = 0

    init(seed: UInt64) {
        random = Generator(state: seed)
        var world = World()
        for name in Self.services {
            // Outputs may lack a field, inputs may want one, and values may have the wrong type.
            let strict: JSONValue = ["type": "object", "properties": ["v": ["type": "integer"]], "required": ["v"]]
            let output: JSONValue = Bool.random(using: &random) ? strict : ["type": "object"]
            // The parameter `v` is a text: a task that takes it here can't be readied.
            let picky: JSONValue = ["type": "object", "properties": ["f0": ["type": "integer"]]]
            let input: JSONValue = Int.random(in: 0..<6, using: &random) == 0 ? picky : ["type": "object"]
            world.add(
                name, input: input, output: output, attempts: Int.random(in: 1...4, using: &random),
                revertible: Int.random(in: 0..<4, using: &random) > 0)
        }
        run = Run(world, timeout: .seconds(5), gracePeriod: .seconds(20))
    }

    /// Inputs in random order, then a world in which everything works until it has ended.
    mutating func play(checking check: (Run) throws -> Void) rethrows {
        for _ in 0..<Int.random(in: 5...120, using: &random) {
            step()
            try check(run)
        }
        run.world.away = [:]
        if run.live.phase == .preparing { run.handle(.planned(plan())) }
        if run.live.phase.kind == .held { run.handle(.approve(reason: nil)) }
        for _ in 0..<1_000 where run.live.phase.kind != .ended || run.live.isUnsettled {
            for task in run.live.tasks { heal(task) }
            let wakeup = run.live.nextWakeup(in: run.world) ?? run.now + .seconds(1)
            run.wait(max(wakeup - run.now, .milliseconds(1)))
            try check(run)
        }
    }

    private mutating func heal(_ task: TaskState) {
        switch task.phase {
        case .queued: return dispatch(task)
        case .inFlight: run.report(task.id.number, .output(RawJSON(["v": 1, "w": 2]), nil), "e_healed")
        default: break
        }
        switch task.undo?.phase {
        case .queued: dispatchUndo(task)
        case .inFlight: run.answerUndo(task.id.number, .compensation(.completed), "e_healed")
        default: return
        }
    }

    private mutating func plan() -> Plan {
        let tasks = (1...Int.random(in: 1...6, using: &random)).map { number in
            let sources = (0..<number).filter { _ in Int.random(in: 0..<3, using: &random) == 0 }
            return Plan.Task(
                id: TaskID(number), service: .named(Self.services.randomElement(using: &random) ?? "alpha"),
                input: sources.map {
                    Plan.Input(
                        field: "f\($0)", source: TaskID($0),
                        sourceField: Int.random(in: 0..<12, using: &random) == 0 ? "w" : "v")
                })
        }
        return Plan(parameters: RawJSON(["v": "text", "w": 1]), tasks: tasks)
    }

    /// Outputs that a retry takes over: mostly none.
    private mutating func kept() -> [KeptOutput] {
        guard Int.random(in: 0..<4, using: &random) == 0 else { return [] }
        return (1...3).map { number in
            KeptOutput(task: TaskID(number), output: RawJSON(["v": 1, "w": 2]), from: OrchestrationID("o_first"))
        }
    }

    /// What was decided about the plan: about half of them wait for a yes.
    private mutating func terms() -> PlanTerms? {
        guard Int.random(in: 0..<4, using: &random) > 0 else { return nil }
        let holds: [HoldReason?] = [.confirmation, .approval, nil]
        let checks: [PlanningSettings.OutputCheck?] = [nil, .enforce, .warn, .off]
        return PlanTerms(
            planner: .offline, confidence: 0.5, planHash: "h", hold: holds.randomElement(using: &random) ?? nil,
            outputCheck: checks.randomElement(using: &random) ?? nil)
    }

    private mutating func decide() {
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<6: run.handle(.approve(reason: nil))
        case 6..<8: run.handle(.reject(reason: "no"))
        // Nobody says a word for days.
        case 8: if run.live.phase.kind == .held { run.wait(Limits.holdLife) }
        default: run.handle(.cancel)
        }
    }

    private mutating func step() {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<3:
            let isActionable = Int.random(in: 0..<12, using: &random) > 0
            let stages = [PlanningStage(.offline, isActionable ? .passed : .refused, "looked at it")]
            run.handle(
                isActionable
                    ? .planned(plan(), kept: kept(), terms: terms(), stages: stages)
                    : .notActionable(reason: "no", stages: stages))
        case 3: if Int.random(in: 0..<3, using: &random) == 0 { run.handle(.cancel) }
        case 4..<8: restart()
        case 8..<14:
            let service = ServiceID.named(Self.services.randomElement(using: &random) ?? "alpha")
            run.world.away[service] = run.world.away[service] == nil ? run.now : nil
            run.handle(.connectivityChanged)
        case 14..<34: run.wait(.milliseconds(Int64.random(in: 0...4_000, using: &random)))
        case 34..<54: undoStep()
        case 54: resolve()
        case 55..<57: decide()
        default: taskStep()
        }
    }

    private mutating func resolve() {
        guard let task = run.live.tasks.randomElement(using: &random) else { return }
        run.handle(.resolve(task.id, Bool.random(using: &random) ? .resolved : .ignored, reason: "by hand"))
    }

    private mutating func undoStep() {
        guard let task = run.live.tasks.filter({ $0.undo != nil }).randomElement(using: &random),
            let undo = task.undo
        else { return taskStep() }
        let choice = Int.random(in: 0..<10, using: &random)
        switch undo.phase {
        case .queued where choice < 7: dispatchUndo(task)
        case .inFlight(let delivery) where choice < 3:
            run.loseUndo(task.id.number, on: delivery.connection.number)
        case .inFlight where choice < 5: run.wait(Limits.compensationTimeout)
        case .backingOff where choice < 5: run.wait(.seconds(66))
        default: reportUndo(task)
        }
    }

    private mutating func dispatchUndo(_ task: TaskState) {
        guard run.world.away[task.service] == nil else { return }
        executions += 1
        connections += 1
        run.dispatchUndo(
            task.id.number, "e_\(executions)", on: connections,
            instance: Bool.random(using: &random) ? "i\(connections % 3)" : nil)
    }

    private mutating func reportUndo(_ task: TaskState) {
        let value = RawJSON([.number(JSONNumber(Int.random(in: 0..<3, using: &random)))])
        let report: TaskReport =
            switch Int.random(in: 0..<20, using: &random) {
            case 0..<4: .compensation(.completed)
            case 4..<7: .compensation(.partial(.init(completed: value, remaining: value)))
            case 7..<13: .compensation(.failed("no"))
            case 13: .malformed(reason: "no result")
            case 14: .aborted(value)
            case 15: .output(value, nil)
            case 16: .inProgress
            case 17: .interim(value, InterimID("i_1"))
            default: .error("no")
            }
        run.answerUndo(task.id.number, report, "e_\(executions)")
    }

    /// The hub dies and starts again: what lives is what the journal says, and nothing is connected.
    private mutating func restart() {
        for name in Self.services { run.world.away[.named(name)] = run.now }
        run.handle(.recovered)
    }

    private mutating func taskStep() {
        guard let task = run.live.tasks.randomElement(using: &random) else {
            return run.handle(.planned(plan(), terms: terms())).ignore()
        }
        let choice = Int.random(in: 0..<10, using: &random)
        switch task.phase {
        case .queued where choice < 7: dispatch(task)
        case .inFlight(let delivery) where choice < 3:
            run.lose(task.id.number, on: delivery.connection.number)
        default: report(task)
        }
    }

    private mutating func dispatch(_ task: TaskState) {
        guard run.world.away[task.service] == nil else { return }
        executions += 1
        connections += 1
        run.dispatch(
            task.id.number, "e_\(executions)", on: connections,
            instance: Bool.random(using: &random) ? "i\(connections % 3)" : nil)
    }

    private mutating func ttl() -> Int64 { [5, 20_000, 60_000, 600_000].randomElement(using: &random) ?? 5 }

    private mutating func report(_ task: TaskState) {
        let execution = "e_\(Int.random(in: max(0, executions - 3)...executions, using: &random))"
        let value = RawJSON(["v": Int.random(in: 0..<10, using: &random) == 0 ? "text" : 1, "w": 2])
        let report: TaskReport =
            switch Int.random(in: 0..<40, using: &random) {
            case 0..<6: .output(value, nil)
            case 6..<18: .output(value, .init(data: value, ttlMs: ttl()))
            case 18..<29: .error("no")
            case 29..<31: .malformed(reason: "no object")
            case 31: .aborted(value)
            case 32..<34: .inProgress
            default: .interim(value, InterimID("i_\(executions)"))
            }
        run.report(task.id.number, report, execution)
    }
}

extension Decision {
    fileprivate func ignore() {}
}
