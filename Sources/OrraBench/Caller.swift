import NIOCore
import NIOHTTP1

/// Plays the operators: keeps a number of actions under way, and checks and times what comes back.
final class Caller {
    private struct Action {
        var sentAt: NIODeadline
        var id: String?
        var isAccepted = false
        var awaitsWebhook: Bool
        var awaitsProgress: Bool
    }

    private enum Phase { case warmingUp, measuring, draining }

    private let loop: any EventLoop
    private let load: Load
    private let hub: RequestPool
    /// Of a body of `POST /orchestrations`, around the tokens.
    private let frame: (before: String, after: String)
    private var actions: [Int: Action] = [:]
    /// Actions that can end without their token, by the hub's own id.
    private var numbers: [String: Int] = [:]
    private var results: [Token: NIODeadline] = [:]
    private var submitted = 0
    private var phase = Phase.warmingUp
    private var measuringSince = NIODeadline.now()
    private let over: EventLoopPromise<Void>
    private(set) var tally = Tally()
    /// What was done while it was measured, and how long that was.
    private(set) var measured: (completed: Int, time: TimeAmount) = (0, .zero)
    var onMeasuring: () -> Void = {}
    var onMeasured: () -> Void = {}

    init(loop: any EventLoop, load: Load, hub: RequestPool, frame: (before: String, after: String)) {
        self.loop = loop
        self.load = load
        self.hub = hub
        self.frame = frame
        over = loop.makePromise()
    }

    /// On the loop. The future succeeds when all outcomes are there, or patience is over.
    func run() -> EventLoopFuture<Void> {
        for _ in 0..<load.inFlight { submit() }
        after(load.warmUpSeconds) { $0.measure() }
        return over.futureResult
    }

    private func after(_ seconds: Double, _ body: @escaping (Caller) -> Void) {
        let bound = NIOLoopBound((caller: self, body: body), eventLoop: loop)
        loop.scheduleTask(in: .nanoseconds(Int64(seconds * 1e9))) { bound.value.body(bound.value.caller) }
    }

    private func measure() {
        tally = Tally()
        phase = .measuring
        measuringSince = .now()
        onMeasuring()
        after(load.seconds) { $0.drain() }
    }

    private func drain() {
        guard phase == .measuring else { return }
        phase = .draining
        measured = (tally.completed, .now() - measuringSince)
        onMeasured()
        if actions.isEmpty { return over.succeed() }
        after(load.patienceSeconds) { $0.giveUp() }
    }

    private func giveUp() {
        tally.lost = actions.values.count { $0.isAccepted }
        over.succeed()
    }

    // MARK: - Submitting

    private func submit() {
        submitted += 1
        let number = submitted
        var body = ByteBuffer()
        body.writeString(frame.before)
        for chain in 0..<load.width {
            let token = Token(action: number, chain: chain)
            body.writeString(#"{"field":"token\#(load.width > 1 ? "\(chain)" : "")","value":"\#(token.text)"},"#)
        }
        body.moveWriterIndex(to: body.writerIndex - 1)
        body.writeString(frame.after)
        let sentAt = NIODeadline.now()
        actions[number] = Action(
            sentAt: sentAt, awaitsWebhook: load.outcome != .progress, awaitsProgress: load.outcome != .webhook)
        hub.send(.POST, "/orchestrations", body) { [self] result in
            switch result {
            case .success(let answer) where answer.status == 202:
                Tally.record(sentAt, .now(), in: &tally.accepted)
                guard actions[number] != nil, let id = answer.body.text(ofMember: "id") else { return }
                actions[number]?.isAccepted = true
                actions[number]?.id = id
                numbers[id] = number
            case .success(let answer):
                refused(number, "HTTP \(answer.status) \(answer.body.text(ofMember: "code") ?? "")")
            case .failure(let error): refused(number, "no answer: \(error)")
            }
        }
    }

    private func refused(_ number: Int, _ reason: String) {
        guard actions[number] != nil else { return }
        tally.errors[reason, default: 0] += 1
        forget(number)
        // A hub that refuses is not asked again at once.
        after(0.01) { $0.next() }
    }

    private func next() {
        if phase == .measuring, load.actions > 0, tally.completed >= load.actions { drain() }
        guard phase != .draining else { return actions.isEmpty ? over.succeed() : () }
        submit()
    }

    private func forget(_ number: Int) {
        if let id = actions.removeValue(forKey: number)?.id { numbers[id] = nil }
    }

    // MARK: - What comes back

    func asked(_ token: Token) {
        guard let since = results.removeValue(forKey: token) else { return }
        Tally.record(since, .now(), in: &tally.hop)
    }

    func answered(_ token: Token) { if token.steps < load.length { results[token] = .now() } }

    func webhook(_ body: ByteBuffer) {
        guard body.text(ofMember: "status") == "completed" else { return failed(body, "webhook") }
        finished(body) { action, tally in
            guard action.awaitsWebhook else { return false }
            action.awaitsWebhook = false
            Tally.record(action.sentAt, .now(), in: &tally.webhook)
            return true
        }
    }

    func progress(_ frame: ByteBuffer) {
        guard frame.text(ofMember: "type") == "ended" else { return }
        guard frame.text(ofMember: "status") == "completed" else { return failed(frame, "progress") }
        finished(frame) { action, tally in
            guard action.awaitsProgress else { return false }
            action.awaitsProgress = false
            Tally.record(action.sentAt, .now(), in: &tally.progress)
            return true
        }
    }

    private func failed(_ body: ByteBuffer, _ source: String) {
        guard let number = body.text(ofMember: "orchestrationId").flatMap({ numbers[$0] }) else {
            tally.errors["an outcome of an action that is not known", default: 0] += 1
            return
        }
        tally.errors["ended \(body.text(ofMember: "status") ?? "without a status")", default: 0] += 1
        forget(number)
        next()
    }

    private func finished(_ body: ByteBuffer, _ note: (inout Action, inout Tally) -> Bool) {
        guard let token = Token(member: "token", of: body), token.steps == load.length, token.chain < load.width,
            token.action <= submitted
        else {
            tally.wrong += 1
            return
        }
        guard var action = actions[token.action] else {
            tally.repeated += 1
            return
        }
        // An outcome that tells of another action than the hub's id does is wrong, whatever token it carries.
        if let id = body.text(ofMember: "orchestrationId"), let own = action.id, id != own { tally.wrong += 1 }
        guard note(&action, &tally) else {
            tally.repeated += 1
            return
        }
        actions[token.action] = action
        guard !action.awaitsWebhook, !action.awaitsProgress else { return }
        tally.completed += 1
        forget(token.action)
        next()
    }
}
