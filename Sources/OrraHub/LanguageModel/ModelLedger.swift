public import OrraModel

/// Who spent what on models. Months are of UTC: `2026-11`.
public protocol ModelLedger: Sendable {
    /// In millionths of the prices' currency.
    func spent(by project: ProjectID, month: String) async -> Int

    /// Counts what an answer took, also one that was of no use.
    func add(_ usage: PlanningStage.Usage, by project: ProjectID, month: String) async
}
