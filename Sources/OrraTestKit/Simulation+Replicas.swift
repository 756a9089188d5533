import OrraEngine
import OrraModel

/// The fake SDKs.
extension Simulation {
    /// First frames of a connection: hello, then everything that was not acknowledged.
    func greet(_ replica: Int) {
        guard let link = replicas[replica].link else { return }
        let held = replicas[replica].outbox
        switch replicas[replica].style {
        case .swift:
            sendToHub(link, .hello(credit: replicas[replica].credit, instance: replicas[replica].instance))
            if replicas[replica].isDraining { sendToHub(link, .drain) }
            for message in held { send(message, messageID: message.id, on: link) }
        case .javascript:
            // Bare: nobody will acknowledge them.
            replicas[replica].outbox = []
            for message in held { send(message, messageID: nil, on: link) }
        case .python:
            replicas[replica].outbox = []
            for message in held { post(message.report, message.key, message.execution, by: replica) }
        }
    }

    func arriveAtClient(_ link: Int, _ frame: ClientBound) {
        guard links[link].isOpenAtClient, !links[link].isCut else { return }
        let replica = links[link].replica
        guard replicas[replica].link == link else { return }
        if replicas[replica].style == .python, !replicas[replica].runs.isEmpty {
            replicas[replica].unread.append(frame)
            oracle.leftUnread(replicas[replica].unread.count, by: replica)
        } else {
            read(frame, replica)
        }
    }

    private func read(_ frame: ClientBound, _ replica: Int) {
        switch frame {
        case .work(let request): arrived(request, replica)
        case .acknowledgement(let id): replicas[replica].outbox.removeAll { $0.id == id }
        case .cancelRequest(let key):
            guard replicas[replica].style == .swift else { return }
            replicas[replica].runs[key]?.isCancelled = true
        }
    }

    private func arrived(_ request: WorkRequest, _ replica: Int) {
        let execution = request.execution.rawValue
        if replicas[replica].runs[request.key] != nil {
            guard replicas[replica].style != .python else { return }
            guard let link = replicas[replica].link else { return }
            let id = replicas[replica].nextMessageID()
            oracle.sent(id, request.key, .inProgress, execution, by: replica)
            return sendToHub(link, .report(request.key, .inProgress, execution: execution, messageID: id))
        }
        if let answer = replicas[replica].answers[request.key] {
            if case .aborted = answer, replicas[replica].style == .python { return }
            // What is not acknowledged goes out again by itself.
            let isHeld = replicas[replica].outbox.contains { $0.key == request.key && $0.isAnswer }
            guard replicas[replica].style != .swift || !isHeld else { return }
            note("r\(replica) answers \(request.work.brief) from its cache")
            return post(answer, request.key, execution, by: replica)
        }
        guard !replicas[replica].isDraining else { return }
        start(request, replica)
    }

    private func start(_ request: WorkRequest, _ replica: Int) {
        let start = oracle.executing(request, by: replicas[replica], at: now)
        let behaviour = HandlerBehaviour(
            request, start: start, by: replicas[replica], scenario.handlers, seed: scenario.seed, isHealed: isHealed)
        note(
            "r\(replica) runs \(request.work.brief), run \(start): \(behaviour.report.brief) in \(behaviour.duration) ms"
        )
        replicas[replica].runs[request.key] = Replica.Run(request: request, behaviour: behaviour)
        let generation = replicas[replica].generation
        for (number, at) in behaviour.interims.enumerated() {
            agenda.add(
                .handlerTells(replica: replica, generation: generation, request.key, number: number), at: now + at)
        }
        agenda.add(
            .handlerEnds(replica: replica, generation: generation, request.key), at: now + behaviour.duration)
    }

