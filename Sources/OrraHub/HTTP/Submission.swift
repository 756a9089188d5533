import Hummingbird
import OrraCore
import OrraEngine
import OrraModel
import OrraPlanner
import OrraProtocol
import OrraStore

/// `POST /orchestrations`: check, keep, plan, keep, answer. 202 means that the plan is on disk.
extension HubServices {
    func submit(_ request: Hummingbird.Request, _ context: HubContext) async throws -> Response {
        let project = try context.requireProject()
        guard let key = try request.submissionKey() else {
            let submission = try Submission(try await request.decode(ActionRequest.self))
            return try await submit(submission, for: project, under: nil)
        }
        let (body, hash) = try await request.decodeAndHash(ActionRequest.self)
        return try await once(.init(project: project, key: key), hash) { row in
            try await submit(try Submission(body), for: project, under: row)
        }
    }

    /// Answers from what was kept under the caller's own key, or does it and keeps it under the key.
    func once(
        _ name: SubmissionGate.Name, _ hash: String,
        _ body: (_ row: @escaping (OrchestrationID) -> SubmissionRow) async throws -> Response
    ) async throws -> Response {
        // Others with the same key wait here until this one has its answer.
        try await submissions.alone(name) {
            let known = try await read { store throws(StoreError) in
                try await store.submission(of: name.project, key: name.key)
            }
            if let known, known.createdAt + Limits.submissionKeyLife > loop.now {
                return try await replay(known, hash)
            }
            return try await body { id in
                SubmissionRow(
                    project: name.project, key: name.key, bodyHash: hash, orchestration: id, createdAt: loop.now)
            }
        }
    }

    private func submit(
        _ submission: Submission, for project: ProjectID, under row: ((OrchestrationID) -> SubmissionRow)?
    ) async throws -> Response {
        // A plan that was there before the action is checked before anything is kept.
        var (planning, made) = try await check(submission, for: project)
        if let refusal = made?.refusal, refusal.kind != .notActionable { throw refusal.apiError }

        var random = SystemRandomNumberGenerator()
        let received = Event.Received(
            orchestration: .ordered(at: loop.now, using: &random), project: project, action: planning.action,
            data: RawJSON(.array(submission.data.map { ["field": .string($0.field), "value": $0.value] })),
            timeout: submission.timeout, gracePeriod: submission.gracePeriod, webhook: submission.webhook)
        // A model may take seconds: that the action came in is kept before it is asked.
        let isAtOnce = made != nil || self.planning.model == nil
        return try await run(received, searchableValues: submission.searchableValues, isAtOnce: isAtOnce) { isAgain in
            if isAgain {
                let before = (catalogue: planning.catalogue, made: made)
                (planning, made) = try await check(submission, for: project)
                if let refusal = made?.refusal, refusal.kind != .notActionable { throw refusal.apiError }
                // A service of the plan was registered meanwhile. If it is as it was, so is the plan.
                if made == nil, let plan = before.made?.plan,
                    self.planning.isSame(plan, in: before.catalogue, planning.catalogue)
                {
                    made = before.made
                }
            }
            let outcome: PlanningOutcome
            if let made { outcome = made } else { outcome = await self.planning.plan(planning) }
            made = outcome
            return decision(received.orchestration, outcome, planning, under: row)
        }
    }

    /// What is asked of the core about the action, and the error with which its caller is answered all the same.
    struct Decision {
        var planning: PlanningDecision
        var error: APIError?

        init(_ planning: PlanningDecision, error: APIError? = nil) { (self.planning, self.error) = (planning, error) }
    }

