public import OrraModel

/// A digest of what a plan would do: its tasks, its values and the shapes of its services. What an approval is about.
///
/// Reasons do not count, nor does the order of members, nor do the ids of services: the same plan has the same hash on
/// another hub with the same services.
public enum PlanHash {
    public static func of(_ plan: Plan, catalogue: [Service], digest: ([UInt8]) -> String) -> String {
        of(plan, catalogue: catalogue, shape: { PinnedPlan.Shape($0, digest: digest) }, digest: digest)
    }

    /// The same, with shapes that may have been made before.
    public static func of(
        _ plan: Plan, catalogue: [Service], shape: (Service) -> PinnedPlan.Shape, digest: ([UInt8]) -> String
    ) -> String {
        let services = ServiceLookup(catalogue, tasks: plan.tasks.count)
        var shapes: [String: PinnedPlan.Shape] = [:]
        var tasks: [JSONValue] = [["id": "task0", "input": plan.parameters.value]]
        for task in plan.tasks {
            let service = services[task.service]
            // A name that two kinds share is told apart by the kind.
            let name = service.map { "\($0.kind.rawValue)/\($0.name)" } ?? task.service.rawValue
            if let service, shapes[name] == nil { shapes[name] = shape(service) }
            let input = task.input.map { JSONObject.Member(key: $0.field, value: .string($0.reference)) }
            tasks.append([
                "id": .string(task.id.description), "service": .string(name), "input": .object(JSONObject(input)),
            ])
        }
        return of(tasks: tasks, shapes: shapes, parameters: [:], digest: digest)
    }

    static func of(
        tasks: [JSONValue], shapes: [String: PinnedPlan.Shape], parameters: [String: String],
        digest: ([UInt8]) -> String
    ) -> String {
        let services = shapes.keys.sorted().map { name -> JSONObject.Member in
            let shape = shapes[name]
            return .init(
                key: name,
                value: [
                    "kind": .string(shape?.kind.rawValue ?? ""), "input": .string(shape?.input ?? ""),
                    "output": .string(shape?.output ?? ""),
                ])
        }
        let types = parameters.keys.sorted().map { JSONObject.Member(key: $0, value: .string(parameters[$0] ?? "")) }
        return digest(
            CanonicalJSON.bytes([
                "tasks": .array(tasks), "services": .object(JSONObject(services)),
                "parameters": .object(JSONObject(types)),
            ]))
    }
}
