/// Reads domains, problems and plans into their trees. What the names mean is ``PDDLChecker``'s.
struct PDDLParser {
    let file: PDDLError.File

    init(_ file: PDDLError.File) { self.file = file }

    func fault(_ position: PDDL.Position, _ reason: String) -> PDDLError { PDDLError(file, position, reason) }

    // MARK: - Domains and problems

    private static let domainSections = [":requirements", ":types", ":constants", ":predicates", ":action"]
    private static let problemSections = [":domain", ":requirements", ":objects", ":init", ":goal"]

    /// Sections of the language that are not read, with what they need.
    private static let foreignSections = [
        ":functions": "numeric fluents", ":durative-action": "durative actions", ":derived": "derived predicates",
        ":constraints": "trajectory constraints", ":metric": "metrics", ":length": "lengths", ":process": "processes",
        ":event": "events", ":axiom": "axioms",
    ]

    func domain(_ text: String) throws(PDDLError) -> PDDL.Domain {
        let (name, sections) = try definition(text, "domain", Self.domainSections)
        var domain = PDDL.Domain(name)
        for section in sections {
            let items = Array((section.list ?? []).dropFirst())
            switch section.head {
            case ":requirements": domain.requirements = try requirements(items)
            case ":types": domain.types = try typedList(items) { node throws(PDDLError) in try self.name(node, "type") }
            case ":constants":
                domain.constants = try typedList(items) { node throws(PDDLError) in try self.name(node, "constant") }
            case ":predicates":
                for item in items { domain.predicates.append(try predicate(item)) }
            default: domain.actions.append(try action(section, items))
            }
        }
        return domain
    }

    func problem(_ text: String) throws(PDDLError) -> PDDL.Problem {
        let (name, sections) = try definition(text, "problem", Self.problemSections)
        var problem = PDDL.Problem(name, domain: "", goal: .and([]))
        for section in sections {
            let items = Array((section.list ?? []).dropFirst())
            switch section.head {
            case ":domain":
                guard items.count == 1 else { throw fault(section.position, "write (:domain NAME)") }
                problem.domain = try self.name(items[0], "domain")
            case ":requirements": problem.requirements = try requirements(items)
            case ":objects":
                problem.objects = try typedList(items) { node throws(PDDLError) in try self.name(node, "object") }
            case ":init":
                for item in items { problem.initial.append(try fact(item)) }
            default:
                guard items.count == 1 else {
                    throw fault(section.position, "a goal is one condition: write (:goal (and …)) for several")
                }
                problem.goal = try condition(items[0])
            }
        }
        for needed in [":domain", ":init", ":goal"] where !sections.contains(where: { $0.head == needed }) {
            throw fault(name.position, "the problem has no section (\(needed) …)")
        }
        return problem
    }

    /// `(define (domain NAME) (:section …) …)`: the name, and the sections in their order.
    private func definition(
        _ text: String, _ kind: String, _ order: [String]
    ) throws(PDDLError) -> (PDDL.Name, [PDDLNode]) {
        let (nodes, end) = try PDDLReader.read(text, file)
        guard let node = nodes.first else {
            throw fault(end, "the text is empty: a \(kind) starts with (define (\(kind) NAME)")
        }
        guard nodes.count == 1 else { throw fault(nodes[1].position, "nothing may follow the \(kind)'s last ')'") }
        guard let list = node.list, node.head == "define", list.count > 1, let title = list[1].list,
            title.count == 2, title[0].word == kind
        else { throw fault(node.position, "a \(kind) starts with (define (\(kind) NAME)") }
        let name = try self.name(title[1], kind)
        var last = -1
        for section in list.dropFirst(2) {
            guard let head = section.head, head.hasPrefix(":") else {
                throw fault(section.position, "expected a section such as (\(order[order.count - 1]) …)")
            }
            if let topic = Self.foreignSections[head] {
                throw fault(section.position, "(\(head) …) is not supported: \(topic) are outside of docs/pddl.md")
            }
            guard let place = order.firstIndex(of: head) else {
                throw fault(
                    section.position,
                    "'\(PDDLError.clipped(head))' is no section of a \(kind): it may have \(order.joined(separator: ", "))"
                )
            }
            guard place != last || head == ":action" else {
                throw fault(section.position, "a second (\(head) …): put both into one")
            }
            guard place >= last else {
                throw fault(section.position, "(\(head) …) must stand before (\(order[last]) …)")
            }
            last = place
        }
        return (name, Array(list.dropFirst(2)))
    }

