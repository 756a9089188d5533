import OrraModel

/// A graph of tasks, on its way to a plan with reasons or to a refusal.
struct PlanOutline {
    let index: CatalogueIndex
    let parameters: NamedParameters
    let picks: [Segmentation.Pick]
    let dependencies: [[Int]]
    let confidence: Confidence
    let hasInserted: Bool
    /// Whether a general verb leaves open which services are meant.
    let isUnclear: Bool
    /// The service that has the whole action among its examples.
    let example: WholeExample?

    func plan(_ ranking: Ranking) -> OfflinePlan {
        var plan = OfflinePlan()
        plan.graph = zip(picks, dependencies).map { pick, dependencies in
            OfflinePlan.Node(service: index.services[pick.service].name, dependencies: dependencies)
        }
        plan.considered = considered(ranking)
        let reading = ranking.reading
        plan.unused = confidence.unused.map { reading.text.original(reading.chunks[$0].range) }
        guard !picks.isEmpty else {
            plan.refusal = uncovered(plan, reading, nil).description
            return plan
        }
        if let tie = confidence.tie, !index.isTyped {
            let names = tie.services.prefix(4).map { index.services[$0].name }
            plan.confidence = Self.uncoveredPart
            plan.refusal = Refusal.ambiguous(part: part(tie.range, reading), candidates: names).description
            return plan
        }
        var binding = PlanBinding(
            index, ranking, parameters: parameters, picks: picks, dependencies: dependencies)
        do throws(Refusal) {
            try binding.run()
            if let chunk = leftOver(binding.steps, ranking) {
                plan.confidence = Self.uncoveredPart
                plan.refusal = uncovered(plan, reading, chunk).description
                return plan
            }
            let inputs = inputs(binding.steps, ranking)
            let trust = confidence.probability(hasInserted: hasInserted, inputs)
            let isOpen = isUnclear || !confidence.unknownVerbs.isEmpty && !index.isTyped
            plan.confidence = max(isOpen ? min(trust, Self.unsure) : trust, exampleTrust(binding.steps))
            plan.signals = confidence.signals(hasInserted: hasInserted, inputs)
            if !index.isTyped, index.hasOutputs { plan.graph = graph(binding.steps) }
            write(binding.steps, reading, &plan)
        } catch {
            plan.confidence = confidence.probability(hasInserted: hasInserted, .init())
            plan.signals = confidence.signals(hasInserted: hasInserted, .init())
            plan.refusal = refusal(error, plan)
        }
        return plan
    }

    /// Where parameters feed the plan, who uses whom follows from the bindings; else from the text alone.
    private func graph(_ steps: [PlanBinding.Step]) -> [OfflinePlan.Node] {
        var numbers: [Int: Int] = [:]
        for (number, step) in steps.enumerated() { numbers[step.pick.service] = number }
        return steps.enumerated().map { number, step in
            var sources = step.expected + index.requirements[step.pick.service]
            let follows = !parameters.isEmpty || step.pick.isInserted
            for case .output(let service, _) in step.inputs.map(\.source)
            where follows || steps[numbers[service] ?? 0].pick.isInserted {
                sources.append(service)
            }
            let dependencies = Set(sources.compactMap { numbers[$0] }.filter { $0 < number })
            return OfflinePlan.Node(
                service: index.services[step.pick.service].name, dependencies: dependencies.sorted())
        }
    }

    // MARK: - Refusals

    private func uncovered(_ plan: OfflinePlan, _ reading: ActionReading, _ chunk: Int?) -> Refusal {
        func asks(_ chunk: ActionReading.Chunk) -> Bool {
            reading.text.tokens[chunk.range].contains { $0.isContent && $0.cues.isDisjoint(with: [.time, .weak]) }
        }
        let demands = reading.chunks.filter { !$0.stems.isEmpty && !$0.isContext && asks($0) }
        guard let first = chunk.map({ reading.chunks[$0] }) ?? demands.first ?? reading.chunks.first(where: asks) else {
            return .nothingAsked
        }
        var unknown: [String] = []
        for token in reading.text.tokens[first.range]
        where token.kind == .word && token.isContent && !reading.text.stems[token.stem].isKnown {
            unknown.append(reading.text.word(token))
        }
        return .uncovered(
            part: reading.text.original(first.range), unknown: Array(unknown.prefix(8)),
            nearest: plan.considered.prefix(3).map(\.service))
    }

    private func refusal(_ refusal: Refusal, _ plan: OfflinePlan) -> String {
        var text = refusal.description
        if !plan.unused.isEmpty {
            text += "; no service was found for \(Refusal.list(plan.unused.prefix(4).map { "'\($0)'" }))"
        }
        let nearest = plan.considered.filter { !$0.isChosen }.prefix(3).map(\.service)
        if case .unbound = refusal, !nearest.isEmpty {
            text += "; nearest other services: \(nearest.joined(separator: ", "))"
        }
        return text
    }

    // MARK: - Trust

    /// Not enough to run without a person's yes.
    private static let unsure = 0.69
    /// Less than any threshold for drafts.
    private static let uncoveredPart = 0.2

    /// Inputs that are fed by name tell something where no part of the action is left over.
    private func inputs(_ steps: [PlanBinding.Step], _ ranking: Ranking) -> Confidence.Inputs {
        guard !parameters.isEmpty, !index.isTyped, index.hasOutputs,
            confidence.unused.allSatisfy({ isKnown($0, steps, ranking) })
        else { return .init() }
        let inputs = steps.flatMap(\.inputs)
        return .init(named: inputs.count(where: \.isCertain), count: inputs.count)
    }

