import OrraModel
import OrraProtocol
import Yams

/// A grounding as people write it: YAML, of which JSON is a part.
///
/// Texts need no quotes, `version: 1.0` is the text `1.0`; only the examples of `params` have types. One document, whose
/// names match without regard to case.
struct GroundingFile {
    let grounding: Grounding
    private let path: String
    private let root: Node

    init(path: String) throws(CLIError) {
        try self.init(path: path, content: InputFile.read(path))
    }

    init(path: String, content: [UInt8]) throws(CLIError) {
        func fault(_ reason: String) -> CLIError { CLIError("\(path): \(reason)") }
        guard content.count <= Limits.groundingBytes else {
            throw fault("a grounding has at most \(Limits.groundingBytes / 1_024) KiB")
        }
        guard let text = String(validating: content, as: UTF8.self) else { throw fault("it is not UTF-8") }
        let root: Node?
        do {
            root = try Parser(yaml: text).singleRoot()
        } catch let error as YamlError {
            throw fault(Self.sentence(error))
        } catch {
            throw fault("it is not valid YAML")
        }
        guard let root else { throw fault("it is empty") }
        var converter = Converter()
        do {
            let value = try converter.value(root, isTyped: false)
            self.root = root
            self.path = path
            grounding = try WireDecoder(ignoresKeyCase: true).decode(Grounding.self, from: value)
        } catch let error as Converter.Fault {
            throw fault(error.line.map { "line \($0): \(error.reason)" } ?? error.reason)
        } catch {
            let line = WireDecoder.path(of: error).flatMap { Self.line(of: $0, in: root) }
            let reason = WireDecoder.describe(error).replacing("the body", with: "the grounding")
            throw fault(line.map { "line \($0): \(reason)" } ?? reason)
        }
    }

    /// What the hub says of it, with the line at fault.
    func located(_ refusal: APIError) -> String {
        let member = refusal.param.map { $0.hasPrefix("grounding.") ? String($0.dropFirst(10)) : $0 }
        let line = member.flatMap { Self.line(of: $0, in: root) }
        let place = member.map { "\($0): " } ?? ""
        let reason = refusal.message.hasPrefix(place) ? refusal.message : place + refusal.message
        return line.map { "\(path): line \($0): \(reason)" } ?? "\(path): \(reason)"
    }

    private static func sentence(_ error: YamlError) -> String {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            "line \(mark.line), column \(mark.column): \(problem)"
        case .duplicatedKeysInMapping(let names, let context):
            "line \(context.mark.line): \(names.sorted().joined(separator: ", ")) stands there twice"
        case .reader(let problem, _, _, _): problem
        default: "it is not valid YAML"
        }
    }

    /// The line of `useCases[0].action`; of a member that is missing, that of what it is missing from.
    private static func line(of path: String, in root: Node) -> Int? {
        var node = root
        var line = root.mark?.line
        for step in path.split(whereSeparator: { $0 == "." || $0 == "[" || $0 == "]" }) {
            let next: Node?
            switch node {
            case .mapping(let mapping):
                let name = step.lowercased()
                let pair = mapping.first { $0.key.string?.lowercased() == name }
                line = pair?.key.mark?.line ?? line
                next = pair?.value
            case .sequence(let sequence):
                next = Int(step).flatMap { sequence.indices.contains($0) ? sequence[$0] : nil }
                line = next?.mark?.line ?? line
            case .scalar, .alias: next = nil
            }
            guard let next else { break }
            node = next
        }
        return line
    }
}

/// Makes JSON of YAML. Aliases are followed, so that what they come to is bounded here.
private struct Converter {
    struct Fault: Error {
        var line: Int?
        var reason: String
    }

    private static let maximumNodes = 20_000
    private static let maximumDepth = 32
    private var nodes = 0

    /// - Parameter isTyped: whether `1` is a number and `yes` a boolean; otherwise every scalar is a text.
    mutating func value(_ node: Node, isTyped: Bool, depth: Int = 0) throws -> JSONValue {
        nodes += 1
        guard nodes <= Self.maximumNodes, depth <= Self.maximumDepth else {
            throw Fault(line: node.mark?.line, reason: "it holds too much, or nests too deep")
        }
        switch node {
        case .mapping(let mapping):
            var object = JSONObject()
            for (key, value) in mapping {
                guard let name = key.string else {
                    throw Fault(line: key.mark?.line, reason: "a member's name must be a text")
                }
                let isTyped = isTyped || name.lowercased() == "params"
                object[name] = try self.value(value, isTyped: isTyped, depth: depth + 1)
            }
            return .object(object)
        case .sequence(let sequence):
            var elements: [JSONValue] = []
            for element in sequence { elements.append(try value(element, isTyped: isTyped, depth: depth + 1)) }
            return .array(elements)
        case .scalar(let scalar): return Self.value(scalar, isNull: node.null != nil, node, isTyped: isTyped)
        case .alias: throw Fault(line: node.mark?.line, reason: "an alias names nothing")
        }
    }

    private static func value(_ scalar: Node.Scalar, isNull: Bool, _ node: Node, isTyped: Bool) -> JSONValue {
        guard scalar.style == .plain || scalar.style == .any else { return .string(scalar.string) }
        if isNull { return .null }
        guard isTyped else { return .string(scalar.string) }
        if let number = JSONNumber(text: scalar.string) { return .number(number) }
        if let bool = node.bool { return .bool(bool) }
        if let integer = node.int { return .number(JSONNumber(integer)) }
        if let double = node.float, let number = JSONNumber(double) { return .number(number) }
        return .string(scalar.string)
    }
}
