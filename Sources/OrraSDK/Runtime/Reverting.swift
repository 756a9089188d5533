import OrraModel
import OrraProtocol

/// How a component undoes its tasks.
struct Reverting: Sendable {
    /// Decodes what was handed over, and runs the user's code.
    let handler: @Sendable (RawJSON, RevertContext) async throws -> Void
    /// How long the hub may ask for it, from the task's completion. `nil` for the hub's, 24 hours.
    let ttl: Duration?

    init<Input: Decodable & SendableMetatype, Output: Decodable & SendableMetatype>(
        ttl: Duration?, _ handler: @escaping @Sendable (Input, Output, RevertContext) async throws -> Void
    ) {
        self.ttl = ttl
        self.handler = { data, context in
            let members = data.value
            guard let task = members["originalTask"], let result = members["taskResult"] else {
                throw InputError(description: "the request to revert has no originalTask and taskResult")
            }
            try await handler(
                try PayloadCoding.decode(Input.self, from: RawJSON(task), as: "task's input"),
                try PayloadCoding.decode(Output.self, from: RawJSON(result), as: "task's output"), context)
        }
    }

    /// What the hub keeps and sends with a request to undo.
    func data(of input: RawJSON, _ output: RawJSON) -> ServiceMessage.CompensationData {
        .init(data: Self.data(of: input, output), ttlMilliseconds: ttl?.milliseconds)
    }

    /// - Throws: ``ComponentError`` for what is too large to be handed over.
    static func check(_ input: RawJSON, _ output: RawJSON) throws {
        let bytes = data(of: input, output).count
        guard bytes <= Limits.undoBytes else {
            throw ComponentError(
                .invalidPayload,
                "the output can't be sent: with the input, to revert the task, it has \(bytes) bytes as JSON, but may "
                    + "have at most \(Limits.undoBytes)")
        }
    }

    private static func data(of input: RawJSON, _ output: RawJSON) -> RawJSON {
        var writer = JSONWriter(
            capacity: JSONWriter.room(for: input.count) + JSONWriter.room(for: output.count) + 64)
        writer.object {
            $0.member("originalTask", input)
            $0.member("taskResult", output)
        }
        return writer.raw
    }
}