    /// What an example that is the action itself is worth: nothing unless it stands for the whole plan, and names feed
    /// all that the plan needs.
    private func exampleTrust(_ steps: [PlanBinding.Step]) -> Double {
        guard let example else { return 0 }
        let isAll = steps.allSatisfy { step in
            guard step.pick.isInserted || step.pick.service == example.service else { return false }
            return step.inputs.allSatisfy { input in
                input.isCertain
                    || index.profiles[step.pick.service].inputs.contains {
                        $0.name == input.field && !$0.isRequired
                    }
            }
        }
        return isAll ? WholeExample.trust * example.likeness : 0
    }

    /// A part that asks for something which no task does.
    private func leftOver(_ steps: [PlanBinding.Step], _ ranking: Ranking) -> Int? {
        if index.isTyped { return nil }
        return confidence.foreign.first
            ?? confidence.demands.first { !isKnown($0, steps, ranking) && isForeign($0, ranking) }
    }

    /// Whether nothing in the catalogue knows the verb of a part.
    private func isForeign(_ chunk: Int, _ ranking: Ranking) -> Bool {
        guard let verb = ranking.reading.chunks[chunk].verb else { return false }
        return !ranking.reading.text.stems[verb].related.contains { !index.postings[$0.stem].isEmpty }
    }

    /// Whether a service that was brought in does what a part asks for.
    private func isKnown(_ chunk: Int, _ steps: [PlanBinding.Step], _ ranking: Ranking) -> Bool {
        let stems = ranking.reading.chunks[chunk].stems
        let total = stems.reduce(0) { $0 + ranking.weight($1) }
        return steps.contains { step in
            let profile = index.profiles[step.pick.service]
            let known = stems.reduce(0) { sum, stem in
                sum + ranking.weight(stem) * profile.knowledge(of: ranking.reading.text.stems[stem])
            }
            return known >= 0.5 * total
        }
    }

    // MARK: - Explanation

    private static let maximumConsidered = 20

    private func considered(_ ranking: Ranking) -> [PlanningStage.Considered] {
        var best: [Int: Double] = [:]
        for pick in picks {
            best[pick.service] = max(best[pick.service] ?? 0, pick.score)
            guard !pick.range.isEmpty, pick.range.count <= Segmentation.maximumSpan else { continue }
            for candidate in ranking.candidates(pick.range.lowerBound, pick.range.upperBound) {
                best[candidate.service] = max(best[candidate.service] ?? 0, candidate.score)
            }
        }
        if best.count < 3 {
            for candidate in ranking.candidatesOfAll() {
                best[candidate.service] = max(best[candidate.service] ?? 0, candidate.score)
            }
        }
        let chosen = Set(picks.map(\.service))
        return best.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(Self.maximumConsidered).map {
            .init(
                service: index.services[$0.key].name, score: ($0.value * 1_000).rounded() / 1_000,
                isChosen: chosen.contains($0.key))
        }
    }

    private func write(_ steps: [PlanBinding.Step], _ reading: ActionReading, _ plan: inout OfflinePlan) {
        var numbers: [Int: TaskID] = [:]
        for (number, step) in steps.enumerated() { numbers[step.pick.service] = TaskID(number + 1) }
        var tasks: [JSONValue] = []
        var used: Set<String> = []
        for (number, step) in steps.enumerated() {
            var input = JSONObject()
            var bindings: [PlanningStage.Step.Binding] = []
            for item in step.inputs {
                let value: JSONValue
                switch item.source {
                case .parameter(let name):
                    used.insert(name)
                    value = .string("$\(TaskID.zero).\(name)")
                case .constant(let constant): value = constant
                case .output(let service, let field): value = .string("$\(numbers[service] ?? .zero).\(field)")
                }
                input[item.field] = value
                let shown: String = if case .constant = item.source { value.text } else { value.string ?? "" }
                bindings.append(.init(field: item.field, source: shown, reason: item.reason))
            }
            let service = index.services[step.pick.service]
            let reason = self.reason(step, reading)
            let id = TaskID(number + 1)
            tasks.append([
                "id": .string(id.description), "service": .string(service.id.rawValue), "input": .object(input),
                "reason": .string(reason),
            ])
            plan.steps.append(.init(task: id, service: service.name, reason: reason, bindings: bindings))
        }
        plan.draft = ["tasks": .array(tasks)]
        plan.unused += parameters.names.filter { !used.contains($0) }
    }

    private func reason(_ step: PlanBinding.Step, _ reading: ActionReading) -> String {
        let name = index.services[step.pick.service].name
        var text =
            switch step.pick.origin {
            case .covers, .concerns: "\(name) covers '\(part(step.pick.range, reading))'"
            case .gives(let field, let service):
                "\(name) gives \(field.isEmpty ? "what" : "\(field), which") \(index.services[service].name) needs"
            case .isRequired(let service): "\(name) is required by \(index.services[service].name)"
            }
        let given = step.inputs.filter { if case .output = $0.source { false } else { true } }.map(\.field)
        var takes = given.isEmpty ? [] : ["\(Refusal.list(given)) from the action"]
        var sources: [(service: Int, fields: [String])] = []
        for input in step.inputs {
            guard case .output(let service, _) = input.source else { continue }
            if let number = sources.firstIndex(where: { $0.service == service }) {
                sources[number].fields.append(input.field)
            } else {
                sources.append((service, [input.field]))
            }
        }
        takes += sources.map { "\(Refusal.list($0.fields)) from \(index.services[$0.service].name)" }
        if !takes.isEmpty { text += "; it takes \(takes.joined(separator: ", "))" }
        return text + "."
    }

    private func part(_ range: Range<Int>, _ reading: ActionReading) -> String {
        guard let first = reading.chunks[range].first, let last = reading.chunks[range].last else { return "" }
        return reading.text.original(first.range.lowerBound..<last.range.upperBound)
    }
}