    private func requirements(_ nodes: [PDDLNode]) throws(PDDLError) -> [PDDL.Requirement] {
        var found: [PDDL.Requirement] = []
        for node in nodes {
            guard let word = node.word, word.hasPrefix(":") else {
                throw fault(node.position, "a requirement is a word with ':' in front, such as :typing")
            }
            guard let requirement = PDDL.Requirement(rawValue: String(word.dropFirst())) else {
                let known = PDDL.Requirement.allCases.map { ":\($0.rawValue)" }.joined(separator: ", ")
                throw fault(
                    node.position, "the requirement \(PDDLError.clipped(word)) is not supported: these are: \(known)")
            }
            if !found.contains(requirement) { found.append(requirement) }
        }
        return found
    }

    private func predicate(_ node: PDDLNode) throws(PDDLError) -> PDDL.Predicate {
        guard let list = node.list, let first = list.first else {
            throw fault(node.position, "a predicate is declared as (name ?variable - type …)")
        }
        return PDDL.Predicate(try predicateName(first), try variables(Array(list.dropFirst())))
    }

    private func action(_ section: PDDLNode, _ items: [PDDLNode]) throws(PDDLError) -> PDDL.Action {
        guard let first = items.first else { throw fault(section.position, "write (:action NAME :parameters (…) …)") }
        var action = PDDL.Action(try name(first, "action"))
        let order = [":parameters", ":precondition", ":effect"]
        var last = -1
        var index = 1
        while index < items.count {
            let node = items[index]
            guard let key = node.word, let place = order.firstIndex(of: key) else {
                throw fault(node.position, "an action has :parameters, :precondition and :effect, in this order")
            }
            guard place > last else {
                throw fault(
                    node.position,
                    place == last ? "a second \(key) of the same action" : "\(key) must stand before \(order[last])")
            }
            guard index + 1 < items.count else { throw fault(node.position, "\(key) has nothing behind it") }
            let value = items[index + 1]
            switch place {
            case 0:
                guard let list = value.list else {
                    throw fault(value.position, "parameters stand in parentheses: (?variable - type …)")
                }
                action.parameters = try variables(list)
            case 1: action.precondition = value.list?.isEmpty == true ? .and([]) : try condition(value)
            default: action.effect = value.list?.isEmpty == true ? .and([]) : try effect(value)
            }
            (last, index) = (place, index + 2)
        }
        guard last >= 0, items.contains(where: { $0.word == ":parameters" }) else {
            throw fault(
                first.position,
                "the action \(PDDLError.clipped(action.name.text)) has no :parameters: write :parameters () if it has none"
            )
        }
        return action
    }

    private func fact(_ node: PDDLNode) throws(PDDLError) -> PDDL.Problem.Fact {
        guard node.head == "not" else { return PDDL.Problem.Fact(try atom(node)) }
        guard let list = node.list, list.count == 2 else { throw fault(node.position, "write (not (predicate …))") }
        return PDDL.Problem.Fact(try atom(list[1]), holds: false)
    }

    // MARK: - Plans

    func schedule(_ text: String) throws(PDDLError) -> PDDL.Schedule {
        let (nodes, _) = try PDDLReader.read(text, .plan)
        var steps: [PDDL.Schedule.Step] = []
        var time: Double?
        for node in nodes {
            if let word = node.word {
                guard time == nil else { throw fault(node.position, "two time stamps without a step between them") }
                time = try stamp(word, node.position)
                continue
            }
            guard let list = node.list, let first = list.first else {
                throw fault(node.position, "a step is written as (action object …)")
            }
            var step = PDDL.Schedule.Step(try name(first, "action"), time: time)
            for item in list.dropFirst() { step.arguments.append(try name(item, "object")) }
            step.action.position = node.position
            if let last = steps.last {
                guard (last.time == nil) == (time == nil) else {
                    throw fault(node.position, "give all steps a time stamp, or none")
                }
                if let earlier = last.time, let time, time < earlier {
                    throw fault(node.position, "the step comes before the one above it: sort the steps by time")
                }
            }
            steps.append(step)
            time = nil
        }
        if let last = nodes.last, time != nil { throw fault(last.position, "a time stamp without a step behind it") }
        return PDDL.Schedule(steps)
    }

    private func stamp(_ word: String, _ position: PDDL.Position) throws(PDDLError) -> Double {
        let digits = word.dropLast()
        guard word.hasSuffix(":"), (1...15).contains(digits.count),
            digits.allSatisfy({ $0 == "." || $0.isWholeNumber }), let time = Double(digits)
        else { throw fault(position, "expected a step such as (action object …), or a time stamp such as 0:") }
        return time
    }
}
