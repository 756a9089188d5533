import OrraModel

/// Plans without a language model: by the words of names and descriptions, and by the fields of schemas.
///
/// 1. The action is cut into parts; each takes the service whose name, description and examples cover its words best. A
///    general verb ("process the order") takes every service that its object concerns, but none that takes back.
/// 2. Every required input is bound: to a parameter of the same name (letter case, `_` and `-` aside), else to an
///    output of the same name and a fitting type of another task. What is still missing brings in the service that
///    gives it.
/// 3. Data flow orders the tasks, then the text.
///
/// What can't be covered or bound is refused, with the part or the field and the nearest services. The same request
/// gives the same plan; a plan never names a service twice.
public struct OfflinePlanner: Planner {
    public init() {}

    public func plan(_ request: PlanningRequest) async -> PlanningOutcome { Self.outcome(request) }

    /// What ``plan(_:)`` answers, for callers that are not asynchronous.
    public static func outcome(_ request: PlanningRequest) -> PlanningOutcome {
        do throws(Refusal) {
            guard !request.catalogue.isEmpty else { throw .emptyCatalogue }
            let index = CatalogueIndex(request.catalogue)
            var selection = try ServiceSelection(request.action, index: index)
            let picks = try selection.picks()
            var assembly = PlanAssembly(index: index, parameters: request.parameters, relevance: selection.relevance)
            return .plan(try assembly.plan(picks))
        } catch {
            return .notActionable(reason: error.description)
        }
    }
}