    private func decision(
        _ id: OrchestrationID, _ outcome: PlanningOutcome, _ planning: PlanningRequest,
        under row: ((OrchestrationID) -> SubmissionRow)?
    ) -> Decision {
        func accept(_ plan: Plan, _ hold: HoldReason?) -> Decision {
            Decision(
                .plan(
                    plan, terms: self.planning.terms(of: outcome, plan, hold: hold, planning),
                    stages: outcome.stages, submission: row?(id), seen: plan.versions(in: planning.catalogue)))
        }
        switch outcome.verdict {
        case .run(let plan): return accept(plan, nil)
        case .hold(let plan, let reason): return accept(plan, reason)
        case .refuse(let refusal):
            // What a later try may get is not kept under the caller's key.
            let isFinal = refusal.kind == .notActionable
            return Decision(
                .refuse(reason: refusal.reason, stages: outcome.stages, submission: isFinal ? row?(id) : nil),
                error: isFinal ? nil : refusal.apiError)
        }
    }

    /// Keeps what came in and what is made of it: in one commit if that is made at once, else one after the other. Decides
    /// again when a service that the decision follows from has been registered anew since.
    func run(
        _ received: Event.Received, searchableValues: [String], isAtOnce: Bool,
        _ decide: (_ isAgain: Bool) async throws -> Decision
    ) async throws -> Response {
        guard !isAtOnce else {
            return try await self.decide(decide) { .submit(received, parameterValues: searchableValues, $0) }
        }
        _ = try await self.request(.receive(received, parameterValues: searchableValues))
        do {
            return try await self.decide(decide) { $0.request(for: received.orchestration) }
        } catch let error as APIError where error.code == .unknownOrchestration {
            throw APIError(.invalidOperation, .alreadyEnded, "the action was cancelled while it was planned")
        } catch let error as APIError where error.code != .actionNotActionable {
            // Its caller was told that nothing was accepted: it must not stay in preparation.
            await loop.offer(.abandoned(received.orchestration))
            throw error
        }
    }

    private func decide(
        _ decide: (_ isAgain: Bool) async throws -> Decision, _ request: (PlanningDecision) -> OrraCore.Request
    ) async throws -> Response {
        for number in 0..<8 {
            let decision = try await decide(number > 0)
            let reply: Reply
            do throws(RequestFailure) {
                reply = try await loop.request(request(decision.planning))
            } catch {
                guard error == .stale else { throw error.apiError }
                continue
            }
            guard case .orchestration(let orchestration) = reply else {
                throw APIError(.internalError, .internalError, "the hub gave no answer")
            }
            if let error = decision.error { throw error }
            return try answer(orchestration)
        }
        throw APIError.unavailable
    }

    /// The answer to an earlier submission with this key, if this one is the same.
    private func replay(_ known: SubmissionRow, _ hash: String) async throws -> Response {
        guard known.bodyHash == hash else {
            throw APIError(
                .invalidOperation, .idempotencyKeyReused, param: IdempotencyHeader.key,
                "this Idempotency-Key came with another body within the last 24 hours; take a new one for a new action")
        }
        let orchestration = try await orchestration(known.orchestration)
        var response: Response
        do throws(APIError) { response = try answer(orchestration) } catch { response = error.response }
        response.headers[named: IdempotencyHeader.replayed] = "true"
        return response
    }

    /// What an action is planned with, and what the caller's own plan comes to, or the pinned one that it names; `nil`
    /// when a plan is to be made.
    func check(
        _ submission: Submission, for project: ProjectID
    ) async throws -> (PlanningRequest, PlanningOutcome?) {
        let catalogue = loop.directory.services(of: project)
        var request = try await read { _ throws(StoreError) in
            try await planning.request(submission, for: project, catalogue)
        }
        if let plan = submission.plan {
            return (request, await planning.pipeline.check(given: plan, request))
        }
        guard let name = submission.pinned else { return (request, nil) }
        let pinned = try await pinned(name, of: project)
        if request.action.isEmpty { request.action = pinned.action }
        return (request, await planning.pipeline.check(pinned: pinned, request))
    }

    func pinned(_ name: String, of project: ProjectID) async throws -> PinnedPlan {
        let plan = try await read { _ throws(StoreError) in try await planning.pinned(name, of: project) }
        guard let plan else {
            throw APIError(.notFound, .unknownPlan, "there is no pinned plan of this name in this project")
        }
        return plan
    }