    func tell(_ replica: Int, _ generation: Int, _ key: IdempotencyKey, _ number: Int) {
        guard replicas[replica].generation == generation, let run = replicas[replica].runs[key] else { return }
        var generator = SeededGenerator(seed: SeededGenerator.hash(key.rawValue), stream: UInt64(number))
        let step = JSONValue.number(JSONNumber(generator.pick(0...2)))
        let report = TaskReport.interim(RawJSON(["step": step]), .random(using: &random))
        post(report, key, run.request.execution.rawValue, by: replica)
    }

    func endHandler(_ replica: Int, _ generation: Int, _ key: IdempotencyKey) {
        guard replicas[replica].generation == generation, let run = replicas[replica].runs[key] else { return }
        replicas[replica].runs[key] = nil
        let behaviour = run.behaviour
        let execution = run.request.execution.rawValue
        if run.isCancelled, !behaviour.isEffective, run.request.undo == nil {
            post(.error("cancelled"), key, execution, by: replica)
        } else if behaviour.isGarbled {
            garble(key, replica)
        } else {
            if behaviour.isKept { replicas[replica].answers[key] = behaviour.report }
            if behaviour.isEffective { oracle.effected(run.request, by: replicas[replica]) }
            post(behaviour.report, key, execution, by: replica)
        }
        let unread = replicas[replica].unread
        replicas[replica].unread = []
        for (index, frame) in unread.enumerated() {
            guard replicas[replica].runs.isEmpty else {
                replicas[replica].unread += unread[index...]
                return
            }
            read(frame, replica)
        }
    }

    private func garble(_ key: IdempotencyKey, _ replica: Int) {
        guard let link = replicas[replica].link else { return }
        let id = replicas[replica].nextMessageID()
        oracle.sent(id, key, .malformed(reason: "it is odd"), "", by: replica)
        sendToHub(link, .malformed(key, messageID: id))
    }

    /// Keeps a message until it is acknowledged, and sends it if there is a connection.
    private func post(_ report: TaskReport, _ key: IdempotencyKey, _ execution: String, by replica: Int) {
        let id = replicas[replica].nextMessageID()
        let message = Replica.Message(id: id, key: key, report: report, execution: execution)
        replicas[replica].outbox.append(message)
        oracle.sent(id, key, report, execution, by: replica)
        guard let link = replicas[replica].link else { return }
        send(message, messageID: id, on: link)
    }

    private func send(_ message: Replica.Message, messageID: String?, on link: Int) {
        note("r\(links[link].replica) sends \(messageID ?? "bare"): \(message.report.brief)")
        sendToHub(
            link, .report(message.key, message.report, execution: message.execution, messageID: messageID))
    }

    // MARK: - Processes

    func kill(_ replica: Int, _ downtime: Int64) {
        guard replicas[replica].isUp else { return }
        if let link = replicas[replica].link { clientCloses(link) }
        replicas[replica].die()
        agenda.add(.replicaUp(replica: replica), at: now + downtime)
    }

    func start(_ replica: Int) {
        replicas[replica].isUp = true
        agenda.add(
            .connect(replica: replica, generation: replicas[replica].generation), at: now + random.time(1...200))
    }

    /// Takes no more, finishes what it has, and goes.
    func drain(_ replica: Int, _ downtime: Int64) {
        guard replicas[replica].isUp, replicas[replica].style == .swift else { return kill(replica, downtime) }
        replicas[replica].isDraining = true
        if let link = replicas[replica].link { sendToHub(link, .drain) }
        endDrain(replica, replicas[replica].generation, downtime, 50)
    }

    func endDrain(_ replica: Int, _ generation: Int, _ downtime: Int64, _ patience: Int) {
        guard replicas[replica].generation == generation else { return }
        let isIdle = replicas[replica].runs.isEmpty && replicas[replica].outbox.isEmpty
        guard !isIdle, patience > 0 else { return kill(replica, downtime) }
        agenda.add(
            .drainEnds(replica: replica, generation: generation, downtime: downtime, patience: patience - 1),
            at: now + 200)
    }
}
