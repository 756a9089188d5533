import OrraModel

/// Finds the plan, or the refusal, in what a model wrote: bare, in a fenced block, or between sentences.
struct AnswerReader {
    enum Content: Hashable {
        case plan(JSONValue)
        case refusal(String)
        /// What is wrong with the form, as it is told to the model.
        case problem(String)
    }

    /// Without thinking, cut at the bound.
    let text: String
    let content: Content

    /// Bytes of an answer that are read. A plan of 256 tasks has about a hundred thousand.
    static let answerBytes = Limits.modelPlanBytes
    static let refusalCharacters = 1_024
    /// Places at which an object is tried.
    static let tries = 64

    init(_ answer: String) {
        guard answer.utf8.count <= Self.answerBytes else {
            text = PromptData.clipped(answer, bytes: Self.answerBytes)
            content = .problem("the answer is longer than \(Self.answerBytes) bytes: write the plan only")
            return
        }
        // Words that look like thinking may stand within the JSON: an answer that is JSON as a whole stays whole.
        let whole = ThinkingFilter.trimmed(answer)
        if let value = Self.object(whole) {
            text = whole
            content = Self.content(value) ?? Self.missing
            return
        }
        text = ThinkingFilter.cut(whole)
        content = Self.search(text)
    }

    private static let missing = Content.problem(
        "the JSON object has no member 'tasks': answer {\"tasks\":[…],\"refusal\":null}")

    private static func search(_ text: String) -> Content {
        guard !text.isEmpty else { return .problem("the answer is empty: write the plan as one JSON object") }
        if let value = object(text) { return content(value) ?? missing }
        var found: Content?
        // The last block that holds a plan: models correct themselves from block to block.
        for block in fences(in: text).reversed() {
            guard let value = object(block) else { continue }
            if let content = content(value) { return content }
            found = missing
        }
        let bytes = Array(text.utf8)
        var index = 0
        var fault: JSONError?
        var isUnfinished = false
        for _ in 0..<tries {
            guard let start = bytes[index...].firstIndex(of: UInt8(ascii: "{")) else { break }
            guard let end = balanced(bytes, from: start) else {
                isUnfinished = true
                index = start + 1
                continue
            }
            do {
                let value = try JSONValue(parsing: Array(bytes[start...end]))
                if let content = content(value) { return content }
                found = found ?? missing
                index = end + 1
            } catch {
                fault = fault ?? error as? JSONError
                index = start + 1
            }
        }
        if let found { return found }
        if let fault {
            return .problem("the answer's JSON is not valid: \(fault.reason) at byte \(fault.offset) of it")
        }
        return .problem(
            isUnfinished
                ? "the answer's JSON object has no end: write it whole, and shorter"
                : "the answer holds no JSON object: write the plan as one JSON object")
    }

    private static func object(_ text: String) -> JSONValue? {
        guard text.utf8.first == UInt8(ascii: "{"), let value = try? JSONValue(parsing: text) else { return nil }
        return value
    }

    /// `nil` for an object that is neither plan nor refusal.
    private static func content(_ value: JSONValue) -> Content? {
        guard let members = value.object else { return nil }
        if members["tasks"] == nil, members["refusal"] == nil, let plan = members["plan"], plan["tasks"] != nil {
            return content(plan)
        }
        let refusal = members["refusal"]?.string.map(ThinkingFilter.trimmed).flatMap { $0.isEmpty ? nil : $0 }
        guard let listed = members["tasks"], listed != .null else {
            return refusal.map { .refusal(String($0.prefix(refusalCharacters))) }
        }
        guard let tasks = listed.array else { return .problem("'tasks' must be an array of tasks") }
        guard !tasks.isEmpty else {
            guard let refusal else {
                return .problem("'tasks' is empty: give the tasks, or say in 'refusal' why the action can't be done")
            }
            return .refusal(String(refusal.prefix(refusalCharacters)))
        }
        // As Orra's plans have said it so far.
        if tasks.count == 1, tasks[0]["id"] == "final", let reason = tasks[0]["input"]?["error"]?.string {
            return .refusal(String(reason.prefix(refusalCharacters)))
        }
        guard refusal == nil else {
            return .problem("the answer has tasks and a refusal: leave out the one that is not meant")
        }
        return .plan(["tasks": .array(tasks.map(tidied))])
    }

    /// `null` stands for what is left out, as schemas that know no optional members make models write it.
    private static func tidied(_ task: JSONValue) -> JSONValue {
        guard var members = task.object else { return task }
        for name in ["input", "reason"] where members[name] == .null { members[name] = nil }
        return .object(members)
    }

    /// What stands between lines that start with three backticks; an open block ends with the text.
    private static func fences(in text: String) -> [String] {
        var blocks: [String] = []
        var lines: [Substring]?
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            if line.drop(while: \.isWhitespace).hasPrefix("```") {
                if let inner = lines { blocks.append(ThinkingFilter.trimmed(inner.joined(separator: "\n"))) }
                lines = lines == nil ? [] : nil
            } else {
                lines?.append(line)
            }
        }
        if let inner = lines { blocks.append(ThinkingFilter.trimmed(inner.joined(separator: "\n"))) }
        return blocks
    }

    /// Where the object that starts here ends.
    private static func balanced(_ bytes: [UInt8], from start: Int) -> Int? {
        var depth = 0
        var isString = false
        var index = start
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\\") where isString: index += 1
            case UInt8(ascii: "\""): isString.toggle()
            case UInt8(ascii: "{") where !isString: depth += 1
            case UInt8(ascii: "}") where !isString:
                depth -= 1
                if depth == 0 { return index }
            default: break
            }
            index += 1
        }
        return nil
    }
}
