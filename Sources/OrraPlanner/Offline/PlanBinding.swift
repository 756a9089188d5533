import OrraModel

/// Binds every input of the chosen services: to the caller's parameters by name, to values in the text, to outputs of
/// other tasks. What is still missing brings in the service that gives it. Never makes a value up.
struct PlanBinding {
    enum Source: Hashable {
        case parameter(String)
        case constant(JSONValue)
        case output(service: Int, field: String)
    }

    struct Input {
        var field: String
        var source: Source
        var reason: String
        /// Found by the field's own name.
        var isCertain: Bool
    }

    struct Step {
        var pick: Segmentation.Pick
        /// Where it stands among the others, unless data flow says otherwise.
        var rank: Double
        /// Services whose outputs it uses, says the text.
        var expected: [Int] = []
        var inputs: [Input] = []
    }

    private let index: CatalogueIndex
    private let parameters: NamedParameters
    private let values: TextValues
    private let ranking: Ranking
    private let chunkCount: Int
    private var usedValues: Set<Int> = []
    private var lazySupply: Supply?
    private(set) var steps: [Step]

    init(
        _ index: CatalogueIndex, _ ranking: Ranking, parameters: NamedParameters, picks: [Segmentation.Pick],
        dependencies: [[Int]]
    ) {
        self.index = index
        self.parameters = parameters
        values = TextValues(ranking)
        self.ranking = ranking
        chunkCount = ranking.reading.chunks.count
        steps = picks.enumerated().map { number, pick in
            Step(pick: pick, rank: Double(number), expected: dependencies[number].map { picks[$0].service })
        }
    }

    mutating func run() throws(Refusal) {
        for step in steps {
            if let requirement = index.missingRequirements[step.pick.service].first {
                throw .missingRequirement(service: name(step.pick.service), requirement: requirement)
            }
        }
        var number = 0
        while number < steps.count {
            try bind(number)
            number += 1
            guard steps.count <= Limits.tasksPerPlan else { throw .tooManyTasks(count: steps.count) }
        }
        sort()
    }

    private func name(_ service: Int) -> String { index.services[service].name }
    private func position(_ service: Int) -> Int? { steps.firstIndex { $0.pick.service == service } }

    private mutating func supply() -> Supply {
        if let lazySupply { return lazySupply }
        let supply = Supply(index, parameters, values)
        lazySupply = supply
        return supply
    }

    // MARK: - One task

