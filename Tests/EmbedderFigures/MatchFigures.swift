import OrraModel
public import OrraPlanner

/// How well actions find their use case. All use cases of a part are in force at once: right is who finds its own among
/// them, and wrong who finds another one, or finds any where it means none.
public struct MatchFigures: Sendable {
    /// What came nearest to one action.
    public struct Finding: Sendable {
        public var action: String
        public var kind: GroundingCases.Kind
        public var similarity: Double
        /// Whether it is the use case that the action means.
        public var isOwn: Bool
    }

    public var precision: Double
    public var recall: Double
    public var near: Double
    public var reworded: Double
    /// Actions that found what they do not mean.
    public var wrong: [String]

    public init(_ findings: [Finding], threshold: Double) {
        let found = findings.filter { $0.similarity >= threshold }
        let right = found.filter(\.isOwn)
        func share(_ isCounted: (GroundingCases.Kind) -> Bool) -> Double {
            Double(right.filter { isCounted($0.kind) }.count)
                / Double(max(1, findings.filter { isCounted($0.kind) }.count))
        }
        precision = found.isEmpty ? 1 : Double(right.count) / Double(found.count)
        recall = share(\.isMeant)
        near = share { $0 == .near }
        reworded = share { $0 == .reworded }
        wrong = found.filter { !$0.isOwn }.map { "\(rounded($0.similarity)) \($0.kind): \($0.action)" }
    }

    /// The rule: of the thresholds in steps of 0.01 at which at least 95 % of what is found is right, the one with the
    /// best F1. `nil` if there is none.
    public static func threshold(for findings: [Finding]) -> Double? {
        var best: (f1: Double, threshold: Double)?
        for step in 30...99 {
            let threshold = Double(step) / 100
            let figures = MatchFigures(findings, threshold: threshold)
            guard figures.precision >= 0.95, figures.recall > 0 else { continue }
            let f1 = 2 * figures.precision * figures.recall / (figures.precision + figures.recall)
            if f1 > best?.f1 ?? 0 { best = (f1, threshold) }
        }
        return best?.threshold
    }

    /// - Parameter threshold: at which the words alone count, see ``GroundingIndex``.
    public static func findings(
        in cases: [GroundingCases.Case], embedder: any Embedder, threshold: Double
    ) async throws -> [Finding] {
        let grounding = Grounding(name: "g", domain: "d", version: "1", useCases: cases.map(\.useCase))
        let index = try await GroundingIndex([grounding], embedder: embedder)
        var findings: [Finding] = []
        for entry in cases {
            for action in entry.actions {
                let matches = try await index.match(
                    action: action.text, parameterNames: Array(entry.useCase.params.keys), embedder: embedder,
                    threshold: threshold)
                guard let first = matches.considered.first else { continue }
                findings.append(
                    Finding(
                        action: action.text, kind: action.kind, similarity: first.similarity,
                        isOwn: action.kind.isMeant && first.useCase == entry.useCase.action))
            }
        }
        return findings
    }
}

extension MatchFigures: CustomStringConvertible {
    public var description: String {
        "precision \(rounded(precision)) recall \(rounded(recall)) near \(rounded(near)) reworded \(rounded(reworded))"
    }
}

func rounded(_ value: Double) -> String {
    let hundredths = Int((value * 100).rounded())
    return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
}
