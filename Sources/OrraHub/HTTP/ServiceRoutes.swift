import Hummingbird
import OrraCore
import OrraEngine
import OrraModel
import OrraProtocol
import OrraStore

/// Registration of services, agents and tools, and what is connected.
extension HubServices {
    func register(
        _ kind: ServiceKind, _ request: Hummingbird.Request, _ context: HubContext
    ) async throws -> Response {
        let body = try await request.decode(RegistrationRequest.self)
        try body.check()
        var random = SystemRandomNumberGenerator()
        let proposal = Service(
            id: .random(using: &random), project: try context.requireProject(), kind: kind, name: body.name,
            description: body.description.trimmed, schema: body.schema, revertible: body.revertible ?? false,
            retry: body.retry ?? .standard, requires: body.requires ?? [], examples: body.examples ?? [],
            approval: body.approval ?? false, registeredAt: loop.now)
        guard case .service(let service) = try await self.request(.registerService(proposal)) else {
            throw APIError(.internalError, .internalError, "the hub gave no answer")
        }
        return try .json(RegistrationAnswer(service: service))
    }

    func services(_ context: HubContext) async throws -> Response {
        let project = try context.requireProject()
        let directory = loop.directory
        let fleet = await loop.fleet
        return try .json(ServiceList(services: directory.services(of: project).map { ServiceAnswer($0, in: fleet) }))
    }

    /// One service, by its id or its name, with what happened to its connections.
    func service(_ context: HubContext) async throws -> Response {
        let project = try context.requireProject()
        let wanted = try context.parameters.require("id")
        let services = loop.directory.services(of: project)
        guard let service = services.first(where: { $0.id.rawValue == wanted || $0.name == wanted }) else {
            throw APIError(.notFound, .unknownService, "there is no such service in this project")
        }
        let events = try await read { store throws(StoreError) in
            try await store.serviceEvents(of: service.id, limit: Limits.listedServiceEvents)
        }
        return try .json(ServiceAnswer(service, in: await loop.fleet, events: events.map(ServiceEventAnswer.init)))
    }
}

extension RegistrationRequest {
    fileprivate func check() throws(APIError) {
        func fault(_ param: String, _ sentence: String) -> APIError {
            APIError(.validation, .invalidService, param: param, sentence)
        }
        if let reason = ServiceName.check(name) { throw fault("name", "the name \(reason)") }
        guard Limits.descriptionCharacters.contains(description.trimmed.count) else {
            throw fault(
                "description",
                "a description of 1 to \(Limits.descriptionCharacters.upperBound) characters is required: the planner "
                    + "chooses services by it")
        }
        if let violation = SchemaDeclaration.check(schema).first {
            throw fault(violation.path, "\(violation.path) \(violation.reason)")
        }
        for (param, texts) in [("requires", requires ?? []), ("examples", examples ?? [])] {
            guard texts.count <= 64, texts.allSatisfy({ (1...512).contains($0.count) }) else {
                throw fault(param, "\(param) takes up to 64 texts of 1 to 512 characters")
            }
        }
    }
}

extension ConnectionAnswer {
    init(_ connection: Connection) {
        self.init(
            id: connection.id.number, health: connection.health.rawValue, instance: connection.instance,
            credit: connection.credit, inFlight: connection.inFlight.count, delivered: connection.delivered,
            failed: connection.failed, connectedAt: connection.connectedAt, lastSeen: connection.lastSeen,
            roundTripMs: connection.roundTrip.map { Double($0.nanoseconds) / 1e6 },
            missedPongs: connection.missedPongs, reconnects: connection.reconnects, stalled: connection.isStalled)
    }
}

extension ServiceAnswer {
    init(_ service: Service, in fleet: Fleet, events: [ServiceEventAnswer]? = nil) {
        self.init(
            service: service, connections: fleet.connections(of: service.id).map(ConnectionAnswer.init),
            waiting: fleet.waiting(for: service.id), events: events)
    }
}

extension ServiceEventAnswer {
    init(_ entry: ServiceEntry) {
        self.init(
            position: entry.position, timestamp: entry.at, type: Kind(entry.event.kind),
            connection: entry.event.connection.number, instance: entry.event.instance,
            health: entry.event.health?.rawValue, reason: entry.event.reason)
    }
}
