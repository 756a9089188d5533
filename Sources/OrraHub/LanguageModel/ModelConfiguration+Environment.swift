extension ModelConfiguration {
    /// Why a variable can't be used, and what to do. Never quotes a key.
    public struct Fault: Error, Sendable, Hashable, CustomStringConvertible {
        public var variable: String
        public var reason: String
        public var message: String { "\(variable) \(reason)" }
        public var description: String { message }
    }

    /// Reads `LLM_…` and `EMBEDDINGS_…` as existing deployments set them.
    ///
    /// - Returns: `nil` if none of `LLM_MODEL`, `LLM_API_KEY` and `LLM_API_BASE_URL` says anything: the offline planner
    ///   plans alone. Empty values say nothing; a comment behind a value (`o3-mini  # small`), which some readers of
    ///   env files leave there, is no part of it.
    public static func read(environment: [String: String]) throws(Fault) -> ModelConfiguration? {
        let reader = EnvironmentReader(environment: environment)
        let name = reader["LLM_MODEL"]
        let base = try reader.url("LLM_API_BASE_URL")
        let key = try reader.key("LLM_API_KEY")
        guard name != nil || base != nil || key != nil else { return nil }
        guard let name else {
            throw Fault(
                variable: "LLM_MODEL",
                reason: "is missing: name the model that plans, or leave out LLM_API_KEY and LLM_API_BASE_URL, too")
        }
        var configuration = ModelConfiguration(name: name, baseURL: base ?? standardBaseURL, key: key)
        configuration.embeddings = try embeddings(reader)
        if let seconds = try reader.number("LLM_TIMEOUT", in: 1...3_600) {
            configuration.timeout = .milliseconds(Int64(seconds * 1_000))
        }
        configuration.promptPrice = try reader.price("LLM_PROMPT_PRICE")
        configuration.completionPrice = try reader.price("LLM_COMPLETION_PRICE")
        configuration.maximumTokens = try reader.number("LLM_MAX_TOKENS", in: 16...10_000_000).map { Int($0) }
        configuration.temperature = try reader.number("LLM_TEMPERATURE", in: 0...2)
        if let mode = reader["LLM_STRUCTURED_OUTPUT"] {
            guard let mode = StructuredOutput(rawValue: mode.lowercased()) else {
                throw Fault(variable: "LLM_STRUCTURED_OUTPUT", reason: "must be auto, on or off")
            }
            configuration.structuredOutput = mode
        }
        return configuration
    }

    private static func embeddings(_ reader: EnvironmentReader) throws(Fault) -> Embeddings? {
        let name = reader["EMBEDDINGS_MODEL"]
        let base = try reader.url("EMBEDDINGS_API_BASE_URL")
        let key = try reader.key("EMBEDDINGS_API_KEY")
        let thresholds = ["EMBEDDINGS_GROUNDING_THRESHOLD", "EMBEDDINGS_CACHE_THRESHOLD"]
        guard name != nil || base != nil || key != nil else {
            guard let idle = thresholds.first(where: { reader[$0] != nil }) else { return nil }
            throw Fault(
                variable: idle, reason: "is a model's: set EMBEDDINGS_MODEL too, or leave it out to compare by words")
        }
        return Embeddings(
            name: name ?? standardEmbeddings, baseURL: base ?? standardBaseURL, key: key,
            price: try reader.price("EMBEDDINGS_PRICE"),
            groundingThreshold: try reader.number(thresholds[0], in: 0...1),
            cacheThreshold: try reader.number(thresholds[1], in: 0...1))
    }
}

private struct EnvironmentReader {
    let environment: [String: String]

    /// The value's first word, without quotes around it; none of these values has a space. `nil` for nothing.
    subscript(name: String) -> String? {
        guard let first = environment[name]?.split(whereSeparator: \.isWhitespace).first, !first.hasPrefix("#") else {
            return nil
        }
        var value = first
        for quote in ["\"", "'"] where value.count >= 2 && value.hasPrefix(quote) && value.hasSuffix(quote) {
            value = value.dropFirst().dropLast()
        }
        return value.isEmpty ? nil : String(value)
    }

    func url(_ name: String) throws(ModelConfiguration.Fault) -> String? {
        guard var value = self[name] else { return nil }
        while value.hasSuffix("/") { value.removeLast() }
        // Some copy the address of the call itself.
        for call in ["/chat/completions", "/embeddings"] where value.hasSuffix(call) { value.removeLast(call.count) }
        let rest = ["http://", "https://"].first { value.lowercased().hasPrefix($0) }.map { value.dropFirst($0.count) }
        guard let rest, let host = rest.split(separator: "/", omittingEmptySubsequences: false).first, !host.isEmpty,
            value.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else {
            throw ModelConfiguration.Fault(
                variable: name, reason: "must be a URL such as \(ModelConfiguration.standardBaseURL)")
        }
        guard !host.contains("@"), !rest.contains("?"), !rest.contains("#") else {
            throw ModelConfiguration.Fault(
                variable: name,
                reason: "must hold neither a user, a query nor a fragment; a key goes into its own variable")
        }
        return value
    }

    func key(_ name: String) throws(ModelConfiguration.Fault) -> String? {
        guard let value = self[name] else { return nil }
        guard value.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw ModelConfiguration.Fault(variable: name, reason: "has characters that no key has")
        }
        return value
    }

    /// Of a million tokens, in millionths.
    func price(_ name: String) throws(ModelConfiguration.Fault) -> Int? {
        try number(name, in: 0...1_000_000).map { Int(($0 * 1_000_000).rounded()) }
    }

    func number(_ name: String, in range: ClosedRange<Double>) throws(ModelConfiguration.Fault) -> Double? {
        guard let value = self[name] else { return nil }
        guard let number = Double(value), range.contains(number) else {
            throw ModelConfiguration.Fault(
                variable: name,
                reason: "must be a number from \(Self.text(range.lowerBound)) to \(Self.text(range.upperBound))")
        }
        return number
    }

    private static func text(_ number: Double) -> String { "\(Int(number))" }
}
