import OrraCore
import OrraEngine
import OrraModel
import OrraStore

/// One run of a scenario: the production core and store, and everybody around them, in virtual time.
///
/// Nothing here waits or reads a clock. What happens next is the earliest entry of the agenda; each may add others.
/// After the scenario's length the faults end, and all must come to rest within ``Bounds``.
public final class Simulation {
    /// What a run may take. Beyond: the world does not come to rest, which is a failure.
    enum Bounds {
        /// Happenings after the faults have ended.
        static let steps = 40_000
        /// Milliseconds after the faults have ended: webhooks are tried again within an hour, a compensation within its
        /// time to live.
        static let time: Int64 = 27 * 3_600_000
    }

    let scenario: Scenario
    var now: Int64 = 0
    var agenda = Agenda<Happening>()
    var oracle: Oracle
    private var isTracing: Bool
    private(set) var trace: [String] = []
    private(set) var steps = 0
    var isHealed = false

    // The hub's machine.
    var store = InMemoryStore()
    var hub: HubProcess?
    var epoch = 0
    /// What the wall clock was set ahead by.
    var wallOffset: Int64 = 0
    var diskIsFullUntil: Int64 = 0
    /// A batch whose commit failed: the disk may hold it all the same, until another is committed.
    var doubtful: [Write]?
    var slowDisk: (until: Int64, latency: Int64) = (0, 0)
    var wantsConflict = false
    var commits = 0
    var armedCrash: (point: Scenario.CrashPoint, downtime: Int64)?
    var crashesAtCommit: [Int: (point: Scenario.CrashPoint, downtime: Int64)] = [:]

    // The world.
    var links: [Link] = []
    var replicas: [Replica]
    var partitionedUntil: [Int: Int64] = [:]
    var watchers: [Watcher] = []
    var webhooksAreDownUntil: Int64 = 0
    var submitting: [Int: Submitting] = [:]
    var submissionTries: [Int: Int] = [:]
    var random: SeededGenerator
    /// Draws for those who say yes or no to plans.
    var people: SeededGenerator

    static let project = Project(id: ProjectID("p_sim"), name: "sim", createdAt: Timestamp(milliseconds: wallAtStart))
    static let wallAtStart: Int64 = 1_790_000_000_000

    private init(_ scenario: Scenario, tracing: Bool) {
        self.scenario = scenario
        isTracing = tracing
        oracle = Oracle(scenario)
        random = SeededGenerator(seed: scenario.seed, stream: 2)
        people = SeededGenerator(seed: scenario.seed, stream: 4)
        replicas = scenario.replicas.enumerated().map { Replica($1, number: $0, of: scenario.services[$1.service]) }
    }

    /// Runs a scenario to its end, or to the first fault that the oracle finds.
    public static func run(_ scenario: Scenario, tracing: Bool = false) async throws -> SimulationReport {
        let simulation = Simulation(scenario, tracing: tracing)
        try await simulation.run()
        return try await simulation.report()
    }

    private func run() async throws {
        try await store.commit(scenario.firstWrites)
        try await startHub()
        for action in scenario.actions { agenda.add(.action(action.kind), at: action.at) }
        for replica in replicas.indices {
            agenda.add(.connect(replica: replica, generation: 0), at: random.time(0...500))
        }
        var stepsSinceHealing = 0
        while oracle.violation == nil, let next = agenda.next() ?? probe() {
            if !isHealed, next.at >= scenario.length { heal() }
            now = max(now, next.at)
            steps += 1
            try await happen(next.event)
            guard isHealed else { continue }
            stepsSinceHealing += 1
            oracle.counts.mostStepsToRest = stepsSinceHealing
            if stepsSinceHealing > Bounds.steps || now > scenario.length + scenario.holdTime + Bounds.time {
                return oracle.fail("rest", "the world did not come to rest")
            }
        }
        guard oracle.violation == nil else { return }
        try await checkAtRest()
    }

    /// When all is at rest, one more action: it must be accepted, and complete.
    private func probe() -> (at: Int64, event: Happening)? {
        if !isHealed { return (scenario.length, .hubStep(epoch: 0)) }
        guard submitting[Scenario.Submission.probe] == nil else { return nil }
        return (now + 1_000, .action(.submit(scenario.probe)))
    }

    private func report() async throws -> SimulationReport {
        let journal = try await store.journal(of: Self.project.id, afterPosition: 0, limit: .max)
        return SimulationReport(
            seed: scenario.seed, violation: oracle.violation, steps: steps, commits: commits, trace: trace,
            journal: journal, counts: oracle.counts)
    }

    /// A line of the trace, made only when somebody reads it.
    func note(_ line: @autoclosure () -> String) {
        guard isTracing else { return }
        let text = String(now)
        trace.append(String(repeating: " ", count: max(0, 8 - text.count)) + text + "  " + line())
    }

