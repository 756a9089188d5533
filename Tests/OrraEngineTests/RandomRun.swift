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
            world.add(name, input: input, output: output, attempts: Int.random(in: 1...4, using: &random))
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
        for _ in 0..<200 where run.live.phase.kind != .ended {
            for task in run.live.tasks {
                switch task.phase {
                case .queued: dispatch(task)
                case .inFlight: run.report(task.id.number, .output(RawJSON(["v": 1, "w": 2]), nil), "e_healed")
                default: continue
                }
            }
            run.wait(.seconds(1))
            try check(run)
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

    private mutating func step() {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<3:
            run.handle(Int.random(in: 0..<12, using: &random) == 0 ? .notActionable(reason: "no") : .planned(plan()))
        case 3: if Int.random(in: 0..<3, using: &random) == 0 { run.handle(.cancel) }
        case 4..<8: restart()
        case 8..<14:
            let service = ServiceID.named(Self.services.randomElement(using: &random) ?? "alpha")
            run.world.away[service] = run.world.away[service] == nil ? run.now : nil
            run.handle(.connectivityChanged)
        case 14..<34: run.wait(.milliseconds(Int64.random(in: 0...4_000, using: &random)))
        default: taskStep()
        }
    }

    /// The hub dies and starts again: what lives is what the journal says, and nothing is connected.
    private mutating func restart() {
        for name in Self.services { run.world.away[.named(name)] = run.now }
        run.handle(.recovered)
    }

    private mutating func taskStep() {
        guard let task = run.live.tasks.randomElement(using: &random) else {
            return run.handle(.planned(plan())).ignore()
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

    private mutating func report(_ task: TaskState) {
        let execution = "e_\(Int.random(in: max(0, executions - 3)...executions, using: &random))"
        let value = RawJSON(["v": Int.random(in: 0..<15, using: &random) == 0 ? "text" : 1, "w": 2])
        let report: TaskReport =
            switch Int.random(in: 0..<40, using: &random) {
            case 0..<16: .output(value, nil)
            case 16..<18: .output(value, .init(data: value, ttlMs: 5))
            case 18..<30: .error("no")
            case 30: .malformed(reason: "no object")
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
