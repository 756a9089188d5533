import HTTPTypes
import Hummingbird
import HummingbirdCore
import OrraCore
import OrraModel
import OrraProtocol
import OrraStore

/// Decides what a request for a WebSocket gets: by its path, its key, and what the key opens.
enum SocketRoute {
    case service(ServiceID)
    case progress(ProgressSubject, after: Int64)
    case refused(APIError)

    /// Subprotocol by which browsers, which can't set headers, hand over a key: `orra-key.<api key>`, offered with `orra`.
    static let keySubprotocol = "orra-key."

    static func decide(_ request: HTTPRequest, services: HubServices) async -> SocketRoute {
        let uri = URI(request.path ?? "/")
        let parts = uri.path.split(separator: "/").map(String.init)
        guard let key = key(of: request, uri),
            let project = services.loop.directory.project(keyHash: key.hash)
        else { return .refused(.invalidKey) }
        switch (parts.first, parts.count) {
        case ("ws", 1): return await service(uri, project, services)
        case ("progress", 1): return progress(.project(project), uri)
        case ("orchestrations", 3) where parts[2] == "progress":
            let id = OrchestrationID(parts[1])
            guard let row = try? await services.store.orchestration(id), row.project == project else {
                return .refused(
                    APIError(.notFound, .unknownOrchestration, "there is no such orchestration in this project"))
            }
            return progress(.orchestration(id), uri)
        default: return .refused(APIError(.notFound, .unknownRoute, "there is no such route"))
        }
    }

    static func isSocketPath(_ path: String) -> Bool {
        let parts = URI(path).path.split(separator: "/")
        return parts == ["ws"] || parts == ["progress"] || parts.count == 3 && parts[2] == "progress"
    }

    private static func key(of request: HTTPRequest, _ uri: URI) -> APIKey? {
        if let header = request.headerFields[.authorization] { return APIKey(authorization: header) }
        if let parameter = uri.queryParameters["apiKey"] { return APIKey(parameter) }
        return offeredSubprotocols(request).first { $0.hasPrefix(keySubprotocol) }
            .flatMap { APIKey($0.dropFirst(keySubprotocol.count)) }
    }

    static func offeredSubprotocols(_ request: HTTPRequest) -> [String] {
        (request.headerFields[.secWebSocketProtocol] ?? "").split(separator: ",").map { String($0).trimmed }
    }

    private static func service(_ uri: URI, _ project: ProjectID, _ services: HubServices) async -> SocketRoute {
        guard let id = uri.queryParameters["serviceId"].map({ ServiceID(String($0)) }) else {
            return .refused(
                APIError(.validation, .invalidRequest, param: "serviceId", "name the service: /ws?serviceId=s_…"))
        }
        guard let service = services.loop.directory.service(id), service.project == project else {
            return .refused(
                APIError(
                    .unauthorized, .foreignService, param: "serviceId",
                    "this key's project has no such service; register it first"))
        }
        return .service(id)
    }

    private static func progress(_ subject: ProgressSubject, _ uri: URI) -> SocketRoute {
        guard let text = uri.queryParameters["after"] else { return .progress(subject, after: 0) }
        // No journal has numbers that JSON can't hold.
        guard let after = Int64(text), (0...(1 << 53)).contains(after) else {
            return .refused(
                APIError(
                    .validation, .invalidRequest, param: "after",
                    "after is the last number that was seen: 0 or a positive whole number"))
        }
        return .progress(subject, after: after)
    }
}