    // MARK: - One step

    private func happen(_ event: Happening) async throws {
        switch event {
        case .action(let kind): try await act(kind)
        case .hubUp: if hub == nil { try await startHub() }
        case .hubStep(let epoch): try await stepHub(epoch)
        case .commitEnds(let epoch): try await endCommit(epoch)
        case .alarm(let epoch): ringAlarm(epoch)
        case .planned(let epoch, let submitting): planned(epoch, submitting)
        case .resolved(let epoch, let entry, let orchestration): resolved(epoch, entry, orchestration)
        case .retried(let epoch, let submitting, let id): try await retried(epoch, submitting, id)
        case .verdict(let id, let verdict): give(verdict, of: id)
        case .submitAgain(let submission): try await submit(submission)
        case .toHub(let link, let frame): arriveAtHub(link, frame)
        case .toClient(let link, let frame): arriveAtClient(link, frame)
        case .hubSeesEnd(let link): endAtHub(link)
        case .clientSeesEnd(let link): endAtClient(link)
        case .helloTimeout(let link): stopAwaitingHello(link)
        case .pong(let link): pong(link)
        case .stallEnds(let link): endStall(link)
        case .silenceEnds(let link): endSilence(link)
        case .connect(let replica, let generation): connect(replica, generation)
        case .replicaUp(let replica): start(replica)
        case .drainEnds(let replica, let generation, let downtime, let patience):
            endDrain(replica, generation, downtime, patience)
        case .handlerTells(let replica, let generation, let key, let number): tell(replica, generation, key, number)
        case .handlerEnds(let replica, let generation, let key): endHandler(replica, generation, key)
        case .lookUp(let epoch, let report): try await readForLookUp(epoch, report)
        case .lookedUp(let epoch, let report, let task, let orchestration):
            if hub?.epoch == epoch { enqueue(.lateReport(report, task, orchestration)) }
        case .posted(let epoch, let id, let error):
            if hub?.epoch == epoch { enqueue(.webhookAttempted(id, error: error)) }
        case .watcherConnects(let watcher): connectWatcher(watcher)
        case .watcherReads(let watcher, let session): try await read(watcher, session)
        case .watcherTakes(let watcher, let session, let page): take(watcher, session, page)
        }
    }

    /// No more faults: who is down comes up by itself, who is cut off finds its way.
    private func heal() {
        isHealed = true
        note("— the faults end —")
        diskIsFullUntil = 0
        slowDisk = (0, 0)
        wantsConflict = false
        armedCrash = nil
        crashesAtCommit = [:]
        webhooksAreDownUntil = 0
        partitionedUntil = [:]
    }

    private func act(_ kind: Scenario.Kind) async throws {
        note("* \(kind.brief)")
        switch kind {
        case .submit(let submission): try await submit(submission)
        case .cancel(let submission): cancel(submission)
        case .retry(let submission): try await retry(submission)
        case .crash(.anywhere, let downtime): try await crashHub(downtime)
        case .crash(let point, let downtime): armedCrash = (point, downtime)
        case .crashAtCommit(let number, let point, let downtime): crashesAtCommit[number] = (point, downtime)
        case .fullDisk(let duration): diskIsFullUntil = now + duration
        case .slowDisk(let duration, let latency): slowDisk = (now + duration, latency)
        case .conflict: wantsConflict = true
        case .clockJump(let offset): wallOffset += offset
        case .cut(let replica): cut(replica)
        case .partition(let service, let duration): partition(service, duration)
        case .kill(let replica, let downtime): kill(replica, downtime)
        case .drain(let replica, let downtime): drain(replica, downtime)
        case .stall(let replica, let duration): stall(replica, duration)
        case .silence(let replica, let duration): silence(replica, duration)
        case .resolve: try await resolve()
        case .watchProject(let pace, let page): watch(.project, pace, page)
        case .watch(let submission, let pace, let page):
            if let id = submitting[submission]?.orchestration { watch(.orchestration(id), pace, page) }
        case .leave(let watcher): leave(watcher)
        case .webhooksDown(let duration): webhooksAreDownUntil = now + duration
        }
    }
}

extension Scenario.Kind {
    /// As the trace shows it.
    var brief: String {
        if case .submit(let submission) = self {
            let tasks = submission.plan.tasks.map { task in
                "\(task.id)=\(task.service)(\(task.input.map(\.reference).joined(separator: ",")))"
            }
            return "submit \(submission.number): \(tasks.joined(separator: " ")), timeout \(submission.timeout) ms, "
                + "grace \(submission.gracePeriod) ms"
        }
        return "\(self)"
    }
}
