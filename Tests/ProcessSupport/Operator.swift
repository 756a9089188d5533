public import OrraModel
public import OrraProtocol
public import OrraSDK

/// A project of a hub in a test, and what tests ask of it.
public struct Operator: Sendable {
    public let client: OperatorClient
    public let key: String
    public let address: String

    public init(client: OperatorClient, key: String, address: String) {
        self.client = client
        self.key = key
        self.address = address
    }

    /// What a service of the project needs to know.
    public var environment: [String: String] { ["ORRA_URL": address, "ORRA_API_KEY": key] }

    /// Submits a plan as it is. Each step is a service's name and its input.
    public func submit(
        _ parameters: JSONObject, steps: [(service: String, input: JSONObject)], timeout: Duration? = nil,
        webhook: String? = nil
    ) async throws -> OrchestrationID {
        let tasks = steps.enumerated().map { index, step -> JSONValue in
            ["id": .string("task\(index + 1)"), "service": .string(step.service), "input": .object(step.input)]
        }
        var request = request("run the plan", parameters)
        request.timeout = timeout.map { GoDuration($0) }
        request.webhook = webhook
        request.plan = ["tasks": .array(tasks)]
        return try await client.submit(request).id
    }

    /// Submits an action for the hub's planner.
    public func submit(action: String, _ parameters: JSONObject) async throws -> OrchestrationID {
        try await client.submit(request(action, parameters)).id
    }

    private func request(_ action: String, _ parameters: JSONObject) -> ActionRequest {
        ActionRequest(
            action: .init(content: action), data: parameters.members.map { .init(field: $0.key, value: $0.value) })
    }

    /// Waits for the end of an orchestration, whatever it is; a hub that is away for a while is waited for.
    public func end(of id: OrchestrationID, within limit: Duration = .seconds(120)) async throws -> Inspection {
        try await inspection(of: id, "the end of \(id)", within: limit) {
            [.completed, .failed, .aborted, .cancelled, .notActionable].contains($0.status)
        }
    }

    /// Waits for the end, which must be `completed`.
    public func completion(of id: OrchestrationID, within limit: Duration = .seconds(120)) async throws -> Inspection {
        let inspection = try await end(of: id, within: limit)
        guard inspection.status == .completed else {
            throw ProcessFault("\(id) ended as \(inspection.status): \(inspection.error ?? "no error")")
        }
        return inspection
    }

    public func inspection(
        of id: OrchestrationID, _ what: String, within limit: Duration = .seconds(90),
        that condition: (Inspection) -> Bool
    ) async throws -> Inspection {
        try await eventually(what, within: limit) {
            let inspection = try await unlessAway { try await client.inspection(id) }
            return inspection.flatMap { condition($0) ? $0 : nil }
        }
    }

    /// Waits until the service is connected, and returns it.
    public func connected(_ name: String) async throws -> ServiceAnswer {
        try await eventually("a connection of \(name)") {
            try await services().first { $0.name == name && !$0.connections.isEmpty }
        }
    }

    /// Waits until the service is registered and has no connection.
    public func disconnected(_ name: String) async throws -> ServiceAnswer {
        try await eventually("\(name) without a connection") {
            try await services().first { $0.name == name && $0.connections.isEmpty }
        }
    }

    private func services() async throws -> [ServiceAnswer] {
        try await unlessAway { try await client.services().services } ?? []
    }

    /// `nil` while no hub answers: tests kill hubs.
    private func unlessAway<Value>(_ question: () async throws -> Value) async throws -> Value? {
        do {
            return try await question()
        } catch OperatorError.unreachable {
            return nil
        }
    }

    /// The orchestration's whole journal, which has ended.
    public func journal(of id: OrchestrationID) async throws -> [ProgressFrame] {
        var frames: [ProgressFrame] = []
        try await client.progress(orchestration: id) { frames.append($0) }
        return frames
    }
}
