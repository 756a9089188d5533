public import OrraModel

extension PinnedPlan {
    /// How the registered services differ from those that the plan was pinned with, and what is wrong with it as a
    /// file; empty if it fits. One sentence each, at most ``PlanReview/maximumErrors``.
    ///
    /// Example: `payment-service: the input schema has changed since the plan was pinned; required 'currency' is new`.
    public func differences(from catalogue: [Service], digest: ([UInt8]) -> String) -> [String] {
        let tasks = plan.value["tasks"]?.array ?? []
        guard !tasks.isEmpty else { return ["the pinned plan '\(name.prefix(128))' has no tasks: pin it again"] }
        guard hash(digest: digest) == planHash else {
            return [
                "planHash does not belong to this plan: it, or the shapes of its services, were changed after it was "
                    + "pinned; look it over, and pin it again"
            ]
        }
        var found: [String] = []
        for task in tasks {
            guard let service = task["service"]?.string, services[service] == nil else { continue }
            found.append("\(service.prefix(128)): the pinned plan uses it, but does not say what it looked like")
        }
        for service in services.keys.sorted() {
            guard let shape = services[service] else { continue }
            found += Self.difference(service, shape, tasks, catalogue, digest)
        }
        return Array(found.prefix(PlanReview.maximumErrors))
    }

    private static func difference(
        _ name: String, _ shape: Shape, _ tasks: [JSONValue], _ catalogue: [Service], _ digest: ([UInt8]) -> String
    ) -> [String] {
        guard let service = catalogue.first(where: { $0.name == name && $0.kind == shape.kind }) else {
            if let other = catalogue.first(where: { $0.name == name }) {
                return [
                    "\(name): was \(article(shape.kind)) when the plan was pinned, and is \(article(other.kind)) now"
                ]
            }
            return ["\(name.prefix(128)): is not registered in this project, but the pinned plan uses it"]
        }
        let now = Shape(service, digest: digest)
        var found: [String] = []
        if now.input != shape.input {
            found.append(
                "\(name): the input schema has changed since the plan was pinned"
                    + details(inputDetails(service, tasks.filter { $0["service"]?.string == name })))
        }
        if now.output != shape.output {
            let numbers = tasks.filter { $0["service"]?.string == name }.compactMap { $0["id"]?.string }
            found.append(
                "\(name): the output schema has changed since the plan was pinned"
                    + details(outputDetails(service, takenFrom: numbers, tasks)))
        }
        return found
    }

    private static func article(_ kind: ServiceKind) -> String { kind == .agent ? "an agent" : "a \(kind.rawValue)" }

    /// What can be told without the old schema: where the plan and the new one disagree.
    private static func details(_ details: [String]) -> String {
        details.isEmpty
            ? "; the plan still fits it: look it over, and pin it again" : "; " + details.joined(separator: ", ")
    }

    private static func inputDetails(_ service: Service, _ tasks: [JSONValue]) -> [String] {
        let schema = service.schema.input
        var bound: [String] = []
        for task in tasks { bound += task["input"]?.object?.keys ?? [] }
        var found = schema.required.filter { name in
            tasks.contains { $0["input"]?[name] == nil }
        }.map { "required '\($0)' is new" }
        var seen: Set<String> = []
        for field in bound where seen.insert(field).inserted && schema.property(field) == nil {
            if !schema.declaresMoreMembers { found.append("'\(field)' is gone") }
        }
        return found
    }

    private static func outputDetails(
        _ service: Service, takenFrom numbers: [String], _ tasks: [JSONValue]
    ) -> [String] {
        let schema = service.schema.output
        var found: [String] = []
        for value in tasks.flatMap({ $0["input"]?.object?.members.map(\.value) ?? [] }) {
            guard let text = value.string, case .reference(let reference) = PlanReference.read(text),
                numbers.contains(reference.source.description), schema.property(reference.field) == nil,
                !schema.declaresMoreMembers
            else { continue }
            let sentence = "'\(reference.field)', which the plan takes, is gone"
            if !found.contains(sentence) { found.append(sentence) }
        }
        return found
    }

    /// The plan on the wire with ids of this catalogue's services. The shapes were compared before.
    func bound(to catalogue: [Service]) -> JSONValue {
        let tasks = (plan.value["tasks"]?.array ?? []).map { task -> JSONValue in
            guard var members = task.object, let name = members["service"]?.string,
                let service = catalogue.first(where: { $0.name == name && $0.kind == services[name]?.kind })
            else { return task }
            members["service"] = .string(service.id.rawValue)
            return .object(members)
        }
        return ["tasks": .array(tasks)]
    }
}
