import OrraModel

/// The projects that this user knows, and their keys: the content of `~/.orra/config.json`.
///
/// ```json
/// {"current_project": "shop", "projects": {"shop": {"id": "p_…", "cli_auth": "sk-orra-v1-…",
///   "api_keys": {"ci": "sk-orra-v1-…"}, "server_addr": "http://localhost:8005", "webhooks": ["https://…"]}}}
/// ```
///
/// Kept as the tree that was read, so that members of other versions survive a change. Other versions write `null` for
/// what is empty.
struct Configuration: Sendable, Hashable {
    private(set) var root: JSONObject

    init() { root = ["current_project": "", "projects": [:]] }

    /// - Throws: ``SmallFile/Fault`` that says what is wrong, without quoting the content.
    init(parsing content: [UInt8]) throws(SmallFile.Fault) {
        let value: JSONValue
        do { value = try JSONValue(parsing: content) } catch { throw .init("it is not valid JSON: \(error)") }
        guard let object = value.object else { throw .init("it must hold a JSON object") }
        for name in ["projects"] where object[name] != nil && object[name] != .null {
            guard let members = object[name]?.object, members.members.allSatisfy({ $0.value.object != nil }) else {
                throw .init("\(name) must be an object of objects")
            }
        }
        root = object
    }

    var content: [UInt8] { Array((JSONText.pretty(.object(root)) + "\n").utf8) }

    /// `nil` when no project was chosen.
    var currentProject: String? {
        get { root["current_project"]?.string.flatMap { $0.isEmpty ? nil : $0 } }
        set { root["current_project"] = .string(newValue ?? "") }
    }

    private var projects: JSONObject { root["projects"]?.object ?? [:] }

    /// In the order of the file.
    var projectNames: [String] { projects.keys }

    subscript(name: String) -> ConfiguredProject? {
        get { projects[name]?.object.map(ConfiguredProject.init) }
        set {
            var projects = projects
            projects[name] = newValue.map { .object($0.members) }
            root["projects"] = .object(projects)
        }
    }
}

/// One project of the configuration.
struct ConfiguredProject: Sendable, Hashable {
    fileprivate(set) var members: JSONObject

    fileprivate init(_ members: JSONObject) { self.members = members }

    init(id: ProjectID, key: String, server: String) {
        members = [
            "id": .string(id.rawValue), "cli_auth": .string(key), "api_keys": [:], "server_addr": .string(server),
            "webhooks": [],
        ]
    }

    var id: String { members["id"]?.string ?? "" }
    /// The key that this program uses; `nil` if the file holds none.
    var key: String? { members["cli_auth"]?.string.flatMap { $0.isEmpty ? nil : $0 } }
    var server: String? { members["server_addr"]?.string.flatMap { $0.isEmpty ? nil : $0 } }
    /// Further keys by the names that the user gave them, in the order of the file.
    var keys: [(name: String, key: String)] {
        (members["api_keys"]?.object?.members ?? []).compactMap { member in
            member.value.string.map { (member.key, $0) }
        }
    }
    var webhooks: [String] { (members["webhooks"]?.array ?? []).compactMap(\.string) }

    mutating func add(key: String, named name: String) {
        var keys = members["api_keys"]?.object ?? [:]
        keys[name] = .string(key)
        members["api_keys"] = .object(keys)
    }

    mutating func add(webhook url: String) {
        guard !webhooks.contains(url) else { return }
        members["webhooks"] = .array((members["webhooks"]?.array ?? []) + [.string(url)])
    }
}
