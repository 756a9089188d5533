import OrraCore
import OrraEngine
import OrraModel
import OrraProtocol
import OrraStore

extension WebhookBody {
    /// The same bytes at every try: everything in it comes from the journal. `nil` while the orchestration runs.
    init?(journal: [JournalEntry], form: WebhookDelivery.Form) {
        guard let orchestration = try? Orchestration(replaying: journal),
            let entry = journal.first(where: { $0.event.kind == .compensating || $0.event.kind == .ended })
        else { return nil }
        self.init(Core.OutcomeNews(orchestration: orchestration, seq: entry.seq, at: entry.at), form: form)
    }

    init?(_ news: Core.OutcomeNews, form: WebhookDelivery.Form) {
        let orchestration = news.orchestration
        guard let ended = orchestration.outcome else { return nil }
        let producer = ended.task.flatMap { orchestration[$0] }.map { orchestration.name(of: $0.service) }
        self.init(
            eventID: "\(orchestration.id)-\(news.seq)", project: orchestration.project,
            orchestration: orchestration.id, status: ended.status, timestamp: news.at,
            results: ended.results.map { Self.results($0, form) },
            error: ended.failure.map { Fault(id: $0.code.rawValue, producer: producer ?? "orra", error: $0.message) },
            abortReason: ended.abortPayload)
    }

    private static func results(_ outputs: [RawJSON], _ form: WebhookDelivery.Form) -> RawJSON {
        switch form {
        case .list:
            var writer = JSONWriter()
            writer.array { for output in outputs { $0.raw(output) } }
            return writer.raw
        case .merged:
            var merged: JSONObject = [:]
            for output in outputs { if let object = output.value.object { merged.merge(object) } }
            return RawJSON(.object(merged))
        }
    }
}

extension ApprovalWebhookBody {
    /// `nil` if its plan never waited for a yes. The same bytes at every try, whatever was decided since.
    init?(journal: [JournalEntry]) {
        guard case .received(let received)? = journal.first?.event else { return nil }
        for entry in journal {
            guard case .planned(let planned) = entry.event, let terms = planned.terms, let hold = terms.hold else {
                continue
            }
            self.init(
                eventID: "\(entry.orchestration)-\(entry.seq)", project: entry.project,
                orchestration: entry.orchestration, timestamp: entry.at, hold: hold,
                planHash: terms.planHash ?? "", action: received.action)
            return
        }
        return nil
    }
}

extension CompensationWebhookBody {
    /// `nil` if the task's compensation has not ended, or completed.
    init?(journal: [JournalEntry], task: TaskID) {
        var found: (JournalEntry, Event.CompensationEnded)?
        for entry in journal {
            if case .compensationEnded(let ended) = entry.event, ended.task == task { found = (entry, ended) }
        }
        guard let orchestration = try? Orchestration(replaying: journal), let state = orchestration[task],
            let (entry, ended) = found, ended.status != .completed
        else { return nil }
        self.init(
            eventID: "\(orchestration.id)-\(entry.seq)", compensation: ended.id, project: orchestration.project,
            orchestration: orchestration.id, task: task, service: state.service,
            serviceName: orchestration.name(of: state.service), status: ended.status,
            failure: ended.failure?.message, compensationData: CompensationData(of: task, in: orchestration),
            timestamp: entry.at)
    }
}

extension CompensationData {
    /// What the service handed over so that the task can be undone, and why it is undone.
    init?(of task: TaskID, in orchestration: Orchestration) {
        guard let undo = orchestration[task]?.undo else { return nil }
        self.init(
            data: undo.data,
            context: Context(
                HubMessage.CompensationContext(
                    orchestration: orchestration.id, reason: .init(orchestration.compensationReason),
                    payload: orchestration.abortPayload,
                    timestamp: orchestration.decidedAt ?? orchestration.lastEventAt)),
            ttl: (undo.expiresAt - undo.completedAt).milliseconds)
    }
}
