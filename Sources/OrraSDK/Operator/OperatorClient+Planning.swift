public import OrraModel
public import OrraProtocol

/// How actions are planned: decisions about plans that wait, plans that are kept, groundings and settings.
extension OperatorClient {
    /// `POST /orchestrations/{id}/approve`: the plan that waits runs.
    ///
    /// - Parameters:
    ///   - planHash: of the plan that was looked at; another one is not approved. `nil` approves what waits.
    ///   - reason: up to 1,024 characters; the journal keeps it.
    /// - Throws: ``OperatorError/refused(status:_:)`` with the code `Orra:NotHeld` when nothing waits for a decision, or
    ///   `Orra:PlanChanged` when another plan waits, or a service of the plan has changed since.
    public func approve(
        _ id: OrchestrationID, planHash: String? = nil, reason: String? = nil
    ) async throws -> OrchestrationSummary {
        try await post(
            "/orchestrations/\(HubAddress.encoded(id.rawValue))/approve",
            ApprovalRequest(planHash: planHash, reason: reason))
    }

    /// `POST /orchestrations/{id}/reject`: the plan that waits never runs. Otherwise like ``approve(_:planHash:reason:)``.
    public func reject(_ id: OrchestrationID, reason: String? = nil) async throws -> OrchestrationSummary {
        try await post(
            "/orchestrations/\(HubAddress.encoded(id.rawValue))/reject", RejectionRequest(reason: reason))
    }

    /// `GET /plans`: what the cache holds, and what was saved under a name.
    public func plans() async throws -> PlanList { try await get("/plans") }

    /// `GET /plans/{id or name}`: one of them, with its plan.
    public func plan(_ idOrName: String) async throws -> KeptPlanAnswer {
        try await get("/plans/\(Self.segment(idOrName))")
    }

    /// `DELETE /plans/{id or name}`.
    public func removePlan(_ idOrName: String) async throws { try await delete("/plans/\(Self.segment(idOrName))") }

    /// `POST /plans/pins`: saves the plan of an orchestration or of the cache under a name.
    ///
    /// - Parameter id: `o_…` or `pl_…`.
    public func pin(_ id: String, as name: String) async throws -> PinnedPlanAnswer {
        try await post("/plans/pins", PinRequest(name: name, from: id))
    }

    /// `POST /plans/pins`: saves a plan that was exported before.
    ///
    /// - Throws: ``OperatorError/refused(status:_:)`` with the code `Orra:PlanChanged` and the differences when the
    ///   registered services no longer fit.
    public func pin(_ document: PlanDocument, as name: String) async throws -> PinnedPlanAnswer {
        try await post("/plans/pins", PinRequest(name: name, document: document))
    }

    /// `GET /plans/pins/{name}`: a saved plan as a document, see ``OrraProtocol/PlanDocument/file()``.
    public func planDocument(_ name: String) async throws -> PlanDocument {
        try await get("/plans/pins/\(Self.segment(name))")
    }

    /// `GET /groundings`: all versions of all specs of the project.
    public func groundings() async throws -> [Grounding] { try await get("/groundings") }

    /// `POST /groundings`: from now on the project's actions are held against it.
    ///
    /// - Throws: ``OperatorError/refused(status:_:)`` with the code `Orra:InvalidGrounding`, also when there is one with
    ///   the same name and version.
    public func apply(_ grounding: Grounding) async throws -> Grounding { try await post("/groundings", grounding) }

    /// `DELETE /groundings/{name}`: all versions of one.
    public func removeGrounding(_ name: String) async throws { try await delete("/groundings/\(Self.segment(name))") }

    /// `DELETE /groundings`: all of them.
    public func removeGroundings() async throws { try await delete("/groundings") }

    /// `POST /groundings/test`: how an action is matched under a grounding, which is not applied.
    public func test(_ request: GroundingTestRequest) async throws -> GroundingTest {
        try await post("/groundings/test", request, timeout: settings.planningTimeout)
    }

    /// `GET /planning`: how the project's actions are planned, and what models took in this month.
    public func planning() async throws -> PlanningAnswer { try await get("/planning") }

    /// `PUT /planning`: replaces what the project has set itself.
    public func setPlanning(_ own: PlanningSettings) async throws -> PlanningAnswer {
        try await put("/planning", own)
    }
}
