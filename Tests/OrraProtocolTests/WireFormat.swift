import OrraModel
import OrraProtocol

/// How one message of the protocol is read and written by this package.
struct WireFormat: Sendable {
    /// Name of its schema and of its folder of fixtures.
    let message: String
    /// Members that the type does not keep.
    let unread: Set<String>
    private let rewrite: @Sendable ([UInt8]) throws -> Rewritten

    struct Rewritten: Sendable {
        var written: JSONValue
        /// Whether what was written reads as the same value.
        var isStable: Bool
    }

    /// The sentence with which a text is refused.
    struct Refusal: Error, Equatable { var reason: String }

    func rewritten(_ content: [UInt8]) throws(Refusal) -> Rewritten {
        do {
            return try rewrite(content)
        } catch let error as Refusal {
            throw error
        } catch {
            throw Refusal(reason: WireDecoder.describe(error))
        }
    }

    static func body<Body: Codable & Hashable & Sendable>(
        _ message: String, _ type: Body.Type, ignoresKeyCase: Bool = true
    ) -> WireFormat {
        WireFormat(message: message, unread: []) { content in
            let decoder = WireDecoder(ignoresKeyCase: ignoresKeyCase)
            let body = try decoder.decode(type, from: content)
            let written = try WireEncoder().encode(body)
            return Rewritten(
                written: try JSONValue(parsing: written), isStable: try decoder.decode(type, from: written) == body)
        }
    }

    static func service(_ kind: ServiceMessageKind) -> WireFormat {
        WireFormat(message: kind.rawValue, unread: ["serviceId"]) { content in
            do throws(ServiceMessageError) {
                let message = try ServiceMessage(frame: content)
                if case .taskResult(_, .malformed(let reason)) = message.payload {
                    throw ServiceMessageError(reason: reason)
                }
                let written = message.frame()
                let again = try ServiceMessage(frame: written)
                return Rewritten(written: (try? JSONValue(parsing: written)) ?? .null, isStable: again == message)
            } catch {
                throw Refusal(reason: error.reason)
            }
        }
    }

    static func hub(_ kind: HubMessageKind) -> WireFormat {
        WireFormat(message: kind.rawValue, unread: []) { content in
            do {
                guard let message = try HubMessage(frame: content) else { throw Refusal(reason: "unknown type") }
                let written = message.frame()
                return Rewritten(
                    written: try JSONValue(parsing: written), isStable: try HubMessage(frame: written) == message)
            } catch let error as JSONError {
                throw Refusal(reason: "\(error)")
            }
        }
    }

    static let all: [WireFormat] =
        ServiceMessageKind.allCases.map(service) + HubMessageKind.allCases.map(hub) + [
            body("registration-request", RegistrationRequest.self),
            body("registration-answer", RegistrationAnswer.self),
            body("action-request", ActionRequest.self),
            body("orchestration-answer", OrchestrationAnswer.self),
            body("orchestration-list", OrchestrationList.self),
            body("orchestration-summary", OrchestrationSummary.self),
            body("inspection", Inspection.self),
            body("service-list", ServiceList.self),
            body("service-detail", ServiceAnswer.self),
            body("plan-request", PlanRequest.self),
            body("plan-preview", PlanPreview.self),
            body("plan-list", PlanList.self),
            body("kept-plan", KeptPlanAnswer.self),
            body("pin-request", PinRequest.self),
            body("pinned-plan", PinnedPlanAnswer.self),
            body("plan-document", PlanDocument.self),
            body("grounding", Grounding.self),
            body("grounding-list", [Grounding].self),
            body("grounding-test-request", GroundingTestRequest.self),
            body("grounding-test", GroundingTest.self),
            body("planning-settings", PlanningSettings.self),
            body("planning-answer", PlanningAnswer.self),
            body("approval-request", ApprovalRequest.self),
            body("rejection-request", RejectionRequest.self),
            body("approval-webhook-body", ApprovalWebhookBody.self),
            body("failed-compensation", FailedCompensationAnswer.self),
            body("failed-compensation-list", [FailedCompensationAnswer].self),
            body("resolution-request", ResolutionRequest.self),
            body("compensation-webhook-body", CompensationWebhookBody.self),
            body("outbox-list", OutboxList.self),
            body("retention", RetentionBody.self),
            body("prune-request", PruneRequest.self),
            body("prune-answer", PruneAnswer.self),
            body("project-request", ProjectRequest.self),
            body("project-answer", ProjectAnswer.self),
            body("api-key-answer", APIKeyAnswer.self),
            body("webhook-request", WebhookRequest.self),
            body("webhook-answer", WebhookAnswer.self),
            body("webhook-list", WebhookList.self),
            body("api-error", APIError.Body.self),
            body("webhook-body", WebhookBody.self),
            body("progress-frame", ProgressFrame.self),
        ]

    static func named(_ message: String) -> WireFormat? { all.first { $0.message == message } }
}

/// The types of what services send. A new case of ``ServiceMessage/Payload`` does not compile here until it has a name,
/// and the name fails the tests until it has a schema and fixtures.
enum ServiceMessageKind: String, Sendable, CaseIterable {
    case taskResult = "task_result"
    case interimResult = "task_interim_result"
    case abort = "task_abort_result"
    case status = "task_status"
    case pong, hello, drain

    init(_ payload: ServiceMessage.Payload) {
        switch payload {
        case .taskResult: self = .taskResult
        case .interimResult: self = .interimResult
        case .abort: self = .abort
        case .inProgress: self = .status
        case .pong: self = .pong
        case .hello: self = .hello
        case .drain: self = .drain
        }
    }
}

/// The same for what the hub sends.
enum HubMessageKind: String, Sendable, CaseIterable {
    case taskRequest = "task_request"
    case compensationRequest = "compensation_request"
    case ping
    case acknowledgement = "ACK"
    case error
    case cancelRequest = "cancel_request"

    init(_ message: HubMessage) {
        switch message {
        case .taskRequest: self = .taskRequest
        case .compensationRequest: self = .compensationRequest
        case .ping: self = .ping
        case .acknowledgement: self = .acknowledgement
        case .error: self = .error
        case .cancelRequest: self = .cancelRequest
        }
    }
}