    private mutating func bind(_ number: Int) throws(Refusal) {
        let service = steps[number].pick.service
        let fields = index.profiles[service].inputs
        var open: [ServiceField] = []
        for field in fields {
            if let parameter = try parameter(for: field, of: service) {
                add(number, field, .parameter(parameter), "the action's parameter '\(parameter)'", isCertain: true)
            } else if let (producer, output) = expectedOutput(for: field, number) {
                add(number, field, .output(service: producer, field: output), "the same name", isCertain: true)
            } else {
                open.append(field)
            }
        }
        bindText(number, &open)
        bindExpected(number, &open)
        for field in open where field.isRequired {
            try bindMissing(number, field)
        }
        for field in open where !field.isRequired {
            guard let (producer, output) = chosenProducer(of: field, for: number) else { continue }
            add(number, field, .output(service: producer, field: output), "the same name", isCertain: true)
        }
        let order = Dictionary(fields.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        steps[number].inputs.sort { (order[$0.field] ?? 0) < (order[$1.field] ?? 0) }
    }

    private mutating func add(
        _ number: Int, _ field: ServiceField, _ source: Source, _ reason: String, isCertain: Bool
    ) {
        steps[number].inputs.append(
            Input(field: field.name, source: source, reason: reason, isCertain: isCertain))
    }

    // MARK: - Parameters

    /// The caller's value of this name; of the same letters; else the only one that shares the name's words and fits.
    /// A value of the name that does not fit is no reason to look elsewhere: the caller meant it.
    private func parameter(for field: ServiceField, of service: Int) throws(Refusal) -> String? {
        if parameters.isEmpty { return nil }
        if let parameter = parameters.named(as: field) {
            guard let fault = fault(parameter, field, service) else { return parameter.name }
            let path = fault.path.isEmpty || fault.path.hasPrefix("[") ? fault.path : ".\(fault.path)"
            throw .unsuitableParameter(service: name(service), path: parameter.name + path, reason: fault.reason)
        }
        let similar = parameters.similar(to: field, of: index.profiles[service]).filter {
            fault($0, field, service) == nil
        }
        return similar.count == 1 ? similar[0].name : nil
    }

    private func fault(
        _ parameter: NamedParameters.Parameter, _ field: ServiceField, _ service: Int
    ) -> SchemaViolation? {
        var value = parameter.value
        if value.string != nil, !field.types.contains("string") {
            value = index.services[service].schema.input.coercing([field.name: value])[field.name] ?? value
        }
        return field.schema.validate(value).first
    }

    // MARK: - Values of the text

    /// The chunks from a task's own to the next task's.
    private func span(_ number: Int) -> Range<Int> {
        let start = steps[number].pick.range.lowerBound
        let next = steps.map(\.pick.range.lowerBound).filter { $0 > start }.min() ?? chunkCount
        return start..<max(next, start)
    }

    private mutating func bindText(_ number: Int, _ open: inout [ServiceField]) {
        let span = span(number)
        let used = usedValues
        bindText(number, &open, threshold: TextValues.threshold) { value, place in
            span.contains(value.chunk) && !used.contains(place)
        }
        // A value may serve several tasks, or stand in a statement before the demand.
        guard open.contains(where: \.isRequired) else { return }
        bindText(number, &open, threshold: 0.9, onlyRequired: true) { value, _ in !span.contains(value.chunk) }
        guard open.contains(where: \.isRequired) else { return }
        bindText(number, &open, threshold: 0.9, onlyRequired: true) { value, _ in span.contains(value.chunk) }
    }

    private mutating func bindText(
        _ number: Int, _ open: inout [ServiceField], threshold: Double, onlyRequired: Bool = false,
        where isEligible: (TextValues.Value, Int) -> Bool
    ) {
        let profile = index.profiles[steps[number].pick.service]
        var pairs: [(score: Double, place: Int, field: Int, value: JSONValue)] = []
        for (place, value) in values.values.enumerated() where isEligible(value, place) {
            for (number, field) in open.enumerated() where !onlyRequired || field.isRequired {
                guard let fit = values.fit(value, field, profile, atLeast: threshold - 0.1) else { continue }
                let score = fit.score + (field.isRequired ? 0.1 : 0) - 0.02 * Double(abs(number))
                if score >= threshold { pairs.append((score, place, number, fit.value)) }
            }
        }
        pairs.sort { ($1.score, $0.place, $0.field) < ($0.score, $1.place, $1.field) }
        var taken: Set<Int> = []
        var bound: [Int: JSONValue] = [:]
        for pair in pairs where !taken.contains(pair.place) {
            if let list = bound[pair.field]?.array, let more = pair.value.array {
                let longer = JSONValue.array(list + more)
                guard open[pair.field].schema.validate(longer).isEmpty else { continue }
                bound[pair.field] = longer
            } else if bound[pair.field] == nil {
                bound[pair.field] = pair.value
            } else {
                continue
            }
            taken.insert(pair.place)
            usedValues.insert(pair.place)
        }
        for field in bound.keys.sorted() {
            guard let value = bound[field] else { continue }
            add(number, open[field], .constant(value), "a value in the text", isCertain: false)
        }
        open = open.enumerated().filter { bound[$0.offset] == nil }.map(\.element)
    }

    // MARK: - Outputs of other tasks

    /// An output of the field's name, of a task that this one uses; the latest first.
    private func expectedOutput(for field: ServiceField, _ number: Int) -> (Int, String)? {
        for service in steps[number].expected.reversed() where !needs(service, steps[number].pick.service) {
            if let output = index.profiles[service].output(feeding: field) { return (service, output.name) }
        }
        return nil
    }

    /// An output that fits by its kind or part of its name, of a task that this one uses.
    private mutating func bindExpected(_ number: Int, _ open: inout [ServiceField]) {
        for service in steps[number].expected.reversed() where !needs(service, steps[number].pick.service) {
            var best: (score: Double, field: Int, output: String)?
            for (place, field) in open.enumerated() {
                for output in index.profiles[service].outputs {
                    let score = likeness(output, field) + (field.isRequired ? 0.1 : 0)
                    if score > 0.3, score > best?.score ?? 0 { best = (score, place, output.name) }
                }
            }
            if best == nil { best = only(service, open) }
            guard let best else { continue }
            add(
                number, open[best.field], .output(service: service, field: best.output),
                "what \(name(service)) gives", isCertain: false)
            open.remove(at: best.field)
        }
    }

    /// Where just one required input is left and just one output fits its type, they belong together.
    private func only(
        _ service: Int, _ open: [ServiceField]
    ) -> (score: Double, field: Int, output: String)? {
        let required = open.indices.filter { open[$0].isRequired }
        guard required.count == 1, let place = required.first else { return nil }
        let field = open[place]
        guard !field.isIdentifier, field.values.isEmpty else { return nil }
        let outputs = index.profiles[service].outputs.filter {
            ServiceField.isCompatible($0.types, with: field.types) && $0.medium == field.medium
        }
        guard outputs.count == 1, mayMean(outputs[0], field) else { return nil }
        return (0.3, place, outputs[0].name)
    }

    /// Names of outputs and fields that may hold anything.
    private static let generic = Lexicon.set(
        "result output input value answer respons data text content messag bodi queri item list summari report")

    /// Whether the names leave room for it: a state is no date. Where the text is all there is, the order of its parts
    /// says more than names do.
    private func mayMean(_ output: ServiceField, _ field: ServiceField) -> Bool {
        guard !parameters.isEmpty else { return true }
        func isGeneric(_ field: ServiceField) -> Bool {
            field.nameWords.isEmpty || field.nameWords.contains(where: Self.generic.contains)
        }
        return isGeneric(output) || isGeneric(field)
            || output.stems.contains { stem in
                field.stems.contains { other in index.vocabulary.related(stem).contains { $0.stem == other } }
            }
    }

    private func likeness(_ output: ServiceField, _ field: ServiceField) -> Double {
        guard ServiceField.isCompatible(output.types, with: field.types) else { return 0 }
        if let medium = field.medium { return output.medium == medium ? 0.8 : 0 }
        guard output.medium == nil else { return 0 }
        if output.key == field.key { return 2 }
        if let format = field.format, format == output.format, format != "date-time", format != "date" { return 0.9 }
        if output.key.utf8.count >= 4, field.key.hasSuffix(output.key) { return 1.5 }
        let shared = output.stems.filter(field.stems.contains).count
        guard shared > 0, parameters.isEmpty || !saysMore(output, field) || !saysMore(field, output) else { return 0 }
        return Double(shared) / Double(max(1, min(output.stems.count, field.stems.count)))
    }

    /// Whether one name has words that the other knows nothing of: the state of an order is none of a payment.
    private func saysMore(_ one: ServiceField, _ other: ServiceField) -> Bool {
        one.stems.contains { stem in
            !other.stems.contains { word in word == stem || index.vocabulary.related(stem).contains { $0.stem == word }
            }
        }
    }

    /// Among the tasks there are: one of an earlier part of the text, the nearest first; then of the same part; then
    /// later ones. Never one that needs this task.
    private func chosenProducer(of field: ServiceField, for number: Int) -> (Int, String)? {
        let step = steps[number]
        var best: (key: (Int, Double, Int, Int), service: Int, output: String)?
        for other in steps where other.pick.service != step.pick.service {
            let service = other.pick.service
            guard let output = index.profiles[service].output(feeding: field) else { continue }
            // What takes the field itself passes it on; its true source comes first.
            let passesOn = index.profiles[service].inputs.contains { $0.isRequired && $0.keyNumber == field.keyNumber }
            let isEarlier = other.rank < step.rank
            let key = (isEarlier ? 0 : 1, isEarlier ? -other.rank : other.rank, passesOn ? 1 : 0, service)
            if let best, best.key < key { continue }
            if !needs(service, step.pick.service) { best = (key, service, output.name) }
        }
        return best.map { ($0.service, $0.output) }
    }

    private mutating func bindMissing(_ number: Int, _ field: ServiceField) throws(Refusal) {
        let service = steps[number].pick.service
        if let (producer, output) = chosenProducer(of: field, for: number) {
            return add(number, field, .output(service: producer, field: output), "the same name", isCertain: true)
        }
        if let (producer, output) = sameFormat(as: field, for: number) {
            return add(number, field, .output(service: producer, field: output), "the same format", isCertain: false)
        }
        guard let (producer, output) = newProducer(of: field, for: number) else {
            throw .unbound(needs(of: service, field))
        }
        add(number, field, .output(service: producer, field: output), "the same name", isCertain: true)
        let place = steps[number].pick.range.lowerBound
        let pick = Segmentation.Pick(
            service: producer, score: 0, gain: 0, range: place..<place,
            origin: .gives(field: field.name, to: service))
        steps.append(Step(pick: pick, rank: steps[number].rank - 0.25))
        for requirement in index.requirements[producer] where position(requirement) == nil {
            let pick = Segmentation.Pick(
                service: requirement, score: 0, gain: 0, range: place..<place, origin: .isRequired(by: producer))
            steps.append(Step(pick: pick, rank: steps[number].rank - 0.5))
        }
    }

    /// The only output of an earlier task that has the field's format, such as `email`.
    private func sameFormat(as field: ServiceField, for number: Int) -> (Int, String)? {
        guard let format = field.format, ["email", "uri", "uuid", "phone"].contains(format) else { return nil }
        let step = steps[number]
        var found: [(Int, String)] = []
        for other in steps where other.rank < step.rank && !needs(other.pick.service, step.pick.service) {
            let profile = index.profiles[other.pick.service]
            for output in profile.outputs where output.format == format {
                found.append((other.pick.service, output.name))
            }
        }
        return found.count == 1 ? found[0] : nil
    }

    /// From the rest of the catalogue: what can be had in the fewest steps.
    private mutating func newProducer(of field: ServiceField, for number: Int) -> (Int, String)? {
        let service = steps[number].pick.service
        let supply = supply()
        func key(_ other: Int) -> (Int, Double, Int, Int) {
            (supply.level[other] ?? .max, -ranking.relevance(of: other), index.profiles[other].inputs.count, other)
        }
        return supply.producers(of: field).map(\.service)
            .filter { other in
                guard other != service, position(other) == nil, supply.level[other] != nil else { return false }
                return !(index.profiles[other].leadVerb.map { index.vocabulary.traits[$0].contains(.undo) } ?? false)
            }
            .min { key($0) < key($1) }
            .flatMap { other in index.profiles[other].output(feeding: field).map { (other, $0.name) } }
    }

    /// Whether `service` takes something from `other`, or should, directly or through others.
    private func needs(_ service: Int, _ other: Int) -> Bool {
        var waiting = [service]
        var seen: Set<Int> = []
        while let next = waiting.popLast() {
            if next == other { return true }
            guard seen.insert(next).inserted, let step = position(next) else { continue }
            for case .output(let producer, _) in steps[step].inputs.map(\.source) { waiting.append(producer) }
            waiting += steps[step].expected
        }
        return false
    }

    /// What is missing for a service that can't be fed, followed to its root.
    private mutating func needs(of service: Int, _ field: ServiceField) -> [Refusal.Need] {
        let supply = supply()
        var needs = [Refusal.Need(service: name(service), field: field.name)]
        var missing = field
        var seen: Set<Int> = [service]
        while let next = supply.producers(of: missing).map(\.service).first(where: { !seen.contains($0) }),
            let field = supply.missing(for: next)
        {
            needs.append(.init(service: name(next), field: field.name))
            seen.insert(next)
            missing = field
        }
        return needs
    }

    // MARK: - Order

    /// Producers before those that take from them, and what is declared to run before; else the text's order.
    private mutating func sort() {
        var rest = steps.enumerated().sorted { ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset) }
            .map(\.element)
        let present = Set(steps.map(\.pick.service))
        var ordered: [Step] = []
        var done: Set<Int> = []
        while !rest.isEmpty {
            let number =
                rest.firstIndex { step in
                    let feeds = step.inputs.compactMap { input -> Int? in
                        if case .output(let producer, _) = input.source { producer } else { nil }
                    }
                    let before = index.requirements[step.pick.service].filter(present.contains)
                    return (feeds + before).allSatisfy(done.contains)
                }
                ?? rest.firstIndex { step in
                    step.inputs.allSatisfy { input in
                        if case .output(let producer, _) = input.source { done.contains(producer) } else { true }
                    }
                } ?? 0
            done.insert(rest[number].pick.service)
            ordered.append(rest.remove(at: number))
        }
        steps = ordered
    }
}
