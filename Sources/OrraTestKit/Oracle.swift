import OrraEngine
import OrraModel
import OrraStore

/// The independent model: knows what the simulated world saw and what was committed, and says what must not have been.
///
/// It asks nothing of the engine. Its rules are told from frames, replies, acknowledgements and the journal's events;
/// only ``compare(with:)`` folds the journal with the engine's own `apply`, to hold memory and rows against it.
struct Oracle {
    struct Violation: Sendable {
        /// Which rule was broken: the search for a shorter run keeps to it.
        var rule: String
        var text: String
    }

    private let scenario: Scenario
    private(set) var violation: Violation?
    var counts = SimulationReport.Counts()
    var accounts: [OrchestrationID: Account] = [:]
    var works: [IdempotencyKey: Work] = [:]
    /// Inputs by key: no two requests of a key may differ.
    var inputs: [IdempotencyKey: RawJSON] = [:]
    var position: Int64 = 0
    var lastEntryAt: Timestamp?
    var hubStartedAt = Timestamp(milliseconds: 0)
    var replays: [OrchestrationID: Orchestration] = [:]
    var touched: [OrchestrationID] = []
    var rows: [OrchestrationID: OrchestrationRow] = [:]
    var outbox: Set<IdempotencyKey> = []
    var deliveries: [DeliveryID: WebhookDelivery] = [:]
    /// What callers' own keys stand for.
    var submissions: [String: SubmissionRow] = [:]

    // What clients did.
    private var connections: [ConnectionID: Peer] = [:]
    private var messages: [String: Message] = [:]
    private(set) var sentOutputs: [IdempotencyKey: [TaskReport]] = [:]
    private var settled: Set<IdempotencyKey> = []
    private var starts: [IdempotencyKey: Int] = [:]
    /// Processes that were asked for it.
    private var runners: [TaskReference: Set<String>] = [:]
    private var effects: [TaskReference: [Effect]] = [:]
    private var requests: Set<ExecutionID> = []
    private var deliveredWebhooks: [DeliveryID: Int] = [:]

    struct Peer {
        var replica: Int
        var service: ServiceID
        var credit: Int
        var inFlight: Set<IdempotencyKey> = []
    }

    private struct Message {
        var key: IdempotencyKey
        var report: TaskReport
    }

    private struct Effect {
        var key: IdempotencyKey
        var replica: Int
        var generation: Int
    }

    init(_ scenario: Scenario) { self.scenario = scenario }

    /// The first fault is the one that counts.
    mutating func fail(_ rule: String, _ text: @autoclosure () -> String) {
        guard violation == nil else { return }
        violation = Violation(rule: rule, text: text())
    }

    mutating func expect(_ condition: Bool, _ rule: String, _ text: @autoclosure () -> String) {
        if !condition { fail(rule, text()) }
    }

    func attempts(of service: ServiceID) -> Int { scenario.services.first { $0.id == service }?.attempts ?? 1 }
    func isRevertible(_ service: ServiceID) -> Bool {
        scenario.services.first { $0.id == service }?.revertible ?? false
    }

    // MARK: - Callers

    mutating func submitted(_ submitting: Submitting) {
        accounts[submitting.orchestration] = Account(submitting.submission)
        accounts[submitting.orchestration]?.retryOf = submitting.retryOf
    }

    mutating func cancelled(_ id: OrchestrationID) { accounts[id]?.isCancelRequested = true }

    mutating func accepted(_ id: OrchestrationID) {
        counts.accepted += 1
        accounts[id]?.isAccepted = true
        expect(accounts[id]?.isPlanned == true, "durable", "\(id) was accepted before its plan was on disk")
    }

    /// A caller's key is known: it stands for what it stood for.
    mutating func replayed(_ row: SubmissionRow, _ submission: Scenario.Submission) {
        counts.replays += 1
        let known = submissions[row.key]
        expect(known == row, "submission", "\(row.key) stands for another action than before")
        expect(
            accounts[row.orchestration].map { $0.isPlanned || $0.ended != nil } == true, "submission",
            "\(row.key) stands for an action that was never accepted")
    }

    /// What was undone, or is being undone, is not repeated.
    mutating func retried(_ id: OrchestrationID) {
        counts.retries += 1
        guard let account = accounts[id] else { return fail("retry", "\(id) was never submitted") }
        expect(account.ended.map { $0.status != .completed } == true, "retry", "\(id) is repeated before it failed")
        expect(
            account.tasks.allSatisfy { $0.undo?.dispatches.isEmpty ?? true }, "retry",
            "\(id) was undone and is repeated")
    }

    // MARK: - The hub and its connections

    mutating func hubStarted(at start: Timestamp, isSetAside: Bool) {
        if hubStartedAt.milliseconds > 0 { counts.restarts += 1 }
        hubStartedAt = start
        connections = [:]
        expect(!isSetAside, "journal", "a journal could not be folded")
        expect(lastEntryAt.map { $0 <= start } ?? true, "clock", "the hub's clock runs behind the journal")
    }

    mutating func connected(_ id: ConnectionID, replica: Int, service: ServiceID, credit: Int) {
        connections[id] = Peer(replica: replica, service: service, credit: credit)
    }

    mutating func declared(_ id: ConnectionID, credit: Int) { connections[id]?.credit = credit }

    mutating func took(_ key: IdempotencyKey, _ id: ConnectionID, of service: ServiceID) {
        guard var peer = connections[id] else {
            return fail("delivery", "a task went to a connection that is not there")
        }
        peer.inFlight.insert(key)
        expect(peer.service == service, "delivery", "a task of \(service) went to a connection of \(peer.service)")
        expect(
            peer.inFlight.count <= peer.credit, "credit",
            "c\(id.number) has \(peer.inFlight.count) tasks in flight and a credit of \(peer.credit)")
        connections[id] = peer
    }