    /// 202 for what was accepted; an orchestration that is not actionable is the caller's error.
    private func answer(_ orchestration: Orchestration) throws(APIError) -> Response {
        if orchestration.status == .notActionable {
            throw APIError(
                .validation, .actionNotActionable, orchestration.failure?.message ?? "the action is not actionable")
        }
        do {
            return Response(json: try orchestration.answer(), status: .accepted)
        } catch {
            throw APIError(.internalError, .internalError, "the answer could not be written")
        }
    }
}

/// A checked `POST /orchestrations`.
struct Submission {
    let action: String
    let data: [ActionRequest.Parameter]
    let parameters: JSONObject
    let timeout: Duration
    let gracePeriod: Duration
    let webhook: String?
    /// The caller's own.
    let plan: JSONValue?
    /// The name of a plan that was saved before.
    let pinned: String?

    init(_ body: ActionRequest) throws(APIError) {
        pinned = body.pinned.flatMap { $0.isEmpty ? nil : $0 }
        action = body.action.content.trimmed
        // A pinned plan brings its action along.
        guard Limits.actionCharacters.contains(action.count) || action.isEmpty && pinned != nil else {
            throw Self.fault(
                "action.content", "an action has 1 to \(Limits.actionCharacters.upperBound) characters")
        }
        data = body.data ?? []
        guard data.count <= Limits.parameters else {
            throw Self.fault("data", "an action has at most \(Limits.parameters) parameters")
        }
        var parameters: JSONObject = [:]
        for (index, parameter) in data.enumerated() {
            guard Limits.parameterNameCharacters.contains(parameter.field.count) else {
                throw Self.fault(
                    "data[\(index)].field",
                    "a field has 1 to \(Limits.parameterNameCharacters.upperBound) characters")
            }
            guard parameters[parameter.field] == nil else {
                throw Self.fault("data[\(index)].field", "the field \(parameter.field) is given twice")
            }
            parameters[parameter.field] = parameter.value
        }
        self.parameters = parameters
        timeout = try Self.check(body.timeout, Limits.taskTimeout, Limits.taskTimeoutRange, "timeout")
        gracePeriod = try Self.check(
            body.healthCheckGracePeriod, Limits.gracePeriod, Limits.gracePeriodRange, "healthCheckGracePeriod")
        // Go's clients send an empty one for none.
        webhook = body.webhook.flatMap { $0.isEmpty ? nil : $0 }
        if let webhook { _ = try WebhookURL.check(webhook, param: "webhook") }
        plan = body.plan == .null ? nil : body.plan
        guard plan == nil || pinned == nil else {
            throw Self.fault("pinned", "send either a plan or the name of a pinned one")
        }
    }

    private static func fault(_ param: String, _ sentence: String) -> APIError {
        APIError(.validation, .invalidRequest, param: param, sentence)
    }

    private static func check(
        _ given: GoDuration?, _ standard: Duration, _ range: ClosedRange<Duration>, _ param: String
    ) throws(APIError) -> Duration {
        guard let duration = given?.duration, duration != .zero else { return standard }
        guard range.contains(duration) else {
            throw fault(
                param,
                "\(param) must lie between \(GoDuration(range.lowerBound).text) and \(GoDuration(range.upperBound).text)"
            )
        }
        return duration
    }

    /// Texts and numbers by which `orra inspect ORD456` finds the orchestration.
    var searchableValues: [String] { Self.searchableValues(of: data.map(\.value)) }

    /// The same, of an orchestration's `[{"field", "value"}]`.
    static func searchableValues(of data: RawJSON) -> [String] {
        searchableValues(of: (data.value.array ?? []).compactMap { $0["value"] })
    }

    private static func searchableValues(of parameters: [JSONValue]) -> [String] {
        var values: [String] = []
        for parameter in parameters {
            let text = parameter.string ?? parameter.number?.text
            guard let text, (1...Limits.searchableValueCharacters).contains(text.count), !values.contains(text) else {
                continue
            }
            values.append(text)
        }
        return values
    }
}
