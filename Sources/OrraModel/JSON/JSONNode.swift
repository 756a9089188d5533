/// A value to be looked into: a tree, or a part of a text of which no tree was made.
enum JSONNode {
    case tree(JSONValue)
    case text(JSONText)

    var value: JSONValue {
        switch self {
        case .tree(let value): value
        case .text(let text): text.value
        }
    }

    var raw: RawJSON {
        switch self {
        case .tree(let value): RawJSON(value)
        case .text(let text): text.raw
        }
    }

    /// As ``JSONValue/typeName``.
    var typeName: String {
        guard case .text(let text) = self else { return value.typeName }
        return switch text.kind {
        case .null: "null"
        case .bool: "boolean"
        case .number: text.number?.isInteger == true ? "integer" : "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }

    var isNull: Bool {
        switch self {
        case .tree(let value): value == .null
        case .text(let text): text.kind == .null
        }
    }

    var bool: Bool? {
        switch self {
        case .tree(let value): value.bool
        case .text(let text): text.bool
        }
    }

    var number: JSONNumber? {
        switch self {
        case .tree(let value): value.number
        case .text(let text): text.number
        }
    }

    var string: String? {
        switch self {
        case .tree(let value): value.string
        case .text(let text): text.string
        }
    }

    var elements: [JSONNode]? {
        switch self {
        case .tree(let value): value.array?.map(JSONNode.tree)
        case .text(let text): text.elements?.map(JSONNode.text)
        }
    }

    var object: JSONNodeObject? {
        switch self {
        case .tree(let value): value.object.map(JSONNodeObject.tree)
        case .text(let text): text.members.map(JSONNodeObject.text)
        }
    }

    /// Values in it, itself included.
    var count: Int {
        switch self {
        case .tree(.array(let elements)): elements.reduce(1) { $0 + JSONNode.tree($1).count }
        case .tree(.object(let object)): object.members.reduce(1) { $0 + JSONNode.tree($1.value).count }
        case .tree: 1
        case .text(let text): text.count
        }
    }
}

/// An object's members, looked up by name: of one that came twice, the last counts.
enum JSONNodeObject {
    case tree(JSONObject)
    case text([JSONText.Member])

    subscript(name: String) -> JSONNode? {
        switch self {
        case .tree(let object): object[name].map(JSONNode.tree)
        case .text(let members): members.last { $0.key.matches(name) }.map { .text($0.value) }
        }
    }

    /// The last one whose name is this in lower case.
    func last(inLowerCase name: String) -> JSONNode? {
        switch self {
        case .tree(let object): object.members.last { $0.key.lowercased() == name }.map { .tree($0.value) }
        case .text(let members): members.last { $0.key.text.lowercased() == name }.map { .text($0.value) }
        }
    }

    /// In order, repeated ones included.
    var members: [(name: String, value: JSONNode)] {
        switch self {
        case .tree(let object): object.members.map { ($0.key, .tree($0.value)) }
        case .text(let members): members.map { ($0.key.text, .text($0.value)) }
        }
    }

    var names: [String] {
        switch self {
        case .tree(let object): object.keys
        case .text(let members): members.map(\.key.text)
        }
    }
}
