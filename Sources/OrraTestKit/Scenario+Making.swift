import OrraModel

extension Scenario {
    public init(seed: UInt64) {
        var random = SeededGenerator(seed: seed, stream: 1)
        // Each kind of fault is in about half of the seeds.
        let faults = Set(Fault.allCases.filter { $0 != .holds && random.chance(perMille: 550) })
        self.seed = seed
        length = random.time(8_000...40_000)
        services = ["one", "two", "three"].map {
            ServicePlan(name: $0, attempts: random.pick(1...4), revertible: random.chance(perMille: 700))
        }
        replicas = []
        for service in services.indices {
            let style = random.element(of: Style.allCases)
            for _ in 0..<random.pick(1...3) {
                replicas.append(
                    ReplicaPlan(
                        service: service, style: style, credit: style == .python ? 1 : random.pick(1...4)))
            }
        }
        network = NetworkPlan(latency: 1...random.time(2...120))
        if faults.contains(.dropped) { network.dropped = random.pick(1...30) }
        if faults.contains(.duplicated) { network.duplicated = random.pick(1...100) }
        if faults.contains(.reordered) { network.reordered = random.pick(1...200) }
        handlers = HandlerPlan(interims: random.pick(0...400))
        if faults.contains(.errors) { handlers.errors = random.pick(10...300) }
        if faults.contains(.aborts) { handlers.aborts = random.pick(5...60) }
        if faults.contains(.odd) { handlers.odd = random.pick(5...30) }
        if faults.contains(.slow) { handlers.slow = random.pick(10...150) }
        if faults.contains(.doomed) { handlers.doomed = random.pick(10...120) }
        if faults.contains(.floods) { handlers.floods = random.pick(5...60) }
        if faults.contains(.revertErrors) {
            handlers.partial = random.pick(0...200)
            handlers.revertErrors = random.pick(20...400)
        }
        liveOrchestrations = random.chance(perMille: 200) ? random.pick(2...6) : 100
        actions = []
        let submissions = random.pick(4...14)
        for number in 1...submissions { submit(number, &random) }
        watch(submissions, &random)
        disturb(faults, submissions, &random)
        actions.sort { $0.at < $1.at }
        decideTerms()
    }

    /// The same, and the hub crashes at this commit, counted from 1.
    func crashing(atCommit commit: Int, _ point: CrashPoint) -> Scenario {
        var scenario = self
        scenario.actions.insert(
            Action(at: 0, kind: .crashAtCommit(commit, point, downtime: 100)), at: scenario.actions.startIndex)
        return scenario
    }

    private mutating func add(_ kind: Kind, at time: Int64) { actions.append(Action(at: time, kind: kind)) }

    private mutating func submit(_ number: Int, _ random: inout SeededGenerator) {
        let plan = Self.plan(services, &random)
        add(
            .submit(
                Submission(
                    number: number, plan: plan, timeout: random.time(400...5_000),
                    gracePeriod: random.time(1_500...20_000), hasWebhook: random.chance(perMille: 500),
                    isRefused: random.chance(perMille: 30),
                    key: random.chance(perMille: 300) ? "key-\(random.pick(1...(number + 1)))" : nil)),
            at: random.time(0...(length * 8 / 10)))
    }

    /// One to seven tasks, each of which takes one to three texts from earlier ones or from the parameters.
    static func plan(_ services: [ServicePlan], _ random: inout SeededGenerator) -> Plan {
        let fields = ["a", "b", "c"]
        let tasks = (1...random.pick(1...7)).map { number in
            Plan.Task(
                id: TaskID(number), service: random.element(of: services).id,
                input: (0...random.pick(0...2)).map { index in
                    Plan.Input(field: fields[index], source: TaskID(random.pick(0...(number - 1))), sourceField: "text")
                })
        }
        return Plan(parameters: RawJSON(["text": "begin"]), tasks: tasks)
    }

    private mutating func watch(_ submissions: Int, _ random: inout SeededGenerator) {
        for watcher in 0..<random.pick(1...4) {
            let begin = random.time(0...(length * 9 / 10))
            let pace = random.chance(perMille: 300) ? random.time(20...400) : random.time(0...5)
            let page = random.pick(1...64)
            if random.chance(perMille: 500) {
                add(.watchProject(pace: pace, page: page), at: begin)
            } else {
                add(.watch(submission: random.pick(1...submissions), pace: pace, page: page), at: begin)
            }
            if random.chance(perMille: 300) { add(.leave(watcher: watcher), at: begin + random.time(10...10_000)) }
        }
    }

    private mutating func disturb(_ faults: Set<Fault>, _ submissions: Int, _ random: inout SeededGenerator) {
        for fault in Fault.allCases where faults.contains(fault) {
            for _ in 0..<random.pick(1...4) {
                let time = random.time(0...length)
                guard let kind = disturbance(fault, submissions, &random) else { continue }
                add(kind, at: time)
            }
        }
    }

    private func disturbance(_ fault: Fault, _ submissions: Int, _ random: inout SeededGenerator) -> Kind? {
        let replica = random.pick(0...(replicas.count - 1))
        let short = random.time(20...6_000)
        switch fault {
        case .crashes:
            let point = random.element(of: [
                CrashPoint.anywhere, .beforeCommit, .afterCommit, .amidEffects(perMille: random.pick(0...999)),
            ])
            return .crash(point, downtime: random.time(10...3_000))
        case .fullDisk: return .fullDisk(short)
        case .slowDisk: return .slowDisk(short, latency: random.time(20...800))
        case .conflicts: return .conflict
        case .clockJumps:
            let far = random.chance(perMille: 150)
            return .clockJump(random.time(far ? -100_000_000...100_000_000 : -30_000...30_000))
        case .cuts: return .cut(replica: replica)
        case .partitions: return .partition(service: random.pick(0...(services.count - 1)), random.time(100...25_000))
        case .kills: return .kill(replica: replica, downtime: random.time(10...8_000))
        case .drains: return .drain(replica: replica, downtime: random.time(10...8_000))
        case .stalls: return .stall(replica: replica, short)
        case .silences: return .silence(replica: replica, short)
        case .resolutions: return .resolve
        case .cancels: return .cancel(submission: random.pick(1...submissions))
        case .retries: return .retry(submission: random.pick(1...submissions))
        case .webhooks: return .webhooksDown(random.time(500...30_000))
        case .dropped, .duplicated, .reordered, .errors, .aborts, .odd, .slow, .doomed, .floods,
            .revertErrors, .holds:
            return nil
        }
    }
}
