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
        let catalogue = await loop.directory.services(of: project)
        // A plan that the caller wrote is checked before anything is kept.
        let given = try submission.givenPlan(catalogue)

        var random = SystemRandomNumberGenerator()
        let received = Event.Received(
            orchestration: .random(using: &random), project: project, action: submission.action,
            data: RawJSON(.array(submission.data.map { ["field": .string($0.field), "value": $0.value] })),
            timeout: submission.timeout, gracePeriod: submission.gracePeriod, webhook: submission.webhook)
        return try await run(received, searchableValues: submission.searchableValues) {
            switch await outcome(of: submission, given, catalogue) {
            case .plan(let plan): .plan(received.orchestration, plan, submission: row?(received.orchestration))
            case .notActionable(let reason):
                .refuse(received.orchestration, reason: reason, submission: row?(received.orchestration))
            }
        }
    }

    /// Keeps what came in, then what is made of it.
    func run(
        _ received: Event.Received, searchableValues: [String], _ decide: () async -> OrraCore.Request
    ) async throws -> Response {
        _ = try await self.request(.receive(received, parameterValues: searchableValues))
        do {
            guard case .orchestration(let orchestration) = try await self.request(decide()) else {
                throw APIError(.internalError, .internalError, "the hub gave no answer")
            }
            return try answer(orchestration)
        } catch let error as APIError where error.code == .unknownOrchestration {
            throw APIError(.invalidOperation, .alreadyEnded, "the action was cancelled while it was planned")
        } catch let error as APIError where error.code != .actionNotActionable {
            // Its caller was told that nothing was accepted: it must not stay in preparation.
            await loop.offer(.abandoned(received.orchestration))
            throw error
        }
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

    func outcome(
        of submission: Submission, _ given: PlanningOutcome?, _ catalogue: [Service]
    ) async -> PlanningOutcome {
        if let given { return given }
        return await planner.plan(
            PlanningRequest(action: submission.action, parameters: submission.parameters, catalogue: catalogue))
    }

    /// 202 for what was accepted; an orchestration that is not actionable is the caller's error.
    private func answer(_ orchestration: Orchestration) throws(APIError) -> Response {
        if orchestration.status == .notActionable {
            throw APIError(
                .validation, .actionNotActionable, orchestration.failure?.message ?? "the action is not actionable")
        }
        do {
            let data = try WireDecoder(maximumDepth: Limits.storedJSONDepth)
                .decode([ActionRequest.Parameter].self, from: orchestration.data.bytes)
            var answer = OrchestrationAnswer(
                id: orchestration.id, projectID: orchestration.project, action: orchestration.action,
                data: data, plan: orchestration.plan.map(PlanValidator.wire),
                status: orchestration.status, error: orchestration.failure?.message,
                timestamp: orchestration.receivedAt, timeout: orchestration.timeout,
                gracePeriod: orchestration.gracePeriod, webhook: orchestration.webhook,
                taskZero: orchestration.plan?.parameters, retryOf: orchestration.retryOf)
            // One that came before may have ended.
            answer.results = orchestration.outcome?.results ?? []
            answer.abortReason = orchestration.outcome?.abortPayload
            return try .json(answer, status: .accepted)
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
    private let plan: JSONValue?

    init(_ body: ActionRequest) throws(APIError) {
        action = body.action.content.trimmed
        guard Limits.actionCharacters.contains(action.count) else {
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

    /// What the caller's own plan comes to; `nil` when it sent none.
    func givenPlan(_ catalogue: [Service]) throws(APIError) -> PlanningOutcome? {
        guard let plan else { return nil }
        do throws(PlanError) {
            return .plan(try PlanValidator.validate(plan, parameters: parameters, catalogue: catalogue))
        } catch .notActionable(let reason) {
            return .notActionable(reason: reason)
        } catch {
            throw APIError(.validation, .invalidPlan, param: "plan", "\(error)")
        }
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
