import OrraModel

/// Binds the inputs of the chosen services to parameters and to each other's outputs, adds the services that give
/// what is missing, and puts all in order.
struct PlanAssembly {
    private enum Origin {
        case covers(part: String, words: [String])
        case gives(field: String, to: String)
        case isRequired(by: String)
    }

    private enum Source {
        case parameter(String)
        case output(entry: Int, field: String)
    }

    private struct Step {
        var entry: Int
        var rank: Double
        var score: Double
        var origin: Origin
        var inputs: [(field: String, source: Source)] = []
    }

    private let index: CatalogueIndex
    private let parameters: JSONObject
    private let relevance: [Double]
    private let fields: [ServiceFields]
    private let supply: Supply
    private var steps: [Step] = []

    init(index: CatalogueIndex, parameters: JSONObject, relevance: [Double]) {
        self.index = index
        self.parameters = parameters
        self.relevance = relevance
        fields = index.entries.map { ServiceFields($0.service.schema) }
        supply = Supply(fields: fields, parameters: parameters)
    }

    mutating func plan(_ picks: [ServiceSelection.Pick]) throws(Refusal) -> Plan {
        steps = picks.map {
            Step(entry: $0.entry, rank: $0.rank, score: $0.score, origin: .covers(part: $0.part, words: $0.words))
        }
        try addRequirements(from: 0)
        var number = 0
        while number < steps.count {
            try bindRequired(number)
            number += 1
        }
        for number in steps.indices { try bindOptional(number) }
        guard steps.count <= Limits.tasksPerPlan else { throw .tooManyTasks(count: steps.count) }
        return finished(inOrder())
    }

    private func name(_ entry: Int) -> String { index.entries[entry].service.name }
    private func position(_ entry: Int) -> Int? { steps.firstIndex { $0.entry == entry } }

    // MARK: - Choosing

    /// Adds what the steps from `start` on declare to run before them, and what those declare.
    private mutating func addRequirements(from start: Int) throws(Refusal) {
        var number = start
        while number < steps.count {
            let step = steps[number]
            for requirement in index.entries[step.entry].service.requires {
                guard let entry = index.entries.firstIndex(where: { $0.service.name == requirement }) else {
                    throw .missingRequirement(service: name(step.entry), requirement: requirement)
                }
                guard position(entry) == nil else { continue }
                steps.append(
                    Step(entry: entry, rank: step.rank - 0.5, score: 0, origin: .isRequired(by: name(step.entry))))
            }
            number += 1
        }
    }

    private mutating func bindRequired(_ number: Int) throws(Refusal) {
        let entry = steps[number].entry
        guard supply.level[entry] != nil else { throw .unbound(needs(of: entry)) }
        for field in fields[entry].inputs where field.isRequired {
            if let parameter = try parameter(for: field, of: entry) {
                steps[number].inputs.append((field.name, .parameter(parameter)))
            } else if let (producer, output) = chosenProducer(of: field, for: number)
                ?? newProducer(of: field, for: number)
            {
                steps[number].inputs.append((field.name, .output(entry: producer, field: output.name)))
                guard position(producer) == nil else { continue }
                steps.append(
                    Step(
                        entry: producer, rank: steps[number].rank - 0.25, score: 0,
                        origin: .gives(field: field.name, to: name(entry))))
                try addRequirements(from: steps.count - 1)
            } else {
                throw .unbound([.init(service: name(entry), field: field.name)])
            }
        }
    }

    private mutating func bindOptional(_ number: Int) throws(Refusal) {
        let entry = steps[number].entry
        for field in fields[entry].inputs where !field.isRequired {
            if let parameter = try parameter(for: field, of: entry) {
                steps[number].inputs.append((field.name, .parameter(parameter)))
            } else if let (producer, output) = chosenProducer(of: field, for: number) {
                steps[number].inputs.append((field.name, .output(entry: producer, field: output.name)))
            }
        }
    }

    /// The caller's value of this name. A value that does not fit is no reason to look elsewhere: the caller meant it.
    private func parameter(for field: ServiceFields.Field, of entry: Int) throws(Refusal) -> String? {
        guard let name = supply.parameter(for: field), let value = parameters[name] else { return nil }
        let schema = index.entries[entry].service.schema.input
        let coerced = schema.coercing([field.name: value])[field.name] ?? value
        guard let fault = field.schema.validate(coerced).first else { return name }
        let path = fault.path.isEmpty || fault.path.hasPrefix("[") ? fault.path : ".\(fault.path)"
        throw .unsuitableParameter(service: self.name(entry), path: name + path, reason: fault.reason)
    }

