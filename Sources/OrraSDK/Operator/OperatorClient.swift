public import Logging
import NIOHTTP1
public import OrraModel
public import OrraProtocol

/// The operator's side of a hub: projects, keys, webhooks, services and actions.
///
/// ```swift
/// let hub = OperatorClient(address: try HubAddress("http://localhost:8005"), apiKey: key)
/// let order = ActionRequest(
///     action: .init(content: "Process new order and arrange optimal delivery"),
///     data: [.init(field: "orderId", value: "ORD123")])
/// let accepted = try await hub.submit(order)
/// try await hub.progress(orchestration: accepted.id) { frame in print(frame.type) }
/// ```
///
/// A value without a state of its own: copies share the process-wide pool of HTTP connections. Every method throws
/// ``OperatorError``, or `CancellationError` when its task is cancelled.
public struct OperatorClient: Sendable {
    /// The bounds of one client.
    public struct Settings: Sendable {
        /// From sending a request to its whole answer. Default: 30 s.
        public var requestTimeout: Duration = .seconds(30)
        /// The same for ``OperatorClient/submit(_:)``, whose answer waits for the planner. Default: 5 min.
        public var planningTimeout: Duration = .seconds(300)
        /// The longest answer and the longest progress frame, in bytes. Default: 64 MiB.
        public var answerBytes = 64 * 1024 * 1024

        public init() {}
    }

    public let address: HubAddress
    public let settings: Settings
    let apiKey: String?
    let logger: Logger

    /// - Parameters:
    ///   - address: where the hub listens.
    ///   - apiKey: `sk-orra-…`; without one only ``registerProject(name:)`` and ``health()`` are answered.
    ///   - settings: time limits and sizes.
    ///   - logger: gets debug messages, never keys or payloads. Default: none.
    public init(
        address: HubAddress = .standard, apiKey: String? = nil, settings: Settings = .init(), logger: Logger? = nil
    ) {
        self.address = address
        self.apiKey = apiKey
        self.settings = settings
        self.logger = logger ?? Logger(label: "orra.operator") { _ in SwiftLogNoOpLogHandler() }
    }

    /// `POST /register/project`. The answer tells the project's key, which is never told again.
    public func registerProject(name: String) async throws -> ProjectAnswer {
        try await post("/register/project", ProjectRequest(name: name))
    }

    /// `POST /apikeys`: one more key for the project, told once.
    public func makeAPIKey() async throws -> APIKeyAnswer { try await post("/apikeys") }

    /// `POST /webhooks`: `url` is told the outcome of every action of the project. The answer tells the secret that signs
    /// them, once.
    public func addWebhook(url: String) async throws -> WebhookAnswer {
        try await post("/webhooks", WebhookRequest(url: url))
    }

    /// `GET /webhooks`: the project's webhooks, without their secrets.
    public func webhooks() async throws -> WebhookList { try await get("/webhooks") }

    /// `GET /services`: services, tools and agents with their connections.
    public func services() async throws -> ServiceList { try await get("/services") }

    /// `GET /services/{id or name}`: one of them, with what happened to its connections.
    public func service(_ nameOrID: String) async throws -> ServiceAnswer {
        try await get("/services/\(Self.segment(nameOrID))")
    }

    /// Names hold dots, which need no code; a segment of dots alone would mean another path.
    static func segment(_ name: String) -> String {
        guard name.contains(where: { $0 != "." }) else { return HubAddress.encoded(name) }
        return name.split(separator: ".", omittingEmptySubsequences: false).map { HubAddress.encoded("\($0)") }
            .joined(separator: ".")
    }

    /// `POST /plans`: what would be done, and what would be undone if a part of it failed. Nothing is done.
    ///
    /// - Throws: as ``submit(_:idempotencyKey:)``.
    public func preview(_ plan: PlanRequest) async throws -> PlanPreview {
        try await post("/plans", plan, timeout: settings.planningTimeout)
    }

    /// `POST /orchestrations`. On return the plan is on disk, and the action will end whatever happens to the hub.
    ///
    /// - Parameters:
    ///   - action: what is to be done.
    ///   - key: 1 to 255 visible ASCII characters that name this submission. Sent again within 24 h with the same key, it is
    ///     the same orchestration, so that a submission whose answer was lost can be repeated. Default: none.
    /// - Throws: ``OperatorError/refused(status:_:)`` with the code `Orra:ActionNotActionable` when the registered services
    ///   can't cover the action.
    public func submit(_ action: ActionRequest, idempotencyKey key: String? = nil) async throws -> OrchestrationAnswer {
        let headers: HTTPHeaders = key.map { [IdempotencyHeader.key: $0] } ?? [:]
        return try await post("/orchestrations", action, headers: headers, timeout: settings.planningTimeout)
    }

    /// `POST /orchestrations/{id}/retry`: a new orchestration from the same plan, which keeps the outputs of the finished
    /// tasks and runs the rest.
    ///
    /// - Throws: ``OperatorError/refused(status:_:)`` with the code `Orra:CannotRetry` and the reason.
    public func retry(_ id: OrchestrationID) async throws -> OrchestrationAnswer {
        try await post("/orchestrations/\(HubAddress.encoded(id.rawValue))/retry", [String: String]())
    }

    /// `GET /orchestrations`: the newest ones, by status.
    public func orchestrations() async throws -> OrchestrationList { try await get("/orchestrations") }

    /// `GET /orchestrations/inspections/{id}`: everything that is known about one orchestration.
    public func inspection(_ id: OrchestrationID) async throws -> Inspection {
        try await get("/orchestrations/inspections/\(HubAddress.encoded(id.rawValue))")
    }

    /// `GET /orchestrations/inspections?value=`: the newest orchestration with a parameter that has exactly this value.
    public func inspection(parameterValue value: String) async throws -> Inspection {
        try await get("/orchestrations/inspections?value=\(HubAddress.encoded(value))")
    }

    /// `POST /orchestrations/{id}/cancel`: nothing more of it is started. What runs is awaited until its deadline.
    public func cancel(_ id: OrchestrationID) async throws -> OrchestrationSummary {
        try await post("/orchestrations/\(HubAddress.encoded(id.rawValue))/cancel")
    }

    /// `GET /health`: returns when a hub answers. The version is what it says about itself, if it does.
    public func health() async throws -> HubHealth {
        let answer = try await exchange(.GET, "/health", body: nil, timeout: settings.requestTimeout)
        return HubHealth(version: answer.version)
    }
}

/// A hub that answers.
public struct HubHealth: Sendable, Hashable {
    /// From the `X-Orra-PlaneEngine-Version` header.
    public var version: String?
    public init(version: String?) { self.version = version }
}
