import Hummingbird
import OrraCore
import OrraModel
import OrraPlanner
import OrraProtocol
import OrraStore

/// Everything that routes need.
struct HubServices: Sendable {
    let loop: HubLoop
    let store: any Store
    let planning: HubPlanning
    let pruner: Pruner
    let submissions = SubmissionGate()
    let version: String
}

extension HubServices {
    func router() -> Router<HubContext> {
        let router = Router(context: HubContext.self)
        router.add(middleware: AnswerForm(version: version))
        router.get("/health") { _, _ in try Response.json([String: String]()) }
        router.get("/ready") { _, _ in try await ready() }
        router.post("/register/project") { request, _ in try await registerProject(request) }

        let authenticated = router.group().add(middleware: Authentication(loop: loop))
        authenticated.post("/apikeys") { _, context in try await addKey(context) }
        authenticated.get("/webhooks") { _, context in try await webhooks(.outcomes, context) }
        authenticated.post("/webhooks") { try await addWebhook(.outcomes, $0, $1) }
        authenticated.get("/compensation-failure-webhooks") { _, context in
            try await webhooks(.compensationFailures, context)
        }
        authenticated.post("/compensation-failure-webhooks") {
            try await addWebhook(.compensationFailures, $0, $1)
        }
        for kind in ServiceKind.allCases {
            authenticated.post("/register/\(kind.rawValue)") { try await register(kind, $0, $1) }
        }
        authenticated.get("/services") { _, context in try await services(context) }
        authenticated.get("/services/:id") { _, context in try await service(context) }
        authenticated.post("/orchestrations") { try await submit($0, $1) }
        authenticated.get("/orchestrations") { _, context in try await list(context) }
        authenticated.get("/orchestrations/inspections") { try await inspectByValue($0, $1) }
        authenticated.get("/orchestrations/inspections/:id") { _, context in try await inspect(context) }
        authenticated.post("/orchestrations/:id/cancel") { _, context in try await cancel(context) }
        authenticated.post("/orchestrations/:id/retry") { try await retry($0, $1) }
        authenticated.post("/orchestrations/:id/approve") { try await approve($0, $1) }
        authenticated.post("/orchestrations/:id/reject") { try await reject($0, $1) }
        authenticated.post("/plans") { try await preview($0, $1) }
        authenticated.get("/plans") { _, context in try await keptPlans(context) }
        authenticated.post("/plans/pins") { try await pin($0, $1) }
        authenticated.get("/plans/pins/:name") { _, context in try await exportPlan(context) }
        authenticated.get("/plans/:name") { _, context in try await keptPlan(context) }
        authenticated.delete("/plans/:name") { _, context in try await removePlan(context) }
        authenticated.get("/groundings") { _, context in try await groundings(context) }
        authenticated.post("/groundings") { try await applyGrounding($0, $1) }
        authenticated.post("/groundings/test") { try await testGrounding($0, $1) }
        authenticated.delete("/groundings") { _, context in try await removeGroundings(context) }
        authenticated.delete("/groundings/:name") { _, context in try await removeGrounding(context) }
        authenticated.get("/planning") { _, context in try await planningSettings(context) }
        authenticated.put("/planning") { try await setPlanning($0, $1) }
        authenticated.get("/outbox") { _, context in try await outbox(context) }
        authenticated.get("/retention") { _, context in try await retention(context) }
        authenticated.put("/retention") { try await setRetention($0, $1) }
        authenticated.post("/prune") { try await prune($0, $1) }
        authenticated.get("/compensation-failures") { try await failedCompensations($0, $1) }
        authenticated.get("/compensation-failures/:id") { _, context in try await failedCompensation(context) }
        authenticated.post("/compensation-failures/:id/resolve") { try await resolve(.resolved, $0, $1) }
        authenticated.post("/compensation-failures/:id/ignore") { try await resolve(.ignored, $0, $1) }
        // Reached only by requests that ask for no upgrade, or whose upgrade was refused.
        router.get("/ws") { request, _ in try await refuseSocket(request) }
        router.get("/progress") { request, _ in try await refuseSocket(request) }
        router.get("/orchestrations/:id/progress") { request, _ in try await refuseSocket(request) }
        return router
    }

    /// `/ready`: 200 while actions are accepted.
    private func ready() async throws -> Response {
        if let fault = await loop.storeFault {
            return try Response.json(
                ["status": "unavailable", "reason": "the store can't write: \(fault.code.rawValue)"],
                status: .serviceUnavailable)
        }
        guard await loop.isReady else {
            return try Response.json(["status": "stopping"], status: .serviceUnavailable)
        }
        return try Response.json(["status": "ready"])
    }

    private func refuseSocket(_ request: Request) async throws -> Response {
        switch await SocketRoute.decide(request.head, services: self) {
        case .refused(let error): throw error
        case .service, .progress:
            throw APIError(
                .validation, .upgradeRequired, "this route is a WebSocket: ask for an upgrade (Upgrade: websocket)")
        }
    }
}

extension RequestFailure {
    /// The answer of a route. `.notLive` is for the route to explain.
    var apiError: APIError {
        switch self {
        case .tooMany(let sentence): APIError(.tooMany, .tooMany, sentence)
        case .tooManyLive(let sentence): APIError(.tooMany, .tooManyLive, sentence)
        case .outboxFull(let sentence): APIError(.tooMany, .outboxFull, sentence)
        case .alreadyResolved:
            APIError(.invalidOperation, .alreadyResolved, "the failed compensation was resolved or ignored before")
        case .notHeld:
            APIError(.invalidOperation, .notHeld, "the orchestration does not wait for a yes or a no")
        case .planChanged:
            APIError(
                .invalidOperation, .planChanged,
                "another plan waits than the one that this is about; look at it with orra inspect, and decide again")
        case .unavailable, .stale: .unavailable
        case .notLive: APIError(.notFound, .unknownOrchestration, "there is no such orchestration")
        case .rejected: APIError(.internalError, .internalError, "the hub could not store this; its log says more")
        }
    }
}

extension HubServices {
    /// Asks the core; answers after the commit.
    func request(_ request: OrraCore.Request) async throws -> Reply {
        do throws(RequestFailure) {
            return try await loop.request(request)
        } catch {
            throw error.apiError
        }
    }

    /// Reads from the store; its faults are the caller's 503.
    func read<Result>(_ body: (any Store) async throws(StoreError) -> Result) async throws -> Result {
        do throws(StoreError) {
            return try await body(store)
        } catch {
            // A damaged journal is named; trying again would not mend it.
            guard error.code == .damaged else { throw APIError.unavailable }
            throw APIError(.internalError, .internalError, error.message)
        }
    }
}
