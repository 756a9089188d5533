import OrraEngine
import OrraModel
import OrraProtocol

extension WebhookBody {
    /// The same bytes at every try: everything in it comes from the journal. `nil` while the orchestration runs.
    init?(journal: [JournalEntry], form: WebhookDelivery.Form) {
        guard let orchestration = try? Orchestration(replaying: journal),
            case .ended(let ended) = orchestration.phase,
            let entry = journal.last(where: { if case .ended = $0.event { true } else { false } })
        else { return nil }
        let producer = ended.task.flatMap { orchestration[$0] }.map { orchestration.name(of: $0.service) }
        self.init(
            eventID: "\(orchestration.id)-\(entry.seq)", project: orchestration.project,
            orchestration: orchestration.id, status: ended.status, timestamp: entry.at,
            results: ended.results.map { Self.results($0, form) },
            error: ended.failure.map { Fault(id: $0.code.rawValue, producer: producer ?? "orra", error: $0.message) },
            abortReason: ended.abortPayload)
    }

    private static func results(_ outputs: [RawJSON], _ form: WebhookDelivery.Form) -> RawJSON {
        switch form {
        case .list:
            return RawJSON(.array(outputs.map(\.value)))
        case .merged:
            var merged: JSONObject = [:]
            for output in outputs { if let object = output.value.object { merged.merge(object) } }
            return RawJSON(.object(merged))
        }
    }
}
