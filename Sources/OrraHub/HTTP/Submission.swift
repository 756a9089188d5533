import Hummingbird
import OrraCore
import OrraEngine
import OrraModel
import OrraPlanner
import OrraProtocol

/// `POST /orchestrations`: check, keep, plan, keep, answer. 202 means that the plan is on disk.
extension HubServices {
    func submit(_ request: Hummingbird.Request, _ context: HubContext) async throws -> Response {
        let project = try context.requireProject()
        let body = try await request.decode(ActionRequest.self)
        let submission = try Submission(body)
        let catalogue = await loop.directory.services(of: project)
        // A plan that the caller wrote is checked before anything is kept.
        let given = try submission.givenPlan(catalogue)

        var random = SystemRandomNumberGenerator()
        let received = Event.Received(
            orchestration: .random(using: &random), project: project, action: submission.action,
            data: RawJSON(.array(submission.data.map { ["field": .string($0.field), "value": $0.value] })),
            timeout: submission.timeout, gracePeriod: submission.gracePeriod, webhook: submission.webhook)
        _ = try await self.request(.receive(received, parameterValues: submission.searchableValues))
        do {
            return try await conclude(received, outcome(of: submission, given, catalogue), submission)
        } catch let error as APIError where error.code != .actionNotActionable {
            // Its caller was told that nothing was accepted: it must not stay in preparation.
            await loop.offer(.recovered(received.orchestration))
            throw error
        }
    }

    private func outcome(
        of submission: Submission, _ given: PlanningOutcome?, _ catalogue: [Service]
    ) async -> PlanningOutcome {
        if let given { return given }
        return await planner.plan(
            PlanningRequest(action: submission.action, parameters: submission.parameters, catalogue: catalogue))
    }

    private func conclude(
        _ received: Event.Received, _ outcome: PlanningOutcome, _ submission: Submission
    ) async throws -> Response {
        let reply: Reply
        switch outcome {
        case .plan(let plan): reply = try await request(.plan(received.orchestration, plan))
        case .notActionable(let reason): reply = try await request(.refuse(received.orchestration, reason: reason))
        }
        guard case .orchestration(let orchestration) = reply else {
            throw APIError(.internalError, .internalError, "the hub gave no answer")
        }
        if orchestration.status == .notActionable {
            throw APIError(
                .validation, .actionNotActionable, orchestration.failure?.message ?? "the action is not actionable")
        }
        return try .json(
            OrchestrationAnswer(
                id: orchestration.id, projectID: orchestration.project, action: orchestration.action,
                data: submission.data, plan: orchestration.plan.map(PlanValidator.wire),
                status: orchestration.status, error: orchestration.failure?.message,
                timestamp: orchestration.receivedAt, timeout: orchestration.timeout,
                gracePeriod: orchestration.gracePeriod, webhook: orchestration.webhook,
                taskZero: orchestration.plan?.parameters),
            status: .accepted)
    }
}

/// A checked `POST /orchestrations`.
private struct Submission {
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
    var searchableValues: [String] {
        var values: [String] = []
        for parameter in data {
            let text = parameter.value.string ?? parameter.value.number?.text
            guard let text, (1...Limits.searchableValueCharacters).contains(text.count), !values.contains(text) else {
                continue
            }
            values.append(text)
        }
        return values
    }
}