    /// Among the steps there are: one of an earlier part of the text, the nearest first; then of the same part; then
    /// later ones. Never one that needs this step.
    private func chosenProducer(
        of field: ServiceFields.Field, for number: Int
    ) -> (entry: Int, output: ServiceFields.Field)? {
        let step = steps[number]
        func key(_ other: Step) -> (Int, Double, Int, Int) {
            let place = other.rank < step.rank ? 0 : other.rank == step.rank ? 1 : 2
            // What takes the field itself passes it on; its true source comes first.
            let passesOn = fields[other.entry].inputs.contains { $0.isRequired && $0.key == field.key }
            return (place, place == 0 ? -other.rank : other.rank, passesOn ? 1 : 0, other.entry)
        }
        return steps.filter { $0.entry != step.entry }.sorted { key($0) < key($1) }.lazy
            .compactMap { other in fields[other.entry].output(feeding: field).map { (other.entry, $0) } }
            .first { !needs($0.0, step.entry) }
    }

    /// From the rest of the catalogue: what can be had in the fewest steps, then what the action's words are nearest
    /// to.
    private func newProducer(
        of field: ServiceFields.Field, for number: Int
    ) -> (entry: Int, output: ServiceFields.Field)? {
        let entry = steps[number].entry
        func key(_ other: Int) -> (Int, Double, Int, Int) {
            (supply.level[other] ?? .max, -relevance[other], fields[other].inputs.count, other)
        }
        return supply.producers(of: field).map(\.entry)
            .filter { other in
                guard other != entry, position(other) == nil, let level = supply.level[other] else { return false }
                let undoes = index.entries[other].leadVerb.map(Lexicon.undoVerbs.contains) ?? false
                return level < supply.level[entry] ?? 0 && !undoes
            }
            .min { key($0) < key($1) }
            .flatMap { other in fields[other].output(feeding: field).map { (other, $0) } }
    }

    /// Whether `entry` takes something from `other`, directly or through others.
    private func needs(_ entry: Int, _ other: Int) -> Bool {
        var waiting = [entry]
        var seen: Set<Int> = []
        while let next = waiting.popLast() {
            if next == other { return true }
            guard seen.insert(next).inserted, let step = position(next) else { continue }
            for case .output(let producer, _) in steps[step].inputs.map(\.source) { waiting.append(producer) }
        }
        return false
    }

    /// What is missing for a service that can't be fed, followed to its root.
    private func needs(of entry: Int) -> [Refusal.Need] {
        var needs: [Refusal.Need] = []
        var current = entry
        var seen: Set<Int> = []
        while seen.insert(current).inserted, let field = supply.missing(for: current) {
            needs.append(.init(service: name(current), field: field.name))
            guard let next = supply.producers(of: field).map(\.entry).first(where: { !seen.contains($0) }) else {
                break
            }
            current = next
        }
        return needs
    }

    // MARK: - Order

    /// Producers before those that take from them; among the rest the text's order.
    private func inOrder() -> [Step] {
        var rest = steps.sorted { ($0.rank, -$0.score, $0.entry) < ($1.rank, -$1.score, $1.entry) }
        var ordered: [Step] = []
        var done: Set<Int> = []
        while let number = rest.firstIndex(where: { step in
            step.inputs.allSatisfy { input in
                if case .output(let producer, _) = input.source { done.contains(producer) } else { true }
            }
        }) {
            done.insert(rest[number].entry)
            ordered.append(rest.remove(at: number))
        }
        return ordered
    }

    private func finished(_ ordered: [Step]) -> Plan {
        var ids: [Int: TaskID] = [:]
        for (number, step) in ordered.enumerated() { ids[step.entry] = TaskID(number + 1) }
        let tasks = ordered.enumerated().map { number, step in
            Plan.Task(
                id: TaskID(number + 1), service: index.entries[step.entry].service.id,
                input: step.inputs.map { input in
                    switch input.source {
                    case .parameter(let name): Plan.Input(field: input.field, source: .zero, sourceField: name)
                    case .output(let producer, let field):
                        Plan.Input(field: input.field, source: ids[producer] ?? .zero, sourceField: field)
                    }
                },
                reason: reason(step))
        }
        return Plan(parameters: RawJSON(.object(parameters)), tasks: tasks)
    }

    // MARK: - Reasons

    private func reason(_ step: Step) -> String {
        let why =
            switch step.origin {
            case .covers(let part, let words):
                "covers '\(part.prefix(200))'" + (words.isEmpty ? "" : " by \(Refusal.list(words))")
            case .gives(let field, let service): "gives \(field), which \(service) needs"
            case .isRequired(let service): "is required by \(service)"
            }
        var given: [String] = []
        var sources: [(name: String, fields: [String])] = []
        for input in step.inputs {
            switch input.source {
            case .parameter: given.append(input.field)
            case .output(let producer, _):
                let name = name(producer)
                if let number = sources.firstIndex(where: { $0.name == name }) {
                    sources[number].fields.append(input.field)
                } else {
                    sources.append((name, [input.field]))
                }
            }
        }
        var takes = given.isEmpty ? [] : ["\(Refusal.list(given)) from the action"]
        takes += sources.map { "\(Refusal.list($0.fields)) from \($0.name)" }
        return "\(name(step.entry)) \(why)" + (takes.isEmpty ? "" : "; it takes \(takes.joined(separator: ", "))") + "."
    }
}