    mutating func gave(_ key: IdempotencyKey, _ id: ConnectionID) { connections[id]?.inFlight.remove(key) }

    /// A request leaves the hub.
    mutating func asked(_ request: WorkRequest, on id: ConnectionID) {
        counts.asked += 1
        let brief = request.work.brief
        expect(works[request.key] == request.work, "key", "\(brief) is asked for under a key that is not its own")
        expect(inputs[request.key] == request.input, "input", "the input of \(brief) differs from what is journaled")
        if let undo = request.undo { checkUndo(undo, request) }
        expect(!settled.contains(request.key), "settled", "\(brief) was acknowledged and is asked for again")
        expect(requests.insert(request.execution).inserted, "execution", "an execution id of \(brief) came twice")
        expect(
            accounts[request.work.reference.orchestration]?.dispatched(request.work, request.execution, on: id) == true,
            "durable", "\(brief) left the hub before its dispatch was on disk")
    }

    /// An acknowledgement leaves the hub: what it is for must be on disk.
    mutating func acknowledged(_ messageID: String, by replica: Int) {
        guard let message = messages[messageID], let work = works[message.key] else { return }
        guard let account = accounts[work.reference.orchestration] else { return }
        if message.report.isAnswer, account.isSettled(by: message.report, of: work) { settled.insert(message.key) }
        expect(
            account.accounts(for: message.report, of: work), "durable",
            "\(messageID) (\(message.report.brief) of \(work.brief)) was acknowledged, and is not on disk")
    }

    // MARK: - Clients

    mutating func sent(
        _ id: String, _ key: IdempotencyKey, _ report: TaskReport, _ execution: String, by replica: Int
    ) {
        messages[id] = Message(key: key, report: report)
        switch report {
        case .interim, .inProgress: break
        default: if sentOutputs[key]?.contains(report) != true { sentOutputs[key, default: []].append(report) }
        }
    }

    func hasSent(_ key: IdempotencyKey, _ matches: (TaskReport) -> Bool) -> Bool {
        (sentOutputs[key] ?? []).contains(where: matches)
    }

    /// Frames lie before a client that reads none. What the network doubles is not the hub's doing.
    mutating func leftUnread(_ count: Int, by replica: Int) {
        guard scenario.network.duplicated == 0 else { return }
        counts.mostUnread = max(counts.mostUnread, count)
    }

    /// A handler starts. Returns how often it was started for this key.
    mutating func executing(_ request: WorkRequest, by replica: Replica, at now: Int64) -> Int {
        counts.executions += 1
        starts[request.key, default: 0] += 1
        runners[request.work.reference, default: []].insert("\(replica.number).\(replica.generation)")
        return starts[request.key, default: 0]
    }

    /// A handler did what it was asked to. Where the cache is the same, it may do so once.
    mutating func effected(_ request: WorkRequest, by replica: Replica) {
        counts.effects += 1
        let others = effects[request.work.reference, default: []]
        if !others.isEmpty { counts.repeats += 1 }
        let sameCache = others.filter {
            $0.replica == replica.number && (replica.style == .swift || $0.generation == replica.generation)
        }
        // Two that were asked for the same undoing may contradict each other; one alone never does it twice.
        let isAlone = others.count == sameCache.count && runners[request.work.reference, default: []].count <= 1
        expect(
            !sameCache.contains { $0.key == request.key } && (sameCache.isEmpty || !isAlone), "effect",
            "\(request.work.brief) took effect twice at r\(replica.number)")
        effects[request.work.reference, default: []].append(
            Effect(key: request.key, replica: replica.number, generation: replica.generation))
    }

    // MARK: - Webhooks and watchers

    mutating func posted(_ delivery: WebhookDelivery, isTaken: Bool) {
        counts.posts += 1
        expect(deliveries[delivery.id] != nil, "durable", "a webhook left the hub before it was on disk")
        let account = accounts[delivery.orchestration]
        let isKnown = delivery.subject == .approvalRequested ? account?.holdUntil != nil : account?.isTold == true
        expect(isKnown, "durable", "a webhook told of \(delivery.orchestration) what was not on disk")
        if isTaken { deliveredWebhooks[delivery.id, default: 0] += 1 }
    }

    func isDelivered(_ id: DeliveryID) -> Bool { deliveredWebhooks[id, default: 0] > 0 }

    mutating func watched(_ number: Int64, after last: Int64, by watcher: Int) {
        counts.watched += 1
        expect(number == last + 1, "watcher", "w\(watcher) saw number \(number) after \(last)")
    }
}

extension TaskReport {
    /// Whether a service that has told it needs not be asked again.
    var isAnswer: Bool {
        switch self {
        case .output, .aborted, .compensation: true
        default: false
        }
    }

    var brief: String {
        switch self {
        case .output(let output, let undo): "output \(output.text)\(undo == nil ? "" : ", revertible")"
        case .error(let message): "error \"\(message)\""
        case .malformed: "no result"
        case .interim(let data, _, _): "interim \(data.text)"
        case .aborted: "abort"
        case .inProgress: "in progress"
        case .compensation(.completed): "undone"
        case .compensation(.partial): "undone in part"
        case .compensation(.failed): "not undone"
        }
    }
}

extension Work {
    var brief: String {
        "\(reference.orchestration) \(reference.task)" + (reference.kind == .task ? "" : ", compensation \(number)")
    }
}
