public import OrraModel

/// What is wrong with a grounding, and where.
public struct GroundingFault: Error, Sendable, Hashable {
    /// As in JSON: `useCases[1].capabilities[0]`.
    public var path: String
    /// What would be right.
    public var reason: String

    public init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }
}

extension GroundingFault: CustomStringConvertible {
    public var description: String { "\(path): \(reason)" }
}

/// Checks groundings before they come into force.
public enum GroundingValidator {
    /// All that is wrong, in the order of the grounding; empty for a good one.
    public static func faults(of grounding: Grounding) -> [GroundingFault] {
        var check = GroundingCheck()
        check.run(grounding)
        return Array(check.faults.prefix(Limits.listedGroundingFaults))
    }

    /// Names in constraints that no registered service has: such a rule holds nothing back. To be shown, not refused.
    public static func unknownServices(in grounding: Grounding, catalogue: [Service]) -> [GroundingFault] {
        let known = Set(catalogue.map(\.name))
        var faults: [GroundingFault] = []
        for (index, text) in grounding.constraints.enumerated() {
            guard let constraint = try? PlanConstraint.parse(text) else { continue }
            for service in constraint.services where !known.contains(service) {
                let near = PDDLChecker.nearest(to: service, among: catalogue.map(\.name))
                faults.append(
                    GroundingFault(
                        path: "constraints[\(index)]",
                        reason: "no service '\(service)' is registered"
                            + (near.map { ": do you mean '\($0)'?" } ?? "")))
            }
        }
        return Array(faults.prefix(Limits.listedGroundingFaults))
    }
}

private struct GroundingCheck {
    var faults: [GroundingFault] = []

    private mutating func add(_ path: String, _ reason: String) {
        faults.append(GroundingFault(path: path, reason: reason))
    }

    private mutating func length(_ text: String, _ path: String, _ bounds: ClosedRange<Int>) -> Bool {
        if text.allSatisfy(\.isWhitespace), bounds.lowerBound > 0 {
            add(path, "must not be empty")
            return false
        }
        guard bounds.contains(text.count) else {
            add(path, "may have at most \(bounds.upperBound) characters, but has \(text.count)")
            return false
        }
        return true
    }

    private mutating func count(_ count: Int, _ path: String, atMost bound: Int) -> Bool {
        if count > bound { add(path, "may have at most \(bound) entries, but has \(count)") }
        return count <= bound
    }

    mutating func run(_ grounding: Grounding) {
        if length(grounding.name, "name", Limits.groundingNameCharacters), !Self.isName(grounding.name) {
            add(
                "name",
                "may hold letters, digits, '-', '_', '.' and single spaces, with a letter or digit first and last")
        }
        _ = length(grounding.domain, "domain", Limits.groundingDomainCharacters)
        if length(grounding.version, "version", Limits.groundingVersionCharacters),
            !grounding.version.utf8.allSatisfy({ Self.isPlain($0) || "-_.+".utf8.contains($0) })
        {
            add("version", "may hold letters, digits, '.', '-', '_' and '+', such as 1.2.0")
        }
        if grounding.useCases.isEmpty { add("useCases", "must have at least one use case, with its action") }
        if count(grounding.useCases.count, "useCases", atMost: Limits.useCasesPerGrounding) {
            var first: [String: Int] = [:]
            for (index, useCase) in grounding.useCases.enumerated() {
                check(useCase, "useCases[\(index)]")
                if let other = first[useCase.action] {
                    add("useCases[\(index)].action", "is the same as useCases[\(other)].action: keep one of them")
                }
                first[useCase.action] = first[useCase.action] ?? index
            }
        }
        guard count(grounding.constraints.count, "constraints", atMost: Limits.constraintsPerGrounding) else { return }
        for (index, text) in grounding.constraints.enumerated() {
            let path = "constraints[\(index)]"
            guard length(text, path, Limits.constraintCharacters) else { continue }
            do {
                _ = try PlanConstraint.parse(text)
            } catch {
                add(path, "\(error.reason) (line \(error.line), column \(error.column))")
            }
        }
    }

    private mutating func check(_ useCase: Grounding.UseCase, _ path: String) {
        if length(useCase.action, "\(path).action", Limits.useCaseActionCharacters) {
            checkPlaceholders(useCase, "\(path).action")
        }
        if count(useCase.params.count, "\(path).params", atMost: Limits.parameters) {
            for name in useCase.params.keys.sorted() {
                guard length(name, "\(path).params", Limits.parameterNameCharacters) else { continue }
                let value = RawJSON(useCase.params[name] ?? .null)
                if value.count > Limits.exampleBytes {
                    add(
                        "\(path).params.\(PDDLError.clipped(name))",
                        "is an example: at most \(Limits.exampleBytes) bytes, but has \(value.count)"
                    )
                }
            }
        }
        if count(useCase.capabilities.count, "\(path).capabilities", atMost: Limits.capabilitiesPerUseCase) {
            for (index, capability) in useCase.capabilities.enumerated() {
                _ = length(
                    capability, "\(path).capabilities[\(index)]", Limits.capabilityCharacters)
            }
        }
        _ = length(useCase.intent, "\(path).intent", 0...Limits.intentCharacters)
    }

    /// Names in braces are names of parameters.
    private mutating func checkPlaceholders(_ useCase: Grounding.UseCase, _ path: String) {
        var rest = useCase.action[...]
        while let brace = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
            guard rest[brace] == "{" else { return add(path, "a '}' without a '{' before it: remove it") }
            rest = rest[rest.index(after: brace)...]
            guard let end = rest.firstIndex(where: { $0 == "{" || $0 == "}" }), rest[end] == "}" else {
                return add(path, "a '{' that no '}' closes: write {name} with the name of a parameter")
            }
            let name = String(rest[..<end])
            if useCase.params[name] == nil {
                let known = useCase.params.keys.sorted()
                let near = PDDLChecker.nearest(to: name, among: known)
                add(
                    path,
                    "{\(PDDLError.clipped(name))} is not in params: "
                        + (near.map { "do you mean {\($0)}?" } ?? "add it there, with an example of its value"))
            }
            rest = rest[rest.index(after: end)...]
        }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte | 0x20) && byte >= 0x41 || (0x30...0x39).contains(byte)
    }

    private static func isName(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        guard let first = bytes.first, let last = bytes.last, isPlain(first), isPlain(last) else { return false }
        return zip(bytes, bytes.dropFirst() + [0x2D]).allSatisfy { byte, next in
            isPlain(byte) || "-_.".utf8.contains(byte) || byte == 0x20 && next != 0x20
        }
    }
}
