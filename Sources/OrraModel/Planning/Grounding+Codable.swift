extension Grounding.UseCase {
    private enum CodingKeys: String, CodingKey { case action, params, capabilities, intent }

    /// Only the action is needed; examples of parameters are written in the order of their names.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        action = try container.decode(String.self, forKey: .action)
        params = try container.decodeIfPresent([String: JSONValue].self, forKey: .params) ?? [:]
        capabilities = try container.decodeIfPresent([String].self, forKey: .capabilities) ?? []
        intent = try container.decodeIfPresent(String.self, forKey: .intent) ?? ""
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(action, forKey: .action)
        let examples = params.sorted { $0.key < $1.key }.map { JSONObject.Member(key: $0.key, value: $0.value) }
        try container.encode(JSONValue.object(JSONObject(examples)), forKey: .params)
        try container.encode(capabilities, forKey: .capabilities)
        try container.encode(intent, forKey: .intent)
    }
}

extension Grounding {
    private enum CodingKeys: String, CodingKey { case name, domain, version, useCases, constraints }

    /// The constraints may be missing.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        domain = try container.decode(String.self, forKey: .domain)
        version = try container.decode(String.self, forKey: .version)
        useCases = try container.decode([UseCase].self, forKey: .useCases)
        constraints = try container.decodeIfPresent([String].self, forKey: .constraints) ?? []
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(domain, forKey: .domain)
        try container.encode(version, forKey: .version)
        try container.encode(useCases, forKey: .useCases)
        try container.encode(constraints, forKey: .constraints)
    }
}
